import { firstHash, sha256 } from '../chain.js';
import { damageOf } from '../damage.js';
import type { RunSummary } from '../journal.js';
import { type Connection, integer, text } from './connection.js';

/** What is kept of a run beside its entries: where its chain ends, and its summary. */
export interface RunHead {
  /** Undefined while nothing of the run is stored. */
  readonly id: number | undefined;
  readonly lastSeq: number;
  /** The hash of the last entry. */
  readonly hash: string;
  readonly summary: RunSummary | undefined;
}

const columns = 'id, last_seq, CAST(head AS BLOB), CAST(summary AS BLOB), CAST(digest AS BLOB)';

/** The head of a run that has entries; throws `journal-damaged` when it is not what was stored. */
export function findHead(connection: Connection, runId: string): RunHead | undefined {
  const [row] = connection.rows(`SELECT ${columns} FROM runs WHERE name = ?`, runId);
  if (row === undefined) {
    return undefined;
  }
  const [id, lastSeq, hash, summary, digest] = row;
  const head = {
    id: integer(id),
    lastSeq: integer(lastSeq),
    hash: text(hash),
    summary: text(summary),
  };
  if (text(digest) !== digestOf(runId, head)) {
    throw damageOf(runId, 'its head was changed', connection.path);
  }
  return { ...head, summary: parseSummary(head.summary) };
}

/** The head of a run of which nothing is stored. */
export function emptyHead(runId: string): RunHead {
  return { id: undefined, lastSeq: 0, hash: firstHash(runId), summary: undefined };
}

/** Every run's summary in the order in which the runs were stored; throws `journal-damaged` when one was changed or is missing. */
export function findSummaries(connection: Connection): readonly RunSummary[] {
  const rows = connection.rows(`SELECT ${columns}, CAST(name AS BLOB) FROM runs ORDER BY id`);
  const heads = rows.map(([id, lastSeq, hash, summary, digest, name]) => {
    const runId = text(name);
    const head = { id: integer(id), lastSeq: integer(lastSeq), hash: text(hash), summary: text(summary) };
    if (text(digest) !== digestOf(runId, head)) {
      throw damageOf(runId, 'its head was changed', connection.path);
    }
    return head;
  });
  const [total] = connection.rows("SELECT amount FROM totals WHERE subject = 'runs'");
  const expected = total === undefined ? 0 : integer(total[0]);
  if (heads.length !== expected) {
    throw damageOf('(all)', `${expected} runs were written and ${heads.length} are stored`, connection.path);
  }
  return heads.flatMap(({ summary }) => parseSummary(summary) ?? []);
}

/** Keeps a head whose run may be new; to be called within `write`. */
export function saveHead(connection: Connection, runId: string, head: RunHead & { readonly id: number }): void {
  const summary = head.summary === undefined ? '' : JSON.stringify(head.summary);
  connection.run(
    `INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6)
     ON CONFLICT (id) DO UPDATE SET last_seq = ?3, head = ?4, summary = ?5, digest = ?6`,
    head.id,
    runId,
    head.lastSeq,
    head.hash,
    summary,
    digestOf(runId, { ...head, summary }),
  );
}

/** Adds to a total; to be called within `write`. */
export function count(connection: Connection, subject: string, added: number): void {
  connection.run(
    'INSERT INTO totals VALUES (?1, ?2) ON CONFLICT (subject) DO UPDATE SET amount = amount + ?2',
    subject,
    added,
  );
}

function digestOf(
  runId: string,
  head: { readonly id: number | undefined; readonly lastSeq: number; readonly hash: string; readonly summary: string },
): string {
  return sha256(JSON.stringify([runId, head.id, head.lastSeq, head.hash, head.summary]));
}

function parseSummary(stored: string): RunSummary | undefined {
  return stored === '' ? undefined : (JSON.parse(stored) as RunSummary);
}
