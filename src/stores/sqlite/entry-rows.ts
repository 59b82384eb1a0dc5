import type { Bound, Connection } from './connection.js';
import { rowsPerStatement } from './rows.js';

/** Entries of one run with consecutive numbers, to be stored one after the other. */
export interface Stretch {
  /** The number of the run's row. */
  readonly run: number;
  readonly firstSeq: number;
  /** Type, hash and text of each entry in turn. */
  readonly values: Bound[];
}

const valuesPerEntry = 3;

/** To bind a value costs about as much as to store it, so that what a stretch has in common is bound once. */
const statements = rowsPerStatement.map((size) => {
  const rows = Array.from({ length: size }, (_, index) => {
    const [type, hash, body] = [3, 4, 5].map((place) => `?${place + index * valuesPerEntry}`);
    return `(?1, ?2 + ${index}, ${type}, ${hash}, ${body})`;
  });
  return { size, sql: `INSERT INTO entries (run, seq, type, hash, body) VALUES ${rows.join(', ')}` };
});

/** Stores stretches in their order; to be called within `write`. */
export function insertEntries(connection: Connection, stretches: readonly Stretch[]): void {
  for (const { run, firstSeq, values } of stretches) {
    const count = values.length / valuesPerEntry;
    let done = 0;
    for (const { size, sql } of statements) {
      for (; count - done >= size; done += size) {
        const bound = values.slice(done * valuesPerEntry, (done + size) * valuesPerEntry);
        connection.run(sql, [run, firstSeq + done, ...bound]);
      }
    }
  }
}
