import type { Failure } from './failure.js';
import type { Place } from './place.js';
import type { ProtectionState, RecoveryPoint, TransferKind } from './replica.js';

/** A cycle of block-sync that has published its point. */
export interface CycleSeen {
  /** From the moment of the point before to the moment of this one, ms: what the delta was written in. */
  readonly intervalMs: number;
  /** What was carried. */
  readonly bytes: number;
  /** Of the copying alone. */
  readonly transferMs: number;
  /** Of everything else between the moment of the point and its publication: freeze, extents, flush. */
  readonly otherMs: number;
}

/** What the journal tells of the replication of one VM. */
export interface ReplicaReport {
  readonly vm: string;
  /** Between which hosts its newest point was carried. */
  readonly from?: Place;
  readonly to?: Place;
  readonly state?: ProtectionState;
  /** Why it is so, where the state alone does not say it. */
  readonly why?: string;
  /** Since when it is so, ms since the epoch. */
  readonly since?: number;
  readonly point?: Omit<RecoveryPoint, 'pinnedBy'>;
  /** The transfer that made it: when it was complete, how long it took, and what it moved. */
  readonly synced?: {
    readonly at: number;
    readonly tookMs: number;
    readonly bytes: number;
    readonly transfer: TransferKind;
  };
  /** Cycles that have failed since, and the last failure. */
  readonly failures: number;
  readonly failure?: Failure;
  readonly againAt?: number;
  /** Since when people know that its RPO is missed; absent once they were told that it is met again. */
  readonly rpoMissedSince?: number;
  /** `RPO not attainable: …` while it is so. */
  readonly forecast?: string;
  /** The newest deltas, from which that is forecast; two at most. */
  readonly cycles: readonly CycleSeen[];
}
