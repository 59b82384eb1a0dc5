import type { Cordons } from '../cordons.js';
import { isHolderDead as isHolderDeadHere } from '../holder.js';
import type { Inbox } from '../inbox.js';
import type { FoldCache, Journal } from '../journal.js';
import type { LeaseKeeper } from '../lease.js';
import { exportLine } from '../ndjson.js';
import { closedError } from '../refusals.js';
import { newestFirst } from '../summary.js';
import { type Append, stamp, writeAppends } from './append.js';
import { CommitQueue } from './commit-queue.js';
import { Connection } from './connection.js';
import { createSqliteCordons } from './cordons.js';
import { createSqliteFoldCache } from './fold-cache.js';
import { createSqliteInbox } from './inbox.js';
import { createSqliteLeases } from './lease.js';
import { entriesFrom, readStored, selectEntries } from './read.js';
import { findHead, findSummaries } from './runs.js';

export interface SqliteStore {
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  readonly inbox: Inbox;
  readonly cache: FoldCache;
  readonly cordons: Cordons;
  /** How many appends are not committed yet. */
  pending(): number;
  /** Where the chain of a run ends: the number and the hash of its last entry; undefined for a run that is not there. */
  headOf(runId: string): { readonly seq: number; readonly hash: string } | undefined;
  /** The verified entries of a run as lines of NDJSON, for `verifyExport`. */
  exportRun(runId: string): readonly string[];
  /** Commits what is pending, then closes the file. Later calls are refused. May be called twice. */
  close(): void;
}

export interface SqliteStoreOptions {
  /** The clock by which leases lapse, in ms since the epoch. Default: the machine's. */
  readonly now?: () => number;
  /** Only looks, and needs no right to write. Default: false. */
  readonly readonly?: boolean;
  /** Which holders have ended, so that their leases lapse at once. Default: what `isHolderDead` knows of this machine. */
  readonly isHolderDead?: (holder: string) => boolean;
  /** How long to wait for another process that writes. Default: 5000. */
  readonly lockTimeoutMs?: number;
}

/** More appends at once than this are spread over several commits, so that one of them blocks for some 50 ms at most. */
const BATCH_MAX = 1_000;

/**
 * Opens the journal in a SQLite database, and makes it when it is not there. Several processes may have the same file open.
 * Throws a `JournalError` that says why when it cannot be opened, was damaged or was made by a newer version.
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions = {}): SqliteStore {
  const { now = Date.now, readonly = false, isHolderDead = isHolderDeadHere, lockTimeoutMs = 5_000 } = options;
  const connection = new Connection(path, { readonly, lockTimeoutMs });
  const cache = createSqliteFoldCache(connection);
  let isClosed = false;

  const queue = new CommitQueue<Append>({
    batchMax: BATCH_MAX,
    commit: (batch) =>
      connection.write(() => {
        cache.writeSaved();
        return writeAppends(connection, batch);
      }),
  });

  const journal: Journal = {
    append: async (runId, added, guard) => {
      if (isClosed) {
        throw closedError(connection.path);
      }
      const { entries } = await queue.add(stamp(runId, added, guard));
      return entries.map(({ entry }) => entry);
    },
    read: async (runId, fromSeq, also = []) => {
      const stored = connection.read(() => readStored(connection, runId));
      return entriesFrom(stored, fromSeq, also);
    },
    runs: async () => newestFirst(connection.read(() => findSummaries(connection))),
    select: async (types) => connection.read(() => selectEntries(connection, types)),
  };

  return {
    journal,
    leases: createSqliteLeases(connection, { now, isHolderDead }),
    inbox: createSqliteInbox(connection),
    cache,
    cordons: createSqliteCordons(connection),
    pending: () => queue.length,
    headOf: (runId) => {
      const { id, lastSeq, hash } = connection.read(() => findHead(connection, runId));
      return id === undefined ? undefined : { seq: lastSeq, hash };
    },
    exportRun: (runId) =>
      connection.read(() => readStored(connection, runId)).map((stored) => exportLine(runId, stored)),
    close: () => {
      isClosed = true;
      queue.flush();
      connection.close();
    },
  };
}
