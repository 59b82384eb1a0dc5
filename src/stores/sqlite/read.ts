import type { Entry, EntryType } from '../../model/entry.js';
import { firstHash, HASH_LENGTH, nextHash } from '../chain.js';
import { damageOf } from '../damage.js';
import type { JournalError } from '../journal.js';
import { type Connection, integer, text } from './connection.js';
import { findHead } from './runs.js';

/** An entry as it is stored: its JSON text, and the hash of it and of all before it. */
export interface StoredEntry {
  readonly seq: number;
  readonly hash: string;
  readonly text: string;
}

/** So many entries are read at once, as lines of one text: a row of its own for each would take twice the time. */
const ENTRIES_AT_ONCE = 1_000;

const lines = `SELECT CAST(group_concat(seq || ' ' || hash || body, char(10)) AS BLOB)
  FROM (SELECT seq, hash, body FROM entries WHERE run = ? AND seq >= ? AND seq < ? ORDER BY seq)`;

/**
 * All entries of a run, after checking that they are numbered without a gap, that each hash is that of its entry and of all
 * before it, and that the last one is where the run's head says. Throws `journal-damaged` naming the first that differs.
 */
export function readStored(connection: Connection, runId: string): readonly StoredEntry[] {
  const head = findHead(connection, runId);
  if (head.id === undefined) {
    return [];
  }
  const damage = (found: string): JournalError => damageOf(runId, found, connection.path);
  const [stored] = connection.rows('SELECT count(*) FROM entries WHERE run = ?', head.id);
  const entries: StoredEntry[] = [];
  let previous = firstHash(runId);
  for (let from = 1; from <= head.lastSeq; from += ENTRIES_AT_ONCE) {
    const [row] = connection.rows(lines, head.id, from, from + ENTRIES_AT_ONCE);
    const joined = text(row?.[0]);
    for (const line of joined === '' ? [] : joined.split('\n')) {
      const entry = parseLine(line);
      const expected = entries.length + 1;
      if (entry.seq !== expected) {
        throw damage(`entry ${expected} is missing, the next one stored is ${entry.seq}`);
      }
      if (nextHash(previous, entry.text) !== entry.hash) {
        throw damage(`entry ${expected} or its hash was changed`);
      }
      entries.push(entry);
      previous = entry.hash;
    }
  }
  if (entries.length !== head.lastSeq || integer(stored?.[0]) !== head.lastSeq) {
    throw damage(`${head.lastSeq} entries were written and ${integer(stored?.[0])} are stored`);
  }
  if (previous !== head.hash) {
    throw damage(`the hash of entry ${head.lastSeq} is not the one in the head of the run`);
  }
  return entries;
}

/** The entries from `fromSeq` on, and the earlier ones of some types, without parsing the others. */
export function entriesFrom(
  stored: readonly StoredEntry[],
  fromSeq: number,
  also: readonly EntryType[],
): readonly Entry[] {
  const marks = also.map((type) => `"type":"${type}"`);
  return stored
    .filter(({ seq, text: body }) => seq >= fromSeq || marks.some((mark) => body.includes(mark)))
    .map(({ text: body }) => JSON.parse(body) as Entry)
    .filter(({ seq, type }) => seq >= fromSeq || also.includes(type));
}

function parseLine(line: string): StoredEntry {
  const space = line.indexOf(' ');
  const textAt = space + 1 + HASH_LENGTH;
  return { seq: Number(line.slice(0, space)), hash: line.slice(space + 1, textAt), text: line.slice(textAt) };
}

/**
 * Entries of some types over all runs, in the order of writing. Checked are each one's hash over the hash before it, and
 * that there are as many different ones as were written.
 */
export function selectEntries(
  connection: Connection,
  types: readonly EntryType[],
): readonly { readonly runId: string; readonly entry: Entry }[] {
  const wanted = JSON.stringify([...new Set(types)]);
  const rows = connection.rows(
    `SELECT e.position, e.seq, CAST(e.hash || e.body AS BLOB), CAST(r.name AS BLOB), CAST(p.hash AS BLOB)
     FROM entries AS e LEFT JOIN runs AS r ON r.id = e.run LEFT JOIN entries AS p ON p.run = e.run AND p.seq = e.seq - 1
     WHERE e.type IN (SELECT value FROM json_each(?)) ${types.some(isFrequent) ? '' : onlyIndexed} ORDER BY e.position`,
    wanted,
  );
  const [total] = connection.rows(
    "SELECT coalesce(sum(amount), 0) FROM totals WHERE subject IN (SELECT 'entries/' || value FROM json_each(?))",
    wanted,
  );
  if (rows.length !== integer(total?.[0])) {
    const found = `${integer(total?.[0])} entries of the types ${types.join(', ')} were written and ${rows.length} are stored`;
    throw damageOf('(all)', found, connection.path);
  }
  let lastPosition = 0;
  return rows.map(([position, seq, stored, name, before]) => {
    const runId = text(name);
    const { hash, body } = split(stored);
    const previous = seq === 1 ? firstHash(runId) : text(before);
    if (nextHash(previous, body) !== hash) {
      throw damageOf(runId, `entry ${integer(seq)} or its hash was changed`, connection.path);
    }
    const entry = JSON.parse(body.toString('utf8')) as Entry;
    if (!types.includes(entry.type) || integer(position) <= lastPosition) {
      throw damageOf(runId, `the index of types leads to entry ${integer(seq)} by mistake`, connection.path);
    }
    lastPosition = integer(position);
    return { runId, entry };
  });
}

/** The condition of the index of types, word for word, since only then it is used. */
const onlyIndexed = "AND e.type NOT IN ('step.started', 'step.succeeded')";

function isFrequent(type: EntryType): boolean {
  return type === 'step.started' || type === 'step.succeeded';
}

function split(stored: number | Buffer | null | undefined): { readonly hash: string; readonly body: Buffer } {
  const bytes = Buffer.isBuffer(stored) ? stored : Buffer.alloc(0);
  return { hash: bytes.toString('latin1', 0, HASH_LENGTH), body: bytes.subarray(HASH_LENGTH) };
}
