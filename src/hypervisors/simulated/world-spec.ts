import type { VmState } from '../../model/inventory.js';
import type { Place } from '../../model/place.js';
import type { ScriptedFault } from './fault.js';

/**
 * What a simulated world is made of: plain JSON. The estate names the sites, hosts and links; this gives them bodies.
 * Everything that is left out has a plausible default, so that a test says only what it is about.
 */
export interface WorldSpec {
  /** ms since the epoch. Default 2026-01-05T09:00:00Z. */
  readonly startAt?: number;
  /** Where Lifeboat itself runs: cut links are felt from there. Default: the site that holds replicas, else the first. */
  readonly controllerSite?: string;
  /** By host name; every host of the estate exists. */
  readonly hosts?: Readonly<Record<string, HostSpec>>;
  /** By link name, as in the estate. */
  readonly links?: Readonly<Record<string, LinkSpec>>;
  readonly vms?: readonly VmSpec[];
  readonly replicas?: readonly ReplicaSpec[];
  readonly commands?: readonly CommandSpec[];
  readonly faults?: readonly ScriptedFault[];
}

export interface HostSpec {
  /** Default 64 GiB. */
  readonly memoryBytes?: number;
  /** Default 16. */
  readonly cpuThreads?: number;
  readonly cpuModel?: string;
  /** CPU models that a VM may ask for. */
  readonly cpuModels?: readonly string[];
  /** Default: every network of the site. */
  readonly networks?: readonly string[];
  /** Default 1 TiB. */
  readonly diskFreeBytes?: number;
  /** Default 10 Gbit/s. */
  readonly bytesPerSecond?: number;
  /** Time from power on to libvirt's answer. Default 60 s. */
  readonly bootMs?: number;
}

export interface LinkSpec {
  /** Default: the estate's rate, else 1 Gbit/s. */
  readonly bytesPerSecond?: number;
  /** One way. Default 5 ms. */
  readonly latencyMs?: number;
}

export interface VmSpec {
  readonly name: string;
  readonly host: string;
  /** Default: a UUID made of the name. */
  readonly id?: string;
  readonly state?: Extract<VmState, 'running' | 'shut-off'>;
  /** Default 2 GiB. */
  readonly memoryBytes?: number;
  /** Default 2. */
  readonly vcpus?: number;
  readonly cpuModel?: string;
  /** Default: the site's first network that is not the drill's. */
  readonly networks?: readonly string[];
  /** Default: one disk `vda` of 20 GiB, half of it used, in the site's images folder. */
  readonly disks?: readonly DiskSpec[];
  readonly tags?: readonly string[];
  /** Default true. */
  readonly hasAgent?: boolean;
  /** Default true. */
  readonly hasAutostart?: boolean;
  /** Memory it dirties. Default 20 MB/s. */
  readonly dirtyBytesPerSecond?: number;
  /** What it writes to its disks. Default 1 MB/s. */
  readonly writeBytesPerSecond?: number;
  /** From start to the first answer of its services. Default 8 s. */
  readonly bootMs?: number;
  /** Default 4 s. */
  readonly shutdownMs?: number;
  /** Ports that answer once it has booted. Default: every port. */
  readonly ports?: readonly number[];
}

export interface DiskSpec {
  readonly target: string;
  readonly sizeBytes: number;
  readonly usedBytes?: number;
  readonly path?: string;
  readonly isShared?: boolean;
}

export interface ReplicaSpec {
  /** The VM's name. */
  readonly vm: string;
  readonly to: Place;
  readonly method: 'mirror' | 'block-sync';
  /** Between two points. Default 5 min. */
  readonly everyMs?: number;
  /** Points kept. Default 12. */
  readonly keep?: number;
  readonly quiesce?: boolean;
  /** False: the seed has yet to be copied, and there is no point. Default true. */
  readonly isSeeded?: boolean;
  /** Age of the newest point when the world begins. Default: drawn from `everyMs`. */
  readonly pointAgeMs?: number;
}

/** What a command does. The first one whose words are the beginning of the argv counts; without one it ends with 0. */
export interface CommandSpec {
  readonly argv: readonly string[];
  /** Default 0. 127 with `isMissing`: the command is not found. */
  readonly exitCode?: number;
  readonly isMissing?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Default 100 ms. */
  readonly tookMs?: number;
}
