import type { Estate } from '../../model/estate.js';
import type { VmState } from '../../model/inventory.js';
import type { MigrationResult, VmDefinition } from '../hypervisor.js';
import type { Audit } from './audit.js';
import type { Call } from './call.js';
import type { Copy, Overlay, Replication } from './copy.js';
import type { CallFault, CallMatch, FenceBehaviour, WorldFault } from './fault.js';
import type { Transfer } from './transfer.js';
import type { CommandSpec } from './world-spec.js';

/** All there is of a world, but for its clock's events. Plain JSON: saved and restored as it is. */
export interface WorldState {
  readonly estate: Estate;
  readonly startedAt: number;
  readonly controllerSite: string;
  /** Where the stream of chance stands. */
  chance: number;
  /** The last number given to a call, a transfer or a point. */
  lastId: number;
  readonly hosts: Record<string, HostState>;
  readonly links: Record<string, LinkState>;
  /** Sites whose fence devices have no power. */
  readonly darkSites: string[];
  /** What a VM is like, whoever runs it, by its id. */
  readonly nature: Record<string, Nature>;
  /** When a live copy of the VM last wrote, by its id; absent while one runs that has not stopped yet. */
  readonly lastWriteAt: Record<string, number>;
  /** How a VM is replicated, by its name. */
  readonly replications: Record<string, Replication>;
  /** By `VM@HOST`. */
  readonly copies: Record<string, Copy>;
  /** By `HOST/VM/KEY`. */
  readonly overlays: Record<string, Overlay>;
  readonly calls: Record<string, Call>;
  /** How many calls of `PORT.METHOD` were made. */
  readonly callCounts: Record<string, number>;
  readonly transfers: Record<string, Transfer>;
  /** By `ID SOURCE TARGET`. */
  readonly migrationResults: Record<string, MigrationResult>;
  faults: readonly AwaitedFault[];
  commands: readonly CommandSpec[];
  readonly audit: Audit;
}

/** A fault that waits for its call. */
export interface AwaitedFault {
  readonly onCall: CallMatch;
  readonly afterMs?: number;
  readonly fault: WorldFault | CallFault;
}

export interface HostState {
  readonly name: string;
  readonly site: string;
  readonly memoryBytes: number;
  readonly cpuThreads: number;
  readonly cpuModel: string;
  readonly cpuModels: readonly string[];
  readonly networks: readonly string[];
  readonly bytesPerSecond: number;
  readonly bootMs: number;
  diskFreeBytes: number;
  hasPower: boolean;
  isUp: boolean;
  /** Grows with each death, so that what belonged to an earlier life is known. */
  boot: number;
  isCordoned: boolean;
  fence: FenceBehaviour;
  /** By VM id. */
  readonly guests: Record<string, Guest>;
  /** By path. */
  readonly files: Record<string, ImageFile>;
}

export interface LinkState {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly latencyMs: number;
  bytesPerSecond: number;
  isCut: boolean;
}

/** A VM as one host knows it. */
export interface Guest {
  definition: VmDefinition;
  state: VmState;
  /** Grows with each start. */
  boot: number;
  /** When its services answer; absent while it does not run. */
  readyAt?: number;
  /** Whether starting it is blocked, by hand and by autostart. */
  isBlocked: boolean;
  isShuttingDown: boolean;
  /** The migration that is bringing it here: it has memory, and does not run. */
  arrivesBy?: number;
  /** What the host knew of the VM before that. */
  replaces?: Guest;
  /** Whether a migration has ever stopped it here: then its running says nothing about the other host. */
  hasStoodStill?: true;
  /** Whether it is shut off here because its guest has shut down here: then it cannot run on another host. */
  hasShutDown?: true;
}

export interface ImageFile {
  /** Id of the VM whose data it holds. */
  readonly of: string;
  readonly sizeBytes: number;
  usedBytes: number;
  readonly isShared: boolean;
  /** Moment of the data in it, while no VM writes to it. */
  dataAt: number;
  /** When it was made for a move that has not ended well: it is not whole. */
  incomingSince?: number;
}

/** What belongs to the software inside a VM, not to any definition of it. */
export interface Nature {
  readonly name: string;
  dirtyBytesPerSecond: number;
  readonly writeBytesPerSecond: number;
  readonly bootMs: number;
  readonly shutdownMs: number;
  readonly ports?: readonly number[];
  isAgentSilent: boolean;
  neverBoots: boolean;
  ignoresShutdown: boolean;
  /** Present while its probes flap: how many have been asked. */
  flaps?: number;
}
