import type { HostFacts, VmFacts, VmState } from '../model/inventory.js';
import type { Prospect } from '../model/prospect.js';
import type { Rung } from '../model/runbook.js';

/**
 * Virtual machines on hosts. A port: the libvirt driver and the simulated world pass the same contract tests.
 *
 * Every method rejects with a `FailureError`. Its codes: `host-unreachable` (transient, nothing was asked),
 * `reply-lost` (outcome-unknown, it may have happened), `vm-not-found`, `host-not-found`, and those named at a method.
 * Methods that change something may be called again after any failure.
 */
export interface Hypervisor {
  /** The host's facts, and every VM defined or running there. */
  host(host: string, signal: AbortSignal): Promise<HostInventory>;
  /** One VM as this host has it; undefined when the host does not know it. */
  vm(host: string, id: string, signal: AbortSignal): Promise<VmFacts | undefined>;
  /**
   * Defines a VM, or replaces its definition. Does not start it. Failures: `vm-running` when a clash is live,
   * `vm-exists` when another VM that is shut off has the name.
   */
  define(host: string, definition: VmDefinition, signal: AbortSignal): Promise<void>;
  /** Forgets a VM that is shut off; nothing happens when it is not known. Failure: `vm-running`. */
  undefine(host: string, id: string, signal: AbortSignal): Promise<void>;
  /**
   * Starts a VM; nothing happens when it runs. Failures: `disk-locked`, `disk-missing`, `start-blocked`, `no-memory`,
   * `network-missing`.
   */
  start(host: string, id: string, signal: AbortSignal): Promise<void>;
  /** Asks the guest to shut down and resolves once it is observed shut off. Nothing happens when it is. */
  shutdown(host: string, id: string, signal: AbortSignal): Promise<void>;
  /** Pulls the plug and resolves once it is observed shut off. */
  destroy(host: string, id: string, signal: AbortSignal): Promise<void>;
  /** Blocks or allows the VM's start by autostart and by hand. */
  setAutostart(host: string, id: string, isOn: boolean, signal: AbortSignal): Promise<void>;
  /**
   * Live-migrates peer to peer, and resolves once the VM is observed running on the target and gone from the source.
   * It goes on by itself when the caller dies; asked for again meanwhile, it is followed and not begun twice. Abort by
   * the signal stops the migration; the VM then stays at the source.
   * Failures: `migration-stalled`; `migration-refused`, of kind `permanent` where only a live move is refused and
   * `precondition` where every move would be; `migration-aborted`, `no-memory`, `no-space`, `network-missing`;
   * `post-copy-broken` when the VM's memory is lost between the hosts, and it can run on neither.
   */
  migrate(
    migration: Migration,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<MigrationResult>;
  /**
   * Carries a VM that is shut off to another host, with its definition and its disks, and resolves once it is observed
   * shut off on the target and unknown to the source. It starts nothing. Asked for again after any failure it goes on from
   * what is there. Abort by the signal leaves the VM whole at the source.
   * Failures: `vm-running`, `migration-refused`, `no-space`, `network-missing`, `move-aborted`.
   */
  carry(
    carrying: Carrying,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<{ readonly bytes: number }>;
  /**
   * Looks at both hosts for what stands against moving VMs from source to target, and at which disks both see. Changes
   * nothing that stays. The number of calls does not grow with the number of VMs beyond one look at each.
   */
  prospect(source: string, target: string, signal: AbortSignal): Promise<Prospect>;
  /** Bytes of memory per second that each running VM dirties now, by id, measured for about a second. A VM that cannot be measured is left out. */
  dirtyRates(host: string, signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** Where a migration of this VM stands, asked of both hosts: how a lost outcome is found again. */
  migrationState(id: string, source: string, target: string, signal: AbortSignal): Promise<MigrationState>;
  /** Sets or clears the host's mark that nothing may be placed on it. */
  cordon(host: string, isCordoned: boolean, signal: AbortSignal): Promise<void>;
}

export interface HostInventory {
  readonly facts: HostFacts;
  readonly vms: readonly VmFacts[];
}

/** What is defined on a host: the VM as its source has it, with the named differences. */
export interface VmDefinition {
  readonly id: string;
  readonly name: string;
  readonly memoryBytes: number;
  readonly vcpus: number;
  readonly cpuModel?: string;
  /** Bridges or libvirt networks of the host's site. */
  readonly networks: readonly string[];
  /** Path of each disk on this host, by its target. */
  readonly disks: readonly { readonly target: string; readonly path: string; readonly sizeBytes: number }[];
  readonly hasAgent: boolean;
  readonly tags: readonly string[];
  readonly hasAutostart: boolean;
  /** For a drill's clone: the id of the VM it is a clone of. It gets a new UUID, name and MAC (safety rule S3). */
  readonly cloneOf?: string;
}

/** Rungs on which the VM runs, or pauses, while it moves. */
export type LiveRung = Exclude<Rung, 'restart'>;

export interface Migration extends Storage {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** Rungs it may climb to, in this order, within one migration: a rung that stalls gives way to the next. */
  readonly ladder: readonly [LiveRung, ...LiveRung[]];
  readonly maxDowntimeMs: number;
  /** By when it has to have ended, ms since the epoch: the rungs share the time until then. None when left out. */
  readonly deadlineAt?: number;
  readonly bytesPerSecond?: number;
}

/** What becomes of a VM's disks when it moves. */
export interface Storage {
  /** `none` shared or already there · `all` whole disks · `overlay` only what lies above the replica. */
  readonly copyStorage: 'none' | 'all' | 'overlay';
  /** Targets of disks that both hosts see, which `all` leaves out. Default none. */
  readonly shared?: readonly string[];
  /**
   * What may be written over at the target: files made since this time (ms since the epoch), which an earlier attempt of
   * the same move has left; with `stale`, also the VM's own old disks where it has lived before. Any other file that is
   * in the way ends the move with `migration-refused`. Default: nothing may.
   */
  readonly replaces?: { readonly since: number; readonly stale: boolean };
}

export interface Carrying extends Storage {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  readonly bytesPerSecond?: number;
}

export interface MigrationResult {
  readonly downtimeMs: number;
  readonly bytes: number;
  /** The last rung it needed, and why it left the ones before; absent when nobody watched it. */
  readonly climbed?: readonly { readonly rung: LiveRung; readonly reason: string }[];
}

export interface TransferProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Of a migration: what is under way; of a proof: that both ends are read. */
  readonly phase?: 'comparing' | 'disks' | 'memory' | 'switch-over' | 'post-copy';
  readonly rung?: LiveRung;
  /** Why it has climbed to this rung. */
  readonly reason?: string;
  /** Expected time left, ms; absent while it does not converge. */
  readonly leftMs?: number;
}

/** What source and target say; `undefined` when a host does not know the VM, `unreachable` when it cannot be asked. */
export interface MigrationState {
  readonly source: VmState | undefined | 'unreachable';
  readonly target: VmState | undefined | 'unreachable';
  /** Whether a migration job is under way on the source. */
  readonly isUnderWay: boolean;
  /**
   * The VM cannot run on the target, which cannot be asked: the source runs it and says that no migration has ever stopped
   * it there, or it is shut off there since its guest has shut down.
   */
  readonly neverLeft?: boolean;
  /** The result of the last one that ended well, while it is still known. */
  readonly result?: MigrationResult;
}
