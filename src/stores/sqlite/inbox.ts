import { sha256 } from '../chain.js';
import { damageOf } from '../damage.js';
import type { Inbox, InboxMessage } from '../inbox.js';
import { type Connection, integer, text } from './connection.js';

/** Operators' moves in the journal's database, where any process of the machine may leave one. */
export function createSqliteInbox(connection: Connection): Inbox {
  return {
    submit: async (runId, message) => {
      const { by, at, move, reason } = message;
      const stored = JSON.stringify({ by, at, move, reason });
      connection.write(() =>
        connection.run('INSERT INTO inbox (run, message, digest) VALUES (?, ?, ?)', [
          runId,
          stored,
          digestOf(runId, stored),
        ]),
      );
    },
    pending: async (runId) => {
      const rows = connection.rows(
        'SELECT id, CAST(message AS BLOB), CAST(digest AS BLOB) FROM inbox WHERE run = ? ORDER BY id',
        runId,
      );
      return rows.map(([id, message, digest]) => {
        const stored = text(message);
        if (text(digest) !== digestOf(runId, stored)) {
          throw damageOf(runId, `move ${integer(id)} of an operator was changed`, connection.path);
        }
        return { id: integer(id), ...(JSON.parse(stored) as Omit<InboxMessage, 'id'>) };
      });
    },
    remove: async (runId, id) => {
      connection.write(() => connection.run('DELETE FROM inbox WHERE run = ? AND id = ?', [runId, id]));
    },
  };
}

function digestOf(runId: string, stored: string): string {
  return sha256(JSON.stringify([runId, stored]));
}
