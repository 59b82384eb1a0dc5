/** The libvirt driver over two hosts of the lab, as the contract of the port wants it. */
import type { Hypervisor, VmDefinition } from '../../src/hypervisors/hypervisor.js';
import { type Libvirt, openLibvirt } from '../../src/hypervisors/libvirt/open.js';
import { createSshShell } from '../../src/hypervisors/ssh/ssh-shell.js';
import type { Estate } from '../../src/model/estate.js';
import type { HypervisorDriver } from '../contracts/hypervisor-driver.js';
import { Relay } from './contract/relay.js';
import { diskBytes, images, type Stage } from './contract/stage.js';
import { addressOf, uriOf } from './lab.js';

/** What a hurrying guest writes again and again takes longer than the longest pause, and all of it only seconds. */
const slowBytesPerSecond = 40 * 2 ** 20;
/** Without a deadline a rung is left after 20 s: a test need not wait for that twice. */
const hurryMs = 10_000;

/** The last call of the driver that changes something: numbers of libvirt's protocol. */
const procedures = { define: 11, start: 196, migrate: 305, carry: 305 } as const;

/** A driver of its own for one test. The stage is cleared before; the driver reaches the hosts by relays. */
export async function labDriver(stage: Stage): Promise<HypervisorDriver> {
  const [source, target] = await stage.clear();
  const relays = new Map([
    [source, await Relay.listen(addressOf(source))],
    [target, await Relay.listen(addressOf(target))],
  ]);
  const at = (host: string): Relay => relays.get(host) as Relay;
  const marks = new Set<string>();
  const open = (): Libvirt =>
    openLibvirt({
      estate: estateOf([source, target], (host) => at(host).uri),
      cordons: {
        list: async () => marks,
        set: async (host, isCordoned) => void (isCordoned ? marks.add(host) : marks.delete(host)),
      },
      shell: createSshShell(estateOf([source, target], uriOf.ssh)),
      now: Date.now,
    });
  let libvirt = open();
  const { guest } = stage;
  const definition = (name: string, digit: string, path: string): VmDefinition => ({
    id: `${digit.repeat(8)}-1111-4111-8111-111111111111`,
    name: `${guest.name}-${name}`,
    memoryBytes: 64 * 2 ** 20,
    vcpus: 1,
    networks: ['br-prod'],
    disks: [{ target: 'vda', path, sizeBytes: diskBytes }],
    hasAgent: false,
    tags: ['tier=db'],
    hasAutostart: false,
  });
  const hindered = stage.makeDisk(`${guest.name}-hindered.qcow2`, source, target);
  await stage.defineOver(target, { name: `${guest.name}-other`, path: hindered });
  return {
    get hypervisor() {
      return libvirt.hypervisor;
    },
    source,
    target,
    running: { id: guest.uuid, name: guest.name },
    fresh: definition('fresh', '1', stage.makeDisk(`${guest.name}-fresh.qcow2`, source)),
    sharing: definition('sharing', '2', stage.makeSharedDisk(`${guest.name}-sharing.qcow2`)),
    hindered: definition('hindered', '3', hindered),
    now: Date.now,
    answered: (call) => call,
    async until(condition) {
      while (!(await condition())) await new Promise(setImmediate);
    },
    async hurry() {
      await stage.hurry(source);
      return { bytesPerSecond: slowBytesPerSecond, deadlineAt: Date.now() + hurryMs };
    },
    cutOff: (host) => at(host).close(),
    loseReply: async (method) => at(source).loseReplyTo(procedures[method]),
    async killCaller(): Promise<Hypervisor> {
      const closed = libvirt.close();
      for (const relay of relays.values()) relay.drop();
      await closed;
      libvirt = open();
      return libvirt.hypervisor;
    },
    async close() {
      await libvirt.close();
      for (const relay of relays.values()) await relay.close();
    },
  };
}

function estateOf(names: readonly string[], uriOfHost: (host: string) => string): Estate {
  const site = names[0]?.split('-')[0] ?? '';
  const hosts = names.map((name) => [
    name,
    { name, site, uri: uriOfHost(name), address: addressOf(name), peerUri: uriOf.tcp(name) },
  ]);
  return {
    sites: {
      [site]: {
        name: site,
        hosts: Object.fromEntries(hosts),
        networks: { prod: 'br-prod', drill: 'br-drill' },
        images,
        replicas: '/var/lib/lifeboat/replicas',
      },
    },
    links: {},
    tls: 'off',
    store: { sqlite: '/dev/null' },
  };
}
