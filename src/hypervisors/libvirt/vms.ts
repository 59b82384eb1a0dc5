import {
  type Domain,
  DomainEventType,
  DomainMetadataType,
  DomainModificationImpact,
  DomainState,
  DomainUndefineFlags,
  DomainXMLFlags,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
} from 'node-libvirt';
import { FailureError } from '../../model/failure.js';
import type { Hypervisor, VmDefinition } from '../hypervisor.js';
import type { Connections, Purpose } from './connections.js';
import { changedDomainXml, newDomainXml } from './definition.js';
import { describeDomain } from './domain-description.js';
import { asked } from './failures.js';

type Vms = Pick<Hypervisor, 'define' | 'undefine' | 'start' | 'shutdown' | 'destroy' | 'setAutostart'>;

interface Asking {
  readonly host: string;
  readonly what: string;
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}

/** Namespace of the mark that a VM must not be started here. */
const blockedUri = 'urn:lifeboat:blocked';

/** Definitions, starts and stops of single VMs. */
export function vmsOf(connections: Connections): Vms {
  const ask = <Answer>({ purpose, ...request }: Asking, call: (libvirt: Libvirt) => Promise<Answer>) =>
    asked(request, async () => await call(await connections.to(request.host, purpose, request.signal)));
  return {
    define: (host, definition, signal) =>
      ask({ host, what: `define ${definition.name}`, purpose: 'work', signal }, (libvirt) =>
        define(libvirt, host, definition),
      ),
    undefine: (host, id, signal) =>
      ask({ host, what: `forget VM ${id}`, purpose: 'work', signal }, (libvirt) => undefine(libvirt, host, id)),
    start: (host, id, signal) =>
      ask({ host, what: `start VM ${id}`, purpose: 'work', signal }, (libvirt) => start(libvirt, host, id)),
    shutdown: (host, id, signal) =>
      ask({ host, what: `shut down VM ${id}`, purpose: 'work', signal }, (libvirt) =>
        stopped(libvirt, id, { host, signal, stop: (dom) => libvirt.domainShutdown({ dom }) }),
      ),
    destroy: (host, id, signal) =>
      ask({ host, what: `stop VM ${id}`, purpose: 'stop', signal }, (libvirt) =>
        stopped(libvirt, id, { host, signal, stop: (dom) => libvirt.domainDestroy({ dom }) }),
      ),
    setAutostart: (host, id, isOn, signal) =>
      ask({ host, what: `set the autostart of VM ${id}`, purpose: 'work', signal }, (libvirt) =>
        setAutostart(libvirt, id, isOn),
      ),
  };
}

async function define(libvirt: Libvirt, host: string, definition: VmDefinition): Promise<void> {
  const known = await find(libvirt, definition.id);
  const clash = await unless(ErrorNumber.NO_DOMAIN, libvirt.domainLookupByName({ name: definition.name }));
  for (const other of [known, clash?.uuid === definition.id ? undefined : clash]) {
    if (other !== undefined && (await libvirt.domainIsActive({ dom: other }))) {
      const old = await libvirt.domainGetXMLDesc({ dom: other, flags: DomainXMLFlags.INACTIVE });
      if (other === known && isSame(old, definition)) {
        return;
      }
      throw live(other.name, host);
    }
  }
  if (clash !== undefined && clash.uuid !== definition.id) {
    throw new FailureError({
      code: 'vm-exists',
      kind: 'permanent',
      message: `${host} has another VM named ${definition.name}`,
      hint: 'rename or undefine it',
    });
  }
  const machine = {
    kind: await kindOf(libvirt),
    libvirtNetworks: (await libvirt.connectListAllNetworks({ flags: 0 })).map(({ name }) => name),
  };
  const xml =
    known === undefined
      ? newDomainXml(definition, machine)
      : changedDomainXml(
          await libvirt.domainGetXMLDesc({ dom: known, flags: DomainXMLFlags.INACTIVE | DomainXMLFlags.SECURE }),
          definition,
          machine,
        );
  const dom = await libvirt.domainDefineXML({ xml });
  await unblock(libvirt, dom);
  await libvirt.domainSetAutostart({ dom, autostart: definition.hasAutostart });
}

/** Whether a live VM is what the definition asks for, so that there is nothing to define. */
function isSame(xml: string, { memoryBytes, vcpus, disks }: VmDefinition): boolean {
  const seen = describeDomain(xml);
  return (
    seen.memoryBytes === memoryBytes &&
    seen.vcpus === vcpus &&
    disks.every(({ target, path }) => seen.disks.some((disk) => disk.target === target && disk.path === path))
  );
}

async function kindOf(libvirt: Libvirt): Promise<'kvm' | 'qemu'> {
  const offered = await unless(ErrorNumber.INVALID_ARG, libvirt.connectGetDomainCapabilities({ virttype: 'kvm' }));
  return offered === undefined ? 'qemu' : 'kvm';
}

async function undefine(libvirt: Libvirt, host: string, id: string): Promise<void> {
  const dom = await find(libvirt, id);
  if (dom === undefined) {
    return;
  }
  if (await libvirt.domainIsActive({ dom })) {
    throw live(dom.name, host);
  }
  const { MANAGED_SAVE, SNAPSHOTS_METADATA, CHECKPOINTS_METADATA, KEEP_NVRAM } = DomainUndefineFlags;
  await unless(
    ErrorNumber.NO_DOMAIN,
    libvirt.domainUndefineFlags({ dom, flags: MANAGED_SAVE | SNAPSHOTS_METADATA | CHECKPOINTS_METADATA | KEEP_NVRAM }),
  );
}

async function start(libvirt: Libvirt, host: string, id: string): Promise<void> {
  const dom = await libvirt.domainLookupByUUID({ uuid: id });
  const { state } = await libvirt.domainGetState({ dom });
  if (state === DomainState.RUNNING || state === DomainState.BLOCKED) {
    return;
  }
  if (await isBlocked(libvirt, dom)) {
    throw new FailureError({
      code: 'start-blocked',
      kind: 'precondition',
      message: `${dom.name} is blocked on ${host}: it belongs to another host now`,
      hint: `see \`lifeboat authority ${dom.name}\``,
    });
  }
  try {
    await libvirt.domainCreateWithFlags({ dom, flags: 0 });
  } catch (error) {
    throw error instanceof LibvirtError ? startFailure(error, dom.name, host) : error;
  }
}

/** QEMU and libvirt say in words only why a start failed. */
const startFailures: readonly (readonly [RegExp, string, string])[] = [
  [/lock/i, 'disk-locked', 'another VM or process has the disk open: find it before anything is started'],
  [
    /No such file or directory|Cannot access storage|does not exist/i,
    'disk-missing',
    'bring the file back, or correct its path',
  ],
  [
    /network|bridge|Cannot get interface MTU|No such device|tap/i,
    'network-missing',
    'make the network or bridge there',
  ],
  [
    /allocate memory|cannot set up guest memory|memory size|maximum|ram size/i,
    'no-memory',
    'free some memory there, or choose another host',
  ],
];

function startFailure(error: LibvirtError, vm: string, host: string): FailureError {
  const [, code = 'libvirt-refused', hint = 'see the log of the VM on the host'] =
    startFailures.find(([words]) => words.test(error.message)) ?? [];
  return new FailureError(
    { code, kind: 'permanent', message: `${vm} does not start on ${host}`, hint, cause: error.message },
    { cause: error },
  );
}

interface Stopping {
  readonly host: string;
  readonly signal: AbortSignal;
  readonly stop: (dom: Domain) => Promise<void>;
}

/** Asks for the stop and resolves once libvirt says that the VM is off. */
async function stopped(libvirt: Libvirt, id: string, { host, signal, stop }: Stopping): Promise<void> {
  const dom = await libvirt.domainLookupByUUID({ uuid: id });
  let tell: (isOff: boolean) => void = () => undefined;
  const off = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  const giveUp = (): void => tell(false);
  const subscription = await libvirt.subscribe(
    'domain.lifecycle',
    ({ event }) => (event === DomainEventType.STOPPED ? tell(true) : undefined),
    { subject: dom },
  );
  signal.addEventListener('abort', giveUp);
  try {
    if (await isOff(libvirt, dom)) {
      return;
    }
    await unless(ErrorNumber.OPERATION_INVALID, stop(dom));
    if (await isOff(libvirt, dom)) {
      return;
    }
    const isLost = libvirt.closed.then(() => false);
    if (!(await Promise.race([off, isLost]))) {
      throw new FailureError({
        code: 'reply-lost',
        kind: 'outcome-unknown',
        message: `${dom.name} was asked to stop on ${host}, and was not seen off`,
        hint: 'it may still stop by itself; it is looked at before anything is done again',
      });
    }
  } finally {
    signal.removeEventListener('abort', giveUp);
    await subscription.unsubscribe().catch(() => undefined);
  }
}

async function isOff(libvirt: Libvirt, dom: Domain): Promise<boolean> {
  const seen = await unless(ErrorNumber.NO_DOMAIN, libvirt.domainGetState({ dom }));
  // A transient VM that is off is gone.
  return seen === undefined || seen.state === DomainState.SHUTOFF || seen.state === DomainState.CRASHED;
}

async function setAutostart(libvirt: Libvirt, id: string, isOn: boolean): Promise<void> {
  const dom = await libvirt.domainLookupByUUID({ uuid: id });
  await libvirt.domainSetAutostart({ dom, autostart: isOn });
  if (isOn) {
    await unblock(libvirt, dom);
  } else {
    await libvirt.domainSetMetadata({ dom, ...mark, key: 'lifeboat', metadata: '<blocked/>' });
  }
}

const mark = { type: DomainMetadataType.ELEMENT, uri: blockedUri, flags: DomainModificationImpact.CONFIG } as const;

async function isBlocked(libvirt: Libvirt, dom: Domain): Promise<boolean> {
  return (await unless(ErrorNumber.NO_DOMAIN_METADATA, libvirt.domainGetMetadata({ dom, ...mark }))) !== undefined;
}

async function unblock(libvirt: Libvirt, dom: Domain): Promise<void> {
  if (await isBlocked(libvirt, dom)) {
    await libvirt.domainSetMetadata({ dom, ...mark, key: null, metadata: null });
  }
}

async function find(libvirt: Libvirt, id: string): Promise<Domain | undefined> {
  return await unless(ErrorNumber.NO_DOMAIN, libvirt.domainLookupByUUID({ uuid: id }));
}

function live(vm: string, host: string): FailureError {
  return new FailureError({
    code: 'vm-running',
    kind: 'precondition',
    message: `${vm} is live on ${host}`,
    hint: 'stop it first',
  });
}

/** What the call gives; undefined where libvirt answers with this error. */
async function unless<Answer>(number: number, call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof LibvirtError && error.number === number) {
      return undefined;
    }
    throw error;
  }
}
