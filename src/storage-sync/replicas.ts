import type { TransferProgress } from '../hypervisors/hypervisor.js';
import type { Failure } from '../model/failure.js';
import type { VmFacts } from '../model/inventory.js';
import type { Place } from '../model/place.js';
import type { ProvenDisk, RecoveryPoint, Replica, TransferKind } from '../model/replica.js';
import type { Replicate } from '../model/runbook.js';
import type { TransferRate } from './link-rate.js';

/**
 * The copies of disks on other sites, as the steps of a run need them. A port.
 *
 * Rejects with a `FailureError`: `host-unreachable` (transient), `reply-lost` (outcome-unknown), `replica-not-found`,
 * `point-not-found`, `no-space` (permanent), `transfer-broken` (transient), `replica-in-use` and `overlay-in-use`
 * (precondition: a VM runs above it). Every method may be called again with the same arguments: it then goes on with,
 * or finds, what the first call did. `key` names an overlay for good.
 */
export interface Replicas {
  /** Every replica that the site's hosts hold, with its points. */
  list(site: string, signal: AbortSignal): Promise<readonly Replica[]>;
  /** The replica of one VM that this host holds; undefined when it holds none. */
  find(vm: string, at: Place, signal: AbortSignal): Promise<Replica | undefined>;
  /**
   * What the newest point of each of the site's replicas carries of its VM (`seenOn` is `replica`, `observedAt` the
   * point's moment, site and host those of the source): all that is known of a VM whose source is gone.
   */
  carried(site: string, signal: AbortSignal): Promise<readonly VmFacts[]>;
  /** Brings the replica up to the source's present and publishes a point. A VM that is shut off gets its final sync. */
  sync(
    vm: string,
    from: Place,
    to: Place,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<SyncResult>;
  /**
   * One cycle of a VM's replication, as its runbook asks for it: makes the replica where this host has none, brings it up to
   * the source's present, publishes a point, and merges away the points that are more than `keep`. A mirror is brought to
   * where it is ready, and one that is ready gets a point. Which transfer it takes is for the driver to see, by what
   * source and replica are now; a chain of changes that is broken or not known is never trusted.
   *
   * Aborted, it ends at a safe point and rejects with `call-aborted`; what was copied may be copied again. A replica that a
   * run has promoted or a VM runs above is refused with `replica-in-use` (precondition): only `sync` and `reverse` open it.
   */
  cycle(
    request: CycleRequest,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<CycleResult>;
  /**
   * A cycle whose point is proven: while the source's moment is still held, both ends are read and compared. What differs is
   * told, copied again and compared once more; without an equal point in the end none is published, and it rejects with
   * `replica-differs` (permanent). Also rejects with what `cycle` does, and of a mirror with `proof-not-offered` (permanent).
   */
  prove(
    request: CycleRequest,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<ProofResult>;
  /**
   * Reads all points of a replica again and compares them with what the store knows of them. Resolves also when one is
   * damaged; rejects only when it could not look. No point that is being read is merged away meanwhile.
   */
  check(vm: string, at: Place, signal: AbortSignal): Promise<CheckResult>;
  /** Ends writing from the source, publishes what is complete, and pins the point that will be used. */
  promote(vm: string, at: Place, choice: PointChoice, runId: string, signal: AbortSignal): Promise<PromotedReplica>;
  /** The point that an earlier `promote` of this run pinned; undefined when there is none. */
  promoted(vm: string, at: Place, runId: string, signal: AbortSignal): Promise<PromotedReplica | undefined>;
  /** Makes a writable overlay over a point (or, without one, over the newest), and returns its disks. */
  createOverlay(overlay: OverlayRequest, signal: AbortSignal): Promise<OverlayDisks>;
  /** The overlay of that key; undefined when there is none. */
  overlay(vm: string, host: string, key: string, signal: AbortSignal): Promise<OverlayDisks | undefined>;
  /** Removes an overlay and what it holds, and lets go of its point; nothing happens when there is none. */
  removeOverlay(vm: string, host: string, key: string, signal: AbortSignal): Promise<void>;
  /** Merges an overlay into what lies below it, under the running VM; it keeps what it holds. */
  mergeOverlay(vm: string, host: string, key: string, signal: AbortSignal): Promise<void>;
  /** Makes the old source's disks the replica of the place where the VM is now. Moves the delta only. */
  reverse(
    vm: string,
    from: Place,
    to: Place,
    signal: AbortSignal,
    progress: (progress: TransferProgress) => void,
  ): Promise<SyncResult>;
}

export type PointChoice = { readonly id: string } | { readonly notAfter: number } | 'newest';

export interface SyncResult {
  readonly bytes: number;
  readonly point: RecoveryPoint;
  /** What a person should know of it, such as why whole disks were compared; sentences without a full stop. */
  readonly notes?: readonly string[];
}

export interface CycleRequest {
  readonly vm: string;
  readonly from: Place;
  readonly to: Place;
  /** Method, points to keep, and whether to quiesce, as the runbook has them. */
  readonly replicate: Replicate;
  /** Its part of the link's and the runbook's rate, to be asked before bytes are sent. Default: no limit. */
  readonly rate?: TransferRate;
  /** The same as a figure of now, for a transfer that somebody else carries and that cannot ask. Default: no limit. */
  readonly bytesPerSecond?: number;
}

export interface CycleResult extends SyncResult {
  /** What it came to. */
  readonly transfer: TransferKind;
  /** Why it was a resync. */
  readonly reason?: string;
  /** Time of the copying alone, ms. */
  readonly transferMs: number;
}

export interface ProofResult extends CycleResult {
  readonly disks: readonly ProvenDisk[];
}

export interface CheckResult {
  /** Points that were read, oldest first. */
  readonly points: readonly RecoveryPoint[];
  /** What they were compared with: the `structure` of their images and the sizes recorded, or the `digests` recorded too. */
  readonly against: 'structure' | 'digests';
  /** The first damage found; its message names the point or the file. */
  readonly damage?: Failure;
}

export interface PromotedReplica {
  readonly point: RecoveryPoint;
  /** The disks of the point, read-only; a VM starts from an overlay over them. */
  readonly disks: OverlayDisks['disks'];
}

export interface OverlayRequest {
  readonly vm: string;
  readonly host: string;
  readonly key: string;
  /** `clone` for a drill · `promoted` for a failover · `move` above the replica during a live migration. */
  readonly purpose: 'clone' | 'promoted' | 'move';
  readonly point: PointChoice;
}

export interface OverlayDisks {
  /** The point that they lie over. */
  readonly point: RecoveryPoint;
  readonly disks: readonly { readonly target: string; readonly path: string; readonly sizeBytes: number }[];
}
