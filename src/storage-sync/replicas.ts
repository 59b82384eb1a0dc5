import type { TransferProgress } from '../hypervisors/hypervisor.js';
import type { VmFacts } from '../model/inventory.js';
import type { Place } from '../model/place.js';
import type { RecoveryPoint, Replica } from '../model/replica.js';

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
