import type { Entry, NewEntry } from '../../model/entry.js';
import { nextHash } from '../chain.js';
import { type AppendGuard, JournalError } from '../journal.js';
import { refusalOf } from '../refusals.js';
import { summarize } from '../summary.js';
import { type Connection, integer } from './connection.js';
import { count, emptyHead, findHead, type RunHead, saveHead } from './runs.js';

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

interface OpenRun {
  readonly token: number | undefined;
  readonly head: RunHead;
}

/**
 * Writes a batch of appends in their order, in the transaction of the caller. Returns for each why it was refused, or
 * undefined when its entries are written. A refused one leaves nothing behind and does not hinder the others.
 */
export function writeAppends(connection: Connection, batch: readonly Append[]): readonly (JournalError | undefined)[] {
  const runs = new Map<string, OpenRun>();
  const added = new Map<string, number>();
  let runsAdded = 0;

  const write = (append: Append): void => {
    const { token, head } = runs.get(append.runId) ?? openRun(connection, append.runId);
    const refusal = refusalOf(append.runId, append.guard, { lastSeq: head.lastSeq, token });
    if (refusal !== undefined) {
      throw refusal;
    }
    let { id, hash, summary, lastSeq } = head;
    if (id === undefined && append.entries.length > 0) {
      id = nextRunId(connection);
      runsAdded += 1;
      saveHead(connection, append.runId, { ...head, id });
    }
    for (const { entry, text } of append.entries) {
      hash = nextHash(hash, text);
      connection.run(
        'INSERT INTO entries (run, seq, type, hash, body) VALUES (?, ?, ?, ?, ?)',
        id ?? null,
        entry.seq,
        entry.type,
        hash,
        text,
      );
      summary = summarize(summary, append.runId, entry);
      lastSeq = entry.seq;
      added.set(entry.type, (added.get(entry.type) ?? 0) + 1);
    }
    runs.set(append.runId, { token, head: { id, hash, summary, lastSeq } });
  };

  const refusals = batch.map((append) => {
    try {
      write(append);
      return undefined;
    } catch (error) {
      if (error instanceof JournalError && error.code !== 'journal-unwritable') {
        return error;
      }
      throw error;
    }
  });
  for (const [runId, { head }] of runs) {
    if (head.id !== undefined) {
      saveHead(connection, runId, { ...head, id: head.id });
    }
  }
  if (runsAdded > 0) {
    count(connection, 'runs', runsAdded);
  }
  for (const [type, entries] of added) {
    count(connection, `entries/${type}`, entries);
  }
  return refusals;
}

function openRun(connection: Connection, runId: string): OpenRun {
  const [lease] = connection.rows('SELECT token FROM leases WHERE run = ?', runId);
  return {
    token: lease === undefined ? undefined : integer(lease[0]),
    head: findHead(connection, runId) ?? emptyHead(runId),
  };
}

function nextRunId(connection: Connection): number {
  const [row] = connection.rows('SELECT coalesce(max(id), 0) + 1 FROM runs');
  return integer(row?.[0]);
}
