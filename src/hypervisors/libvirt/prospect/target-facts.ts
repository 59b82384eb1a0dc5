import type { Libvirt } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { HostShell } from '../../host-shell.js';
import { attributeAt, children, parseXml } from '../domain-xml.js';
import type { TargetFacts } from './obstacles.js';

/** What libvirt tells of a host that VMs are to come to. */
export async function libvirtFacts(libvirt: Libvirt): Promise<Omit<TargetFacts, 'name' | 'bridges' | 'paths'>> {
  const [capabilities, networks, secrets, domains] = await Promise.all([
    libvirt.connectGetCapabilities(),
    libvirt.connectListAllNetworks(),
    libvirt.connectListAllSecrets(),
    libvirt.connectListAllDomains(),
  ]);
  const isActive = await Promise.all(networks.map((net) => libvirt.networkIsActive({ net })));
  return {
    machines: machinesOf(capabilities),
    libvirtNetworks: networks.map(({ name }, index) => ({ name, isActive: isActive[index] ?? false })),
    secrets: secrets.flatMap(({ uuid, usageID }) => [uuid, usageID]),
    vms: domains.map(({ uuid, name }) => ({ id: uuid, name })),
  };
}

/** By `KIND/ARCH`: what an architecture offers to all kinds, and what it offers to one. */
export function machinesOf(capabilities: string): TargetFacts['machines'] {
  const names = (parent: Parameters<typeof children>[0]): readonly string[] =>
    children(parent, 'machine').map(({ textContent }) => textContent ?? '');
  const entries = children(parseXml(capabilities), 'guest')
    .flatMap((guest) => children(guest, 'arch'))
    .flatMap((arch) =>
      children(arch, 'domain').map((kind): [string, readonly string[]] => [
        `${kind.getAttribute('type') ?? ''}/${attributeAt(arch, 'name') ?? ''}`,
        [...names(arch), ...names(kind)],
      ]),
    );
  return Object.fromEntries(entries);
}

/** Names every bridge, and the number of each path given that is there. */
const script = [
  'for each in /sys/class/net/*/bridge; do [ -d "$each" ] && each=${each%/bridge} && echo "bridge ${each##*/}"; done',
  'number=0; for each; do [ -e "$each" ] && echo "there $number"; number=$((number + 1)); done',
  'echo all',
].join('; ');

/** What only a shell tells of a host: its bridges, and which of the paths are there. Nothing where there is no shell. */
export async function shellFacts(
  shell: HostShell,
  { host, paths }: { readonly host: string; readonly paths: readonly string[] },
  signal: AbortSignal,
): Promise<Pick<TargetFacts, 'bridges' | 'paths'>> {
  try {
    const argv = ['sh', '-c', script, 'sh', ...paths];
    const { stdout } = await shell.run({ on: host, argv, environment: {} }, signal);
    const lines = stdout.split('\n').map((line) => line.split(' '));
    const told = (what: string): readonly string[] =>
      lines.flatMap(([word, rest]) => (word === what && rest !== undefined ? [rest] : []));
    return !stdout.endsWith('all\n')
      ? {}
      : { bridges: told('bridge'), paths: new Set(told('there').flatMap((number) => paths[Number(number)] ?? [])) };
  } catch (error) {
    if (error instanceof FailureError && !signal.aborted) {
      return {};
    }
    throw error;
  }
}
