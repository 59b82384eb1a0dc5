/** One disk's copy on another site, as observed. */
export interface Replica {
  readonly vm: string;
  readonly site: string;
  /** The host of the site that holds the files. */
  readonly host: string;
  readonly method: 'mirror' | 'block-sync';
  readonly state: ReplicaState;
  /** When the newest data that a failover would keep was written at the source; undefined before the seed is complete. */
  readonly dataAsOf?: number;
  readonly points: readonly RecoveryPoint[];
}

/**
 * `seeding` no point yet · `in-sync` meets its objective · `behind` RPO missed · `resyncing` after a break ·
 * `broken` no longer written to · `source-lost` the source is gone and recovery is possible.
 */
export type ReplicaState = 'seeding' | 'in-sync' | 'behind' | 'resyncing' | 'broken' | 'source-lost';

/** `seed` all that there is · `delta` what has changed since the last point · `resync` what differs by a comparison of both sides. */
export type TransferKind = 'seed' | 'delta' | 'resync';

/**
 * What a comparison of one disk with its source at one moment has shown, by the SHA-256 of blocks of 4 MiB. What differed was
 * copied again and compared once more, so in the end both are equal.
 */
export interface ProvenDisk {
  readonly target: string;
  readonly sizeBytes: number;
  /** SHA-256 over the digests of all blocks in their order, as both ends have them. */
  readonly digest: string;
  /** Bytes that were read at each end; holes are known to be zeroes and are not read. */
  readonly sourceBytes: number;
  readonly replicaBytes: number;
  /** What the replica held otherwise before, at most the first hundred extents of it; and all of it in bytes. */
  readonly differed: readonly { readonly offset: number; readonly length: number }[];
  readonly differedBytes: number;
}

/** All disks of one VM at one moment. It exists only once the journal says so. */
export interface RecoveryPoint {
  readonly id: string;
  readonly vm: string;
  /** Moment of the data at the source, ms since the epoch. */
  readonly at: number;
  readonly consistency: 'crash' | 'filesystem';
  readonly sizeBytes: number;
  readonly checkpoint?: string;
  readonly digest?: string;
  /** Names of runs that need it and forbid its merge. */
  readonly pinnedBy: readonly string[];
}

/**
 * `needs-configuration` it cannot be replicated as it is written · `seeding` nothing to recover from yet · `meeting-rpo`,
 * `rpo-missed` by the age of the data now · `resyncing` after a break; its last point counts · `broken` no longer written
 * to · `recovery-possible` the source is lost and there is something to recover from.
 */
export type ProtectionState =
  | 'needs-configuration'
  | 'seeding'
  | 'meeting-rpo'
  | 'rpo-missed'
  | 'resyncing'
  | 'broken'
  | 'recovery-possible';
