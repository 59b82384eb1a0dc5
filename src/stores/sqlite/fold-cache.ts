import { sha256 } from '../chain.js';
import type { FoldCache } from '../journal.js';
import { type Connection, integer, text } from './connection.js';

export interface SqliteFoldCache extends FoldCache {
  /** Writes what was saved since the last time; to be called within `write`. */
  writeSaved(): void;
}

/** Folds are written together with the next commit, since losing one costs only time. A damaged one is not handed out. */
export function createSqliteFoldCache(connection: Connection): SqliteFoldCache {
  const saved = new Map<string, { readonly seq: number; readonly state: string }>();
  return {
    save: (runId, seq, state) => {
      saved.set(runId, { seq, state });
    },
    load: (runId) => saved.get(runId) ?? findFold(connection, runId),
    writeSaved: () => {
      for (const [runId, { seq, state }] of saved) {
        const digest = digestOf(runId, seq, state);
        connection.run('INSERT OR REPLACE INTO folds VALUES (?, ?, ?, ?)', [runId, seq, state, digest]);
      }
      saved.clear();
    },
  };
}

function findFold(connection: Connection, runId: string): { readonly seq: number; readonly state: string } | undefined {
  const [row] = connection.rows(
    'SELECT seq, CAST(state AS BLOB), CAST(digest AS BLOB) FROM folds WHERE run = ?',
    runId,
  );
  if (row === undefined) {
    return undefined;
  }
  const fold = { seq: integer(row[0]), state: text(row[1]) };
  return text(row[2]) === digestOf(runId, fold.seq, fold.state) ? fold : undefined;
}

function digestOf(runId: string, seq: number, state: string): string {
  return sha256(JSON.stringify([runId, seq, state]));
}
