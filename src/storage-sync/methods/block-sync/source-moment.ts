import type { BlockEndpoint } from '../../block-endpoint.js';
import type { DiskDecision } from './disk-decision.js';

/** A VM's disks at one moment, held for a cycle to read. `end` has to be called, whatever happens. */
export interface SourceMoment {
  /** Not after the moment, ms since the epoch. */
  readonly at: number;
  readonly pointId: string;
  readonly consistency: 'crash' | 'filesystem';
  /** What the point's own moment is known by at the VM's host; undefined when it is not. */
  readonly checkpoint?: string;
  readonly definition: string;
  readonly decisions: ReadonlyMap<string, DiskDecision>;
  /** Aborted, with a `FailureError`, when the moment cannot be held any longer. */
  readonly signal: AbortSignal;
  openDisk(target: string): Promise<{ readonly endpoint: BlockEndpoint; readonly dirtyContext: string }>;
  /** All is read, and the VM needs to hold nothing any longer. Rejects when what was read is not of one moment. */
  settle(): Promise<void>;
  /** The point is published: what only the one before needed goes. */
  succeeded(): Promise<void>;
  /** Lets go of everything. `isPublished`: the point is there, or may be. */
  end(isPublished: boolean): Promise<void>;
}
