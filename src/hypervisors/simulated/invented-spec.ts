import type { Estate, Site } from '../../model/estate.js';
import { type Chance, drawBetween } from './chance.js';
import { type InventedVm, inventVms, type WorldRunbook } from './invented-vms.js';
import type { HostSpec, ReplicaSpec, VmSpec, WorldSpec } from './world-spec.js';

const gigabyteBytes = 2 ** 30;

/** VMs of each host when no runbook names any. */
const vmsPerHost = 2;

/**
 * Invents a plausible world: the hosts of the estate, the VMs that the runbooks' selectors would find, spread over the
 * hosts of their protected site, and their replicas on the recovery site. Every host is large enough for all of them,
 * so that what a rehearsal meets is the runbook's doing and not the invention's. Without a runbook every host has two
 * VMs. The same estate, runbooks and seed give the same world.
 */
export function specFromEstate(estate: Estate, runbooks: readonly WorldRunbook[], seed: number): WorldSpec {
  const stream = { chance: seed | 0 };
  const invented = inventVms(runbooks);
  const vms =
    invented.length === 0 ? strangers(estate, stream) : invented.map((vm, index) => vmSpec(estate, vm, index, stream));
  const replicas = invented.flatMap((vm, index) => replicaSpec(estate, vm, index));
  const controllerSite = runbooks.find(({ protect }) => protect.from.site !== protect.to.site)?.protect.to.site;
  const neededBytes = vms.reduce((sum, { memoryBytes = 0 }) => sum + memoryBytes, 0);
  const neededCpus = vms.reduce((sum, { vcpus = 0 }) => sum + vcpus, 0);
  const host: HostSpec = {
    memoryBytes: Math.max(64 * gigabyteBytes, 2 * neededBytes),
    cpuThreads: Math.max(16, neededCpus),
    bootMs: 60_000,
  };
  const names = Object.values(estate.sites).flatMap((site) => Object.keys(site.hosts));
  return {
    ...(controllerSite === undefined ? {} : { controllerSite }),
    hosts: Object.fromEntries(names.map((name) => [name, host])),
    vms,
    replicas,
  };
}

function vmSpec(estate: Estate, { name, tags, protect }: InventedVm, index: number, stream: Chance): VmSpec {
  const host = protect.from.host ?? pick(Object.keys(siteOf(estate, protect.from.site).hosts), index);
  return { ...natureSpec(stream), name, host, tags: [...tags] };
}

function strangers(estate: Estate, stream: Chance): readonly VmSpec[] {
  return Object.values(estate.sites).flatMap((site) =>
    Object.keys(site.hosts).flatMap((host) =>
      Array.from({ length: vmsPerHost }, (_, index) => ({
        ...natureSpec(stream),
        name: `${host}-vm-${index + 1}`,
        host,
      })),
    ),
  );
}

function natureSpec(stream: Chance): Omit<VmSpec, 'name' | 'host'> {
  const sizeBytes = drawBetween(stream, 2, 10) * 10 * gigabyteBytes;
  return {
    memoryBytes: drawBetween(stream, 1, 8) * gigabyteBytes,
    vcpus: drawBetween(stream, 1, 4),
    disks: [{ target: 'vda', sizeBytes, usedBytes: Math.round((sizeBytes * drawBetween(stream, 20, 70)) / 100) }],
    dirtyBytesPerSecond: drawBetween(stream, 2, 40) * 1_000_000,
    writeBytesPerSecond: drawBetween(stream, 100, 2_000) * 1_000,
    bootMs: drawBetween(stream, 4_000, 15_000),
    shutdownMs: drawBetween(stream, 2_000, 8_000),
  };
}

function replicaSpec(estate: Estate, { name, group, protect }: InventedVm, index: number): readonly ReplicaSpec[] {
  const { replicate } = group;
  if (replicate === undefined || protect.to.site === protect.from.site) {
    return [];
  }
  const host = protect.to.host ?? pick(Object.keys(siteOf(estate, protect.to.site).hosts), index);
  const to = { site: protect.to.site, host };
  return replicate.method === 'mirror'
    ? [{ vm: name, to, method: 'mirror', keep: replicate.keep }]
    : [
        {
          vm: name,
          to,
          method: 'block-sync',
          everyMs: replicate.everyMs,
          keep: replicate.keep,
          quiesce: replicate.quiesce,
        },
      ];
}

function siteOf(estate: Estate, name: string): Site {
  const site = estate.sites[name];
  if (site === undefined) {
    throw new Error(`The runbook names the site ${name}, which the estate does not have`);
  }
  return site;
}

function pick(names: readonly string[], index: number): string {
  const name = names[index % Math.max(1, names.length)];
  if (name === undefined) {
    throw new Error('A site of the runbook has no hosts');
  }
  return name;
}
