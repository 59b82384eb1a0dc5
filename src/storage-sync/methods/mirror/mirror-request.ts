import type { Backups } from '../../../hypervisors/backups.js';
import type { BlockCommits } from '../../../hypervisors/block-commits.js';
import type { Mirrors } from '../../../hypervisors/mirrors.js';
import type { CycleRequest, CycleTools } from '../block-sync/cycle-request.js';

export interface MirrorTools extends CycleTools {
  readonly backups: Backups;
  readonly mirrors: Mirrors;
  readonly commits: BlockCommits;
}

export interface MirrorRequest extends Omit<CycleRequest, 'quiesce' | 'limits'> {
  /** Of the recovery host, as the VM's host reaches it. */
  readonly address: string;
  /** A mirror that holds the guest up for so long is cut, ms. */
  readonly stallMs: number;
  /** What the first copy may send. Default: no limit. */
  readonly bytesPerSecond?: number;
}

/** A mirror as its parts share it. */
export interface Mirroring extends MirrorRequest {
  readonly tools: MirrorTools;
  readonly note: (text: string) => void;
}
