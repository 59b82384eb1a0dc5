import { accessSync, closeSync, constants, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'libsql';
import { JournalError } from '../journal.js';
import { damaged } from './errors.js';
import { makeFolder } from './folder.js';

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Sees to it that the database file exists, whole and for this user's eyes only. A new one is made beside its place and then put there in
 * one go, so that a file which is empty, or whose log is there without it, is known to be damaged and never taken for new.
 */
export function prepareFile(path: string, options: { readonly readonly: boolean; readonly sql: string }): void {
  if (existsSync(path)) {
    refuseUnfit(path, options.readonly);
    return;
  }
  if (existsSync(`${path}-wal`)) {
    throw damaged(path, `the file is gone while its log ${path}-wal is still there`);
  }
  if (options.readonly) {
    throw new JournalError('journal-unwritable', `${path}: there is no journal`, {
      hint: 'check `store` in lifeboat.yaml; the first run makes the journal',
    });
  }
  try {
    makeFolder(dirname(path), { mode: FOLDER_MODE });
    create(path, options.sql);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function refuseUnfit(path: string, readonly: boolean): void {
  const stats = statSync(path);
  if (!stats.isFile()) {
    throw new JournalError('journal-unwritable', `${path} is no file`, { hint: 'name a file in `store`' });
  }
  if (stats.size === 0) {
    throw damaged(path, 'the file is empty');
  }
  try {
    accessSync(path, readonly ? constants.R_OK : constants.R_OK | constants.W_OK);
    if (!readonly) {
      accessSync(dirname(path), constants.W_OK | constants.X_OK);
    }
  } catch (error) {
    throw unwritable(path, error);
  }
}

/**
 * Whether the file can only be read as it lies there: its folder takes no file, so that SQLite cannot keep its shared memory beside
 * it, and no log is left to be read with it.
 */
export function isFrozen(path: string): boolean {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  return (log === undefined || log.size === 0) && !isWritable(dirname(path));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only whole SQL scripts, no prepared statements: those would keep the file open under its first name. */
function create(path: string, sql: string): void {
  const draft = `${path}.new-${process.pid}`;
  rmSync(draft, { force: true });
  closeSync(openSync(draft, 'ax', FILE_MODE));
  try {
    const db = new Database(draft);
    try {
      db.exec(`PRAGMA synchronous = FULL; BEGIN; ${sql} COMMIT`);
    } finally {
      db.close();
    }
    linkUnlessThere(draft, path);
  } finally {
    rmSync(draft, { force: true });
    rmSync(`${draft}-journal`, { force: true });
  }
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Another process may have been quicker, whose file is as good. */
function linkUnlessThere(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
}

function unwritable(path: string, error: unknown): JournalError {
  const said = error instanceof Error ? error.message : String(error);
  return new JournalError('journal-unwritable', `${path}: the journal cannot be written there: ${said}`, {
    hint: 'make the folder and the file writable for this user, make room, or name another place in `store` of lifeboat.yaml',
    cause: error,
  });
}
