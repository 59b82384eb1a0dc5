import type { Migration } from '../hypervisor.js';

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
  | { readonly kind: 'migration'; readonly migration: Migration; phase: MigrationPhase }
  /** `copy` is its key; `asOf` the moment of the source's data that it carries. */
  | { readonly kind: 'sync'; readonly copy: string; readonly asOf: number; readonly isAsked: boolean }
  | { readonly kind: 'reverse'; readonly vm: string; readonly asOf: number };

/** Where the VM runs: at the source, or, after a post-copy switch, at the target while the rest of its memory follows. */
export type MigrationPhase = 'before-switch' | 'after-switch';
