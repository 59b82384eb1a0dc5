import type { DiskSpec, ReplicaSpec, VmSpec, WorldSpec } from '../../src/hypervisors/simulated/world-spec.js';
import type { Estate, Host, Site } from '../../src/model/estate.js';
import type { Chance } from './chance.js';
import { type Intent, isInside } from './intent.js';

const gigabyteBytes = 2 ** 30;

/** An estate with its world: two sites of up to three hosts, up to eight VMs at north, and their replicas at south. */
export interface Setting {
  readonly estate: Estate;
  readonly spec: WorldSpec;
  /** How many groups the VMs belong to: `g0-0` is of the first one. */
  readonly groups: number;
}

export function inventSetting(chance: Chance, intent: Intent): Setting {
  const norths = names('north', chance.between(isInside(intent) ? 2 : 1, 3));
  const souths = names('south', chance.between(1, 3));
  const groups = chance.between(1, 3);
  const hasAutostart = intent !== 'failover-and-back' && chance.percent(70);
  const vms = Array.from({ length: chance.between(1, 8) }, (_, index) =>
    inventVm(chance, { name: `g${index % groups}-${index}`, norths, hasAutostart }),
  );
  const isTight = chance.percent(10);
  const estate = estateOf(chance, { norths, souths });
  return {
    estate,
    groups,
    spec: {
      controllerSite: 'south',
      hosts: isTight
        ? Object.fromEntries(souths.map((name) => [name, { memoryBytes: chance.between(6, 20) * gigabyteBytes }]))
        : {},
      links: { 'north-south': { latencyMs: chance.between(1, 30) } },
      vms,
      replicas: vms.flatMap(({ name }) => inventReplica(chance, name, souths)),
    },
  };
}

function names(site: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${site}-${index + 1}`);
}

function estateOf(
  chance: Chance,
  { norths, souths }: { readonly norths: readonly string[]; readonly souths: readonly string[] },
): Estate {
  const bytesPerSecond = chance.pick([1.25e7, 1.25e8, 1.25e9]);
  return {
    sites: {
      north: siteOf('north', norths, chance),
      south: siteOf('south', souths, chance),
    },
    links: { 'north-south': { name: 'north-south', between: ['north', 'south'], bytesPerSecond, windows: [] } },
    tls: 'required',
    store: { sqlite: '/var/lib/lifeboat/lifeboat.db' },
  };
}

function siteOf(name: string, hosts: readonly string[], chance: Chance): Site {
  return {
    name,
    hosts: Object.fromEntries(hosts.map((host) => [host, hostOf(host, name, chance.percent(90))])),
    networks: { prod: `br-prod-${name}`, drill: `br-drill-${name}` },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  };
}

function hostOf(name: string, site: string, isFenced: boolean): Host {
  const uri = `qemu+ssh://root@${name}/system`;
  const fence = isFenced ? { fence: { agent: 'fence_ipmilan', options: { ip: name } } } : {};
  return { name, site, uri, address: name, peerUri: uri, ...fence };
}

function inventVm(
  chance: Chance,
  about: { readonly name: string; readonly norths: readonly string[]; readonly hasAutostart: boolean },
): VmSpec {
  return {
    name: about.name,
    host: chance.maybe(about.norths) ?? 'north-1',
    state: chance.percent(85) ? 'running' : 'shut-off',
    memoryBytes: (chance.between(1, 16) * gigabyteBytes) / 4,
    vcpus: chance.between(1, 4),
    disks: inventDisks(chance),
    hasAgent: true,
    hasAutostart: about.hasAutostart,
    dirtyBytesPerSecond: chance.between(0, 60) * 1e6,
    writeBytesPerSecond: chance.between(0, 20) * 1e5,
    bootMs: chance.between(2, 20) * 1_000,
    shutdownMs: chance.between(1, 10) * 1_000,
  };
}

/** One disk or two; hosts of the site share some of them. */
function inventDisks(chance: Chance): readonly DiskSpec[] {
  return (chance.percent(25) ? ['vda', 'vdb'] : ['vda']).map((target) => {
    const sizeBytes = chance.between(1, 20) * gigabyteBytes;
    return { target, sizeBytes, usedBytes: Math.round(sizeBytes / 3), isShared: chance.percent(30) };
  });
}

function inventReplica(chance: Chance, vm: string, souths: readonly string[]): ReplicaSpec[] {
  const host = chance.maybe(souths) ?? 'south-1';
  const replica: ReplicaSpec = {
    vm,
    to: { site: 'south', host },
    method: chance.percent(40) ? 'mirror' : 'block-sync',
    everyMs: chance.pick([60_000, 120_000, 300_000]),
    keep: chance.between(8, 12),
    quiesce: chance.percent(50),
    isSeeded: chance.percent(98),
  };
  return chance.percent(98) ? [replica] : [];
}
