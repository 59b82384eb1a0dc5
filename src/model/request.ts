import type { Mode } from './mode.js';

/** What somebody asks for: the same from the command line, the API and a trigger. */
export interface RunRequest {
  readonly mode: Mode;
  /** Who asks: a user's name, or `trigger/NAME`. */
  readonly by: string;
  readonly at: number;
  /** Only these VMs of the runbook; all when left out. */
  readonly limitTo?: readonly string[];
  /** Recovery point to use instead of the newest: an id, or the newest not after a time in ms. */
  readonly point?: { readonly id: string } | { readonly notAfter: number };
  /** Hosts that a named operator has declared dead (safety rule S2). */
  readonly attested?: readonly { readonly host: string; readonly reason: string }[];
  /** Failover with the source alive is refused unless planned, which is relocate. */
  readonly isPlanned?: boolean;
}

/** An operator's move on a run that exists. Lane and step say what it is about; without them, everything that waits. */
export type OperatorMove =
  | { readonly move: 'pause' | 'resume' | 'cancel' }
  | { readonly move: 'retry' | 'skip' | 'abandon'; readonly lane?: string }
  | { readonly move: 'approve' | 'reject'; readonly lane?: string }
  | { readonly move: 'attest'; readonly host: string };

export type MoveName = OperatorMove['move'];
