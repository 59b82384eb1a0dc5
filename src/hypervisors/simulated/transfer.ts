import type { TransferKind } from '../../model/replica.js';
import type { Carrying, LiveRung, Migration } from '../hypervisor.js';

/** Bytes on their way from one host to another, and what comes of their arrival. */
export interface Transfer {
  readonly id: number;
  readonly source: string;
  readonly target: string;
  readonly purpose: TransferPurpose;
  readonly startedAt: number;
  /** At most this fast, whatever the links allow. */
  readonly capBytesPerSecond?: number;
  totalBytes: number;
  leftBytes: number;
  sentBytes: number;
  /** When `leftBytes` and `sentBytes` were right. */
  updatedAt: number;
  /** What the links give it now. */
  bytesPerSecond: number;
  /** What has to be sent again, each second. */
  dirtyBytesPerSecond: number;
  /** It ends as soon as this little is left. */
  enoughBytes: number;
  /** Grows when its speed changes: what was due before is not due any more. */
  revision: number;
}

export type TransferPurpose =
  | MigrationPurpose
  | { readonly kind: 'carry'; readonly carrying: Carrying }
  /** `copy` is its key; `asOf` the moment of the source's data that it carries. */
  | SyncPurpose
  | { readonly kind: 'reverse'; readonly vm: string; readonly asOf: number };

export interface SyncPurpose {
  readonly kind: 'sync';
  readonly copy: string;
  readonly asOf: number;
  readonly isAsked: boolean;
  /** What it is, for whoever asked for a cycle. */
  readonly transfer: TransferKind;
}

export interface MigrationPurpose {
  readonly kind: 'migration';
  readonly migration: Migration;
  phase: MigrationPhase;
  /** The rungs that it has climbed to since it began, with why. */
  readonly climbed: { readonly rung: LiveRung; readonly reason: string }[];
  /** By when it has to have ended, as whoever follows it wants; and by when this rung has to have moved it. */
  deadlineAt?: number;
  rungUntil?: number;
  /** Since when the guest stands still at its source. */
  pausedAt?: number;
  /** What of all bytes belongs to its disks: these go first. */
  readonly diskBytes: number;
}

/** The rung that a migration is on. */
export function rungOf({ migration, climbed }: MigrationPurpose): LiveRung {
  return climbed.at(-1)?.rung ?? migration.ladder[0];
}

/** Where the VM runs: at the source, or, after a post-copy switch, at the target while the rest of its memory follows. */
export type MigrationPhase = 'before-switch' | 'after-switch';
