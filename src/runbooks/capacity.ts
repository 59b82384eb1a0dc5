import type { HostFacts, Inventory } from '../model/inventory.js';
import { formatSize } from '../model/units.js';

/** vCPUs that may be promised for each thread of a host: most guests idle most of the time. */
export const vcpusPerThread = 8;

/** What a VM needs of a host. */
export interface Need {
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** The CPU model that the host must be able to offer; any host will do when left out. */
  readonly cpuModel?: string;
  /** Bridges or libvirt networks, by their name on the host. */
  readonly networks: readonly string[];
  /** New space in the images folder. */
  readonly diskBytes: number;
}

/** What is left of a host while VMs are placed on it. The amounts change. */
export interface Room {
  readonly host: string;
  /** Why nothing at all can be placed here. */
  readonly closed?: string;
  readonly cpuModels: ReadonlySet<string>;
  readonly networks: ReadonlySet<string>;
  readonly memoryBytes: number;
  readonly vcpus: number;
  memoryLeftBytes: number;
  vcpusLeft: number;
  diskLeftBytes: number;
}

/** Memory and disk space kept free on every host: a twentieth of what it has, at most 1 GiB. */
export function reserveBytes(bytes: number): number {
  return Math.min(2 ** 30, Math.floor(bytes / 20));
}

/** The room on each of the named hosts, by name. A host that the inventory does not know counts as unreachable. */
export function roomsOf(names: readonly string[], inventory: Inventory): ReadonlyMap<string, Room> {
  const facts = new Map(inventory.hosts.map((host) => [host.name, host]));
  const vcpus = new Map<string, number>();
  for (const vm of inventory.vms) {
    if (vm.seenOn === 'host' && vm.state === 'running') {
      vcpus.set(vm.host, (vcpus.get(vm.host) ?? 0) + vm.vcpus);
    }
  }
  return new Map(names.map((name) => [name, roomOf(name, facts.get(name), vcpus.get(name) ?? 0)]));
}

export function fits(room: Room, need: Need): boolean {
  return (
    room.closed === undefined &&
    need.memoryBytes <= room.memoryLeftBytes &&
    need.vcpus <= room.vcpusLeft &&
    need.diskBytes <= room.diskLeftBytes &&
    hasCpuModel(room, need) &&
    need.networks.every((network) => room.networks.has(network))
  );
}

/** Why the VM does not fit here, for people: `south-1 lacks 2.1 GiB memory and network br-prod`. */
export function refusal(room: Room, need: Need): string {
  if (room.closed !== undefined) {
    return `${room.host} ${room.closed}`;
  }
  const lacks: string[] = [];
  if (need.memoryBytes > room.memoryLeftBytes) {
    lacks.push(`${formatSize(need.memoryBytes - room.memoryLeftBytes)} memory`);
  }
  if (need.vcpus > room.vcpusLeft) {
    lacks.push(`${need.vcpus - room.vcpusLeft} vCPUs`);
  }
  if (need.diskBytes > room.diskLeftBytes) {
    lacks.push(`${formatSize(need.diskBytes - room.diskLeftBytes)} disk space`);
  }
  if (!hasCpuModel(room, need)) {
    lacks.push(`CPU model ${need.cpuModel ?? ''}`);
  }
  lacks.push(...need.networks.filter((network) => !room.networks.has(network)).map((network) => `network ${network}`));
  return `${room.host} lacks ${lacks.join(' and ')}`;
}

export function take(room: Room, need: Need): void {
  room.memoryLeftBytes -= need.memoryBytes;
  room.vcpusLeft -= need.vcpus;
  room.diskLeftBytes -= need.diskBytes;
}

export function giveBack(room: Room, need: Need): void {
  room.memoryLeftBytes += need.memoryBytes;
  room.vcpusLeft += need.vcpus;
  room.diskLeftBytes += need.diskBytes;
}

/** How full the host would be with the VM on it: of memory or vCPUs, whichever is scarcer; 1 is full. */
export function loadWith(room: Room, need: Need): number {
  return Math.max(
    1 - (room.memoryLeftBytes - need.memoryBytes) / Math.max(1, room.memoryBytes),
    1 - (room.vcpusLeft - need.vcpus) / Math.max(1, room.vcpus),
  );
}

function roomOf(host: string, facts: HostFacts | undefined, vcpusTaken: number): Room {
  const closed = closedBecause(facts);
  const vcpus = (facts?.cpuThreads ?? 0) * vcpusPerThread;
  return {
    host,
    ...(closed === undefined ? {} : { closed }),
    cpuModels: new Set(facts === undefined ? [] : [facts.cpuModel, ...facts.cpuModels]),
    networks: new Set(facts?.networks),
    memoryBytes: facts?.memoryBytes ?? 0,
    vcpus,
    memoryLeftBytes: (facts?.memoryFreeBytes ?? 0) - reserveBytes(facts?.memoryBytes ?? 0),
    vcpusLeft: vcpus - vcpusTaken,
    diskLeftBytes: (facts?.diskFreeBytes ?? 0) - reserveBytes(facts?.diskFreeBytes ?? 0),
  };
}

function closedBecause(facts: HostFacts | undefined): string | undefined {
  if (facts === undefined || facts.unreachable !== undefined) {
    return facts?.unreachable === undefined ? 'was not observed' : `is unreachable (${facts.unreachable})`;
  }
  return facts.isCordoned ? 'is cordoned' : undefined;
}

function hasCpuModel(room: Room, { cpuModel }: Need): boolean {
  return cpuModel === undefined || room.cpuModels.has(cpuModel);
}
