import { firstHash, sha256 } from '../chain.js';
import { damageOf } from '../damage.js';
import { JournalError, type RunSummary } from '../journal.js';
import { type Connection, integer, type Row, text } from './connection.js';
import { RowInserter } from './rows.js';

/** What is kept of a run beside its entries: where its chain ends, and its summary. */
export interface RunHead {
  /** Undefined while nothing of the run is stored. */
  readonly id: number | undefined;
  readonly lastSeq: number;
  /** The hash of the last entry. */
  readonly hash: string;
  readonly summary: RunSummary | undefined;
}

/** A run as an append finds it. `token` is undefined while nobody holds its lease. */
export interface OpenRun {
  readonly token: number | undefined;
  readonly head: RunHead;
}

const columns = 'r.id, r.last_seq, CAST(r.head AS BLOB), CAST(r.summary AS BLOB), CAST(r.digest AS BLOB)';

const headRows = new RowInserter({
  into: 'runs',
  columns: ['name', 'id', 'last_seq', 'head', 'summary', 'digest'],
  onConflict: `ON CONFLICT (id) DO UPDATE SET last_seq = excluded.last_seq, head = excluded.head,
    summary = excluded.summary, digest = excluded.digest`,
});

/** The runs of these ids, each with its head or with why that cannot be trusted. A run that is not stored has an empty head. */
export function findRuns(
  connection: Connection,
  runIds: readonly string[],
): ReadonlyMap<string, OpenRun | JournalError> {
  const rows = connection.rows(
    `SELECT wanted.key, l.token, ${columns} FROM json_each(?) AS wanted
     LEFT JOIN runs AS r ON r.name = wanted.value LEFT JOIN leases AS l ON l.run = wanted.value`,
    JSON.stringify(runIds),
  );
  return new Map(
    rows.map(([index, token, ...stored]) => {
      const runId = runIds[integer(index)] ?? '';
      const head = stored[0] === null ? absentHead(connection, runId) : headOf(runId, stored, connection.path);
      const run = head instanceof JournalError ? head : { token: token === null ? undefined : integer(token), head };
      return [runId, run];
    }),
  );
}

/** The head of one run; throws `journal-damaged` when it is not what was stored. */
export function findHead(connection: Connection, runId: string): RunHead {
  const run = findRuns(connection, [runId]).get(runId);
  if (run instanceof JournalError) {
    throw run;
  }
  if (run === undefined) {
    throw damageOf(runId, 'its head cannot be looked up', connection.path);
  }
  return run.head;
}

/** Every run's summary in the order in which the runs were stored; throws `journal-damaged` when one was changed or is missing. */
export function findSummaries(connection: Connection): readonly RunSummary[] {
  const rows = connection.rows(`SELECT CAST(r.name AS BLOB), ${columns} FROM runs AS r ORDER BY r.id`);
  const expected = countRuns(connection);
  if (rows.length !== expected) {
    throw damageOf('(all)', `${expected} runs were written and ${rows.length} are stored`, connection.path);
  }
  return rows.flatMap(([name, ...stored]) => {
    const head = headOf(text(name), stored, connection.path);
    if (head instanceof JournalError) {
      throw head;
    }
    return head.summary ?? [];
  });
}

/** Keeps heads whose runs may be new; to be called within `write`. */
export function saveHeads(connection: Connection, heads: ReadonlyMap<string, RunHead>): void {
  headRows.insert(
    connection,
    [...heads].flatMap(([runId, { id = null, lastSeq, hash, summary }]) => {
      const stored = summary === undefined ? '' : JSON.stringify(summary);
      return [runId, id, lastSeq, hash, stored, digestOf([runId, id, lastSeq, hash, stored])];
    }),
  );
}

/** That a run is not in the index of names is believed only when it is not in the table either, and the table is whole. */
function absentHead(connection: Connection, runId: string): RunHead | JournalError {
  const [row] = connection.rows('SELECT count(*), count(*) FILTER (WHERE name = ?) FROM runs NOT INDEXED', runId);
  const [stored, named] = [integer(row?.[0]), integer(row?.[1])];
  const expected = countRuns(connection);
  if (stored !== expected) {
    return damageOf(runId, `${expected} runs were written and ${stored} are stored`, connection.path);
  }
  return named === 0
    ? { id: undefined, lastSeq: 0, hash: firstHash(runId), summary: undefined }
    : damageOf(runId, 'it is missing from the index of runs', connection.path);
}

function countRuns(connection: Connection): number {
  const [total] = connection.rows("SELECT amount FROM totals WHERE subject = 'runs'");
  return total === undefined ? 0 : integer(total[0]);
}

function headOf(runId: string, [id, lastSeq, hash, summary, digest]: Row, path: string): RunHead | JournalError {
  const head = { id: integer(id), lastSeq: integer(lastSeq), hash: text(hash) };
  const stored = text(summary);
  if (text(digest) !== digestOf([runId, head.id, head.lastSeq, head.hash, stored])) {
    return damageOf(runId, 'its head was changed', path);
  }
  return { ...head, summary: stored === '' ? undefined : (JSON.parse(stored) as RunSummary) };
}

function digestOf(values: readonly (string | number | null)[]): string {
  return sha256(JSON.stringify(values));
}
