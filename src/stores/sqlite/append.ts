import type { Entry, NewEntry } from '../../model/entry.js';
import { nextHash } from '../chain.js';
import { type AppendGuard, JournalError } from '../journal.js';
import { refusalOf } from '../refusals.js';
import { summarize } from '../summary.js';
import { type Connection, integer } from './connection.js';
import { insertEntries, type Stretch } from './entry-rows.js';
import { RowInserter } from './rows.js';
import { findRuns, type OpenRun, type RunHead, saveHeads } from './runs.js';

/** Entries of one run that are to be written together, numbered and as the text that will be stored. */
export interface Append {
  readonly runId: string;
  readonly guard: AppendGuard;
  readonly entries: readonly { readonly entry: Entry; readonly text: string }[];
}

/** Numbers the entries from the guard's seq on. What the guard expects is checked when they are written. */
export function stamp(runId: string, added: readonly NewEntry[], guard: AppendGuard): Append {
  const entries = added.map((body, index) => {
    const entry: Entry = { seq: guard.expectedSeq + index + 1, ...body };
    return { entry, text: JSON.stringify(entry) };
  });
  return { runId, guard, entries };
}

const totalRows = new RowInserter({
  into: 'totals',
  columns: ['subject', 'amount'],
  onConflict: 'ON CONFLICT (subject) DO UPDATE SET amount = amount + excluded.amount',
});

/**
 * Writes a batch of appends in their order, in the transaction of the caller. Returns for each why it was refused, or
 * undefined when its entries are written. A refused one leaves nothing behind and does not hinder the others.
 */
export function writeAppends(connection: Connection, batch: readonly Append[]): readonly (JournalError | undefined)[] {
  const runs = new Map(findRuns(connection, [...new Set(batch.map(({ runId }) => runId))]));
  const changed = new Map<string, RunHead>();
  const stretches: Stretch[] = [];
  const totals = new Map<string, number>();
  const ids = newIds(connection);

  const refusals = batch.map((append) => {
    const { runId, guard, entries } = append;
    const run = runs.get(runId);
    if (run === undefined || run instanceof JournalError) {
      return run;
    }
    const refusal = refusalOf(runId, guard, { lastSeq: run.head.lastSeq, token: run.token });
    if (refusal !== undefined || entries.length === 0) {
      return refusal;
    }
    if (run.head.id === undefined) {
      add(totals, 'runs', 1);
    }
    const head = extend(run, { append, id: run.head.id ?? ids.next(), stretches });
    for (const { entry } of entries) {
      add(totals, `entries/${entry.type}`, 1);
    }
    runs.set(runId, { ...run, head });
    changed.set(runId, head);
    return undefined;
  });
  saveHeads(connection, changed);
  insertEntries(connection, stretches);
  totalRows.insert(connection, [...totals].flat());
  return refusals;
}

/** Adds an append's entries to `stretches` and returns the head behind them. */
function extend(
  { head }: OpenRun,
  work: { readonly append: Append; readonly id: number; readonly stretches: Stretch[] },
): RunHead {
  const { append, id, stretches } = work;
  let { hash, summary, lastSeq } = head;
  const { values } = stretchFor(stretches, { run: id, firstSeq: lastSeq + 1 });
  for (const { entry, text } of append.entries) {
    hash = nextHash(hash, text);
    values.push(entry.type, hash, text);
    summary = summarize(summary, append.runId, entry);
    lastSeq = entry.seq;
  }
  return { id, hash, summary, lastSeq };
}

/** The last stretch when it is of this run, whose numbers have no gaps; otherwise a new one, to keep the order of writing. */
function stretchFor(stretches: Stretch[], begin: { readonly run: number; readonly firstSeq: number }): Stretch {
  const last = stretches.at(-1);
  if (last?.run === begin.run) {
    return last;
  }
  const stretch: Stretch = { ...begin, values: [] };
  stretches.push(stretch);
  return stretch;
}

/** Numbers for new runs, consecutive; the newest one is looked up when the first is asked for. */
function newIds(connection: Connection): { next(): number } {
  let last: number | undefined;
  return {
    next: () => {
      last = (last ?? integer(connection.rows('SELECT coalesce(max(id), 0) FROM runs')[0]?.[0])) + 1;
      return last;
    },
  };
}

function add(totals: Map<string, number>, subject: string, amount: number): void {
  totals.set(subject, (totals.get(subject) ?? 0) + amount);
}
