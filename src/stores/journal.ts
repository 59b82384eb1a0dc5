import type { Entry, EntryType, NewEntry, RunResult } from '../model/entry.js';
import type { Mode } from '../model/mode.js';

/**
 * The truth about every run: entries that are only ever added. A port.
 *
 * `append` resolves when the entries would survive a power cut, and all of them or none are there. It rejects with a
 * `JournalError`; after `journal-unwritable` nothing may be done that was not journalled before. Whether the entries of that append are
 * there then, only opening the journal again can tell. A second append may be asked for before the first has resolved.
 */
export interface Journal {
  /** The first append of a run has `expectedSeq` 0; else it is the seq of the run's last entry. Returns them stamped. */
  append(runId: string, entries: readonly NewEntry[], guard: AppendGuard): Promise<readonly Entry[]>;
  /**
   * Entries of a run from `fromSeq` on (1 is the first), and the earlier ones of the types in `also` (default none), in
   * order. All of the run is checked first: none was changed, none is missing.
   */
  read(runId: string, fromSeq: number, also?: readonly EntryType[]): Promise<readonly Entry[]>;
  /** Every run, newest first. */
  runs(): Promise<readonly RunSummary[]>;
  /** Entries of the named types over all runs, in the order in which they became durable. */
  select(types: readonly EntryType[]): Promise<readonly { readonly runId: string; readonly entry: Entry }[]>;
}

export interface AppendGuard {
  readonly expectedSeq: number;
  /**
   * From the run's lease, which is taken before the first append. A writer whose lease was released or taken over is refused;
   * one whose lease has lapsed is not, as long as nobody has taken it.
   */
  readonly fencingToken: number;
}

export interface RunSummary {
  readonly runId: string;
  readonly runbook: string;
  readonly mode: Mode;
  readonly by: string;
  readonly requestedAt: number;
  readonly lastSeq: number;
  readonly lastAt: number;
  /** Undefined while the run is open. */
  readonly result?: RunResult;
}

/**
 * `seq-conflict` somebody else wrote · `lease-lost` the token is stale · `journal-unwritable` disk full, read-only or
 * failing · `journal-damaged` what is stored is not what was written · `journal-newer` made by a newer version.
 */
export type JournalErrorCode =
  | 'seq-conflict'
  | 'lease-lost'
  | 'journal-unwritable'
  | 'journal-damaged'
  | 'journal-newer';

export class JournalError extends Error {
  readonly code: JournalErrorCode;
  /** What a person can do about it. */
  readonly hint: string;

  constructor(code: JournalErrorCode, message: string, options: { readonly hint: string; readonly cause?: unknown }) {
    super(message, options);
    this.name = 'JournalError';
    this.code = code;
    this.hint = options.hint;
  }
}

/** A folded state kept so that a long run resumes quickly. It may be deleted at any time. */
export interface FoldCache {
  save(runId: string, seq: number, state: string): void;
  /** The newest one that was saved and is whole. */
  load(runId: string): { readonly seq: number; readonly state: string } | undefined;
}
