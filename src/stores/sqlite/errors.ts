import Database from 'libsql';
import { JournalError } from '../journal.js';

/** Primary result codes of SQLite, https://sqlite.org/rescode.html; an extended code has its primary one in the low byte. */
const SQLITE_PERM = 3;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;
const SQLITE_NOMEM = 7;
const SQLITE_READONLY = 8;
const SQLITE_IOERR = 10;
const SQLITE_FULL = 13;
const SQLITE_CANTOPEN = 14;
const SQLITE_NOTADB = 26;
/** The file ends before a page that it should have. */
const SQLITE_IOERR_SHORT_READ = 522;

/**
 * What SQLite said, as a `JournalError` that names the file; any other error as it is. Whatever is neither a refusal to
 * write nor a lock held by others means that the file does not hold what was written to it.
 */
export function toJournalError(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) {
    return error;
  }
  const code = error.rawCode ?? 0;
  const said = error.message;
  const unwritable = (reason: string, hint: string): JournalError =>
    new JournalError('journal-unwritable', `${path}: ${reason} (${said})`, { hint, cause: error });
  if (code === SQLITE_IOERR_SHORT_READ) {
    return damaged(path, said, error);
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return unwritable('the disk is full', 'make room on that file system, then resume the run');
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return unwritable('the journal may not be written', 'make the file and its folder writable for this user');
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return unwritable(
        'another process has held the lock of the journal for too long',
        'find it with `fuser` or `lsof` on that file, end it, then try again',
      );
    case SQLITE_CANTOPEN:
      return unwritable('the journal cannot be opened', 'check that the folder exists and is writable for this user');
    case SQLITE_NOMEM:
      return unwritable('the memory is used up', 'free memory, then resume the run');
    case SQLITE_IOERR:
      return unwritable(
        'the disk fails',
        "look at the kernel's log and the disk; nothing more is written here until the journal is opened again",
      );
    case SQLITE_NOTADB:
      return damaged(path, 'it is no SQLite database', error);
    default:
      return damaged(path, said, error);
  }
}

/** Whether nothing is wrong but that somebody else was writing for too long: trying again is safe. */
export function isLockTimeout(error: unknown): boolean {
  const code = error instanceof Database.SqliteError ? (error.rawCode ?? 0) & 0xff : 0;
  return code === SQLITE_BUSY || code === SQLITE_LOCKED;
}

/** The file as a whole cannot be what Lifeboat wrote. */
export function damaged(path: string, said: string, cause?: unknown): JournalError {
  return new JournalError('journal-damaged', `${path}: what is stored is not what was written: ${said}`, {
    hint: 'keep the file as it is and put back a backup of it; look at the hosts before resuming a run',
    cause,
  });
}
