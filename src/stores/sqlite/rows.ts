import type { Bound, Connection } from './connection.js';

/** A table with the columns that are given, such as `runs (id, name)`, and what to do about a row that is there. */
export class RowInserter {
  readonly #statements: readonly { readonly length: number; readonly sql: string }[];

  constructor(table: { readonly into: string; readonly columns: readonly string[]; readonly onConflict?: string }) {
    const { into, columns, onConflict = '' } = table;
    const row = `(${columns.map(() => '?').join(', ')})`;
    this.#statements = rowsPerStatement.map((size) => ({
      length: size * columns.length,
      sql: `INSERT INTO ${into} (${columns.join(', ')}) VALUES ${Array(size).fill(row).join(', ')} ${onConflict}`,
    }));
  }

  /** Inserts rows in their order, given as their values one after the other; to be called within `write`. */
  insert(connection: Connection, values: readonly Bound[]): void {
    let done = 0;
    for (const { length, sql } of this.#statements) {
      for (; values.length - done >= length; done += length) {
        connection.run(sql, values.slice(done, done + length));
      }
    }
  }
}

/** A call costs more than a row, so that many rows go into one. */
export const rowsPerStatement = [128, 32, 8, 1] as const;
