import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'libsql';
import { JournalError } from '../journal.js';
import { closedError } from '../refusals.js';
import { damaged, isLockTimeout, toJournalError } from './errors.js';
import { isFrozen, prepareFile } from './file.js';
import { migrations as knownMigrations, type Migration, sqlOf } from './migrations.js';
import { findLogDamage } from './wal.js';

/** A value that is bound to a statement. */
export type Bound = string | number | null;
/** A row as it is read: integers, and texts as the bytes that are stored. */
export type Row = readonly (number | Buffer | null)[];

export interface ConnectionOptions {
  readonly readonly: boolean;
  /** How long to wait for other processes that write. */
  readonly lockTimeoutMs: number;
  readonly migrations?: readonly Migration[];
}

/**
 * One open database file. All errors are `JournalError`s. Once a write has failed for another reason than a lock, every
 * later one is refused: after a failed fsync nobody knows what the disk holds, and trying again would only pretend to.
 */
export class Connection {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #readonly: boolean;
  readonly #statements = new Map<string, Database.Statement>();
  #failed: JournalError | undefined;
  #isClosed = false;

  constructor(path: string, options: ConnectionOptions) {
    const { migrations = knownMigrations } = options;
    this.path = resolve(path);
    this.#readonly = options.readonly;
    try {
      prepareFile(this.path, { readonly: options.readonly, sql: sqlOf(migrations) });
      this.#db = openFile(this.path, options);
      this.#db.exec('PRAGMA foreign_keys = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
      if (!options.readonly) {
        this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      }
      this.#refuseDamagedLog();
      this.#migrate(migrations);
    } catch (error) {
      throw toJournalError(this.path, error);
    }
  }

  /** The rows of a query. Columns that hold text are to be cast to blobs by the query. */
  rows(sql: string, ...bound: readonly Bound[]): readonly Row[] {
    this.#refuseClosed();
    try {
      return this.#statement(sql)
        .raw()
        .all(...bound) as Row[];
    } catch (error) {
      throw toJournalError(this.path, error);
    }
  }

  /** Does one change; to be called within `write`, which reports its errors. Returns how many rows were changed. */
  run(sql: string, bound: readonly Bound[] = []): number {
    return this.#statement(sql).run(bound).changes;
  }

  /** All that `read` sees is of one moment. */
  read<Result>(read: () => Result): Result {
    this.#refuseClosed();
    return this.#transaction('BEGIN', read);
  }

  /** All that `change` does is durable when this returns, or none of it is done. */
  write<Result>(change: () => Result): Result {
    this.#refuseClosed();
    if (this.#failed !== undefined) {
      throw this.#failed;
    }
    if (this.#readonly) {
      throw new JournalError('journal-unwritable', `${this.path} was opened for reading only`, {
        hint: 'this command only looks; use one that acts',
      });
    }
    try {
      return this.#transaction('BEGIN IMMEDIATE', change);
    } catch (error) {
      if (error instanceof JournalError && error.code === 'journal-unwritable' && !isLockTimeout(error.cause)) {
        this.#failed = error;
      }
      throw error;
    }
  }

  /** Moves what is in the write-ahead log into the database file, unless somebody reads. May be called twice. */
  close(): void {
    if (this.#isClosed) {
      return;
    }
    this.#isClosed = true;
    if (!this.#readonly && this.#failed === undefined) {
      this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').raw().all();
    }
    this.#statements.clear();
    this.#db.close();
  }

  #refuseClosed(): void {
    if (this.#isClosed) {
      throw closedError(this.path);
    }
  }

  #transaction<Result>(begin: string, work: () => Result): Result {
    try {
      this.#db.exec(begin);
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw toJournalError(this.path, error);
    }
  }

  /** SQLite has rolled back by itself after some errors. If rolling back fails, the error before it is the one to tell. */
  #rollBack(): void {
    try {
      if (this.#db.inTransaction) {
        this.#db.exec('ROLLBACK');
      }
    } catch (error) {
      this.#failed = new JournalError('journal-unwritable', `${this.path}: a change could not be taken back`, {
        hint: 'open the journal again before anything else is done',
        cause: error,
      });
    }
  }

  #statement(sql: string): Database.Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      return known;
    }
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** A reader cannot keep others from writing meanwhile, so that only what it finds twice counts. */
  #refuseDamagedLog(): void {
    const look = (): string | undefined => findLogDamage(`${this.path}-wal`);
    const found = this.#transaction(this.#readonly ? 'BEGIN' : 'BEGIN IMMEDIATE', look);
    if (found !== undefined && (!this.#readonly || look() === found)) {
      throw damaged(this.path, found);
    }
  }

  #migrate(migrations: readonly Migration[]): void {
    const newest = migrations.length;
    if (this.#version() === newest) {
      return;
    }
    const bringUp = (): void => {
      const version = this.#version();
      if (version > newest) {
        throw new JournalError(
          'journal-newer',
          `${this.path} was made by a newer Lifeboat: its format is ${version}, and this one knows formats up to ${newest}`,
          { hint: 'install the newer Lifeboat again; a journal is never converted back' },
        );
      }
      this.#db.exec(sqlOf(migrations.slice(version)));
    };
    if (this.#readonly && this.#version() < newest) {
      throw new JournalError(
        'journal-unwritable',
        `${this.path} has an older format, and was opened for reading only, so that it cannot be converted`,
        { hint: 'run a command that writes to it, such as `lifeboat resume`, once' },
      );
    }
    this.#transaction(this.#readonly ? 'BEGIN' : 'BEGIN IMMEDIATE', bringUp);
  }

  #version(): number {
    const rows = this.rows('SELECT max(version) FROM schema_versions');
    const version = rows[0]?.[0];
    return typeof version === 'number' ? version : 0;
  }
}

function openFile(path: string, { readonly, lockTimeoutMs }: ConnectionOptions): Database.Database {
  const mode = readonly ? `ro${isFrozen(path) ? '&immutable=1' : ''}` : 'rw';
  try {
    return new Database(`${pathToFileURL(path).href}?mode=${mode}`, { timeout: lockTimeoutMs });
  } catch (error) {
    throw new JournalError('journal-unwritable', `${path}: the journal cannot be opened (${String(error)})`, {
      hint: 'check that it is a file which this user may read and write; to look at one on a disk that cannot be written, copy it with its -wal file',
      cause: error,
    });
  }
}

/** The text of a column that was cast to a blob. Bytes that are no UTF-8 become U+FFFD, which no digest matches. */
export function text(value: number | Buffer | null | undefined): string {
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

export function integer(value: number | Buffer | null | undefined): number {
  return typeof value === 'number' ? value : Number.NaN;
}
