import type { VmFacts } from '../../model/inventory.js';
import type { RecoveryPoint } from '../../model/replica.js';

/** How a VM is replicated; stays the same when the direction is reversed. */
export interface Replication {
  readonly method: 'mirror' | 'block-sync';
  readonly everyMs: number;
  readonly keep: number;
  readonly quiesce: boolean;
}

/** The replica of one VM on one host, and how far it is. */
export interface Copy {
  readonly vm: string;
  readonly id: string;
  readonly site: string;
  readonly host: string;
  readonly method: 'mirror' | 'block-sync';
  /** The host whose VM it follows. */
  source: string;
  points: PublishedPoint[];
  /** Moment of the newest data it holds in full; undefined before the seed is complete. */
  dataAt?: number;
  /** Whether every write reaches it before the guest goes on: a mirror that is ready and unbroken. */
  isLive: boolean;
  /** Whether writing from the source has ended for good, by a promotion or a move. */
  isClosed: boolean;
  /** Whether its cycles are asked for from outside, so that the world lets none happen by itself any more. */
  isTended?: true;
  /** The id of a point whose files no longer hold what was written to them. */
  damaged?: string;
  /** A proof has found that, and every point since is whole. */
  isMended?: true;
  /** Point pinned for each run that has promoted it. */
  readonly promoted: Record<string, string>;
}

export interface PublishedPoint extends Omit<RecoveryPoint, 'pinnedBy'> {
  /** The VM as it was then. */
  readonly carries: VmFacts;
}

/** A writable layer over a point. */
export interface Overlay {
  readonly vm: string;
  readonly host: string;
  readonly key: string;
  readonly purpose: 'clone' | 'promoted' | 'move';
  readonly point: string;
  readonly disks: readonly { readonly target: string; readonly path: string; readonly sizeBytes: number }[];
  /** What the VM writes from then on belongs in it. A live move brings all that its point lacks. */
  readonly writesSince: number;
}

export function copyKey(vm: string, host: string): string {
  return `${vm}@${host}`;
}

export function overlayKey(vm: string, host: string, key: string): string {
  return `${host}/${vm}/${key}`;
}
