import type { Authority } from './authority.js';
import type { Prospect } from './prospect.js';
import type { Replica } from './replica.js';

/** Hosts, VMs and replicas as observed, each with the time of the observation. */
export interface Inventory {
  readonly at: number;
  readonly hosts: readonly HostFacts[];
  readonly vms: readonly VmFacts[];
  readonly replicas: readonly Replica[];
  /** The ledger: only VMs whose authority was ever journalled. */
  readonly authority: readonly Authority[];
  /** Pairs of hosts that were looked at for moves between them; none where no move was asked about. */
  readonly prospects?: readonly Prospect[];
  /** Hosts that VMs have lived on before, as the journal has it: what they left there is stale. */
  readonly formerPlaces?: readonly FormerPlace[];
}

/** A host that a VM has left, and when; the last time, if it has left it several times. */
export interface FormerPlace {
  readonly vm: string;
  readonly host: string;
  readonly at: number;
}

export interface HostFacts {
  readonly name: string;
  readonly site: string;
  readonly observedAt: number;
  /** When it could not be reached, why; the other facts are then absent or zero. */
  readonly unreachable?: string;
  readonly cpuModel: string;
  /** CPU models that a VM may ask for here. */
  readonly cpuModels: readonly string[];
  readonly cpuThreads: number;
  readonly memoryBytes: number;
  /** Memory not yet promised to VMs. */
  readonly memoryFreeBytes: number;
  /** Bridges and libvirt networks that exist here. */
  readonly networks: readonly string[];
  /** Free bytes in the images folder. */
  readonly diskFreeBytes: number;
  /** Nothing is placed on a cordoned host. */
  readonly isCordoned: boolean;
}

export interface VmFacts {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly host: string;
  readonly observedAt: number;
  /** `host`: seen on the host itself. `replica`: read from what the newest recovery point carries. */
  readonly seenOn: 'host' | 'replica';
  readonly state: VmState;
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** CPU model it asks for; undefined when it takes what the host has. */
  readonly cpuModel?: string;
  /** Bridges or libvirt networks it is attached to, by their name on its own site. */
  readonly networks: readonly string[];
  readonly disks: readonly DiskFacts[];
  /** `key=value` tags of its libvirt metadata. */
  readonly tags: readonly string[];
  readonly hasAutostart: boolean;
  readonly hasAgent: boolean;
  /** Bytes of memory it dirties per second, when measured. */
  readonly dirtyBytesPerSecond?: number;
}

export type VmState = 'running' | 'paused' | 'shut-off' | 'crashed' | 'unknown';

export interface DiskFacts {
  /** `vda`. */
  readonly target: string;
  readonly path: string;
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** Whether other hosts of the site see the same file. */
  readonly isShared: boolean;
}
