import type { Cordons } from '../cordons.js';
import { type Connection, text } from './connection.js';

/** The marks of cordoned hosts in the journal's database. */
export function createSqliteCordons(connection: Connection): Cordons {
  return {
    list: async () => new Set(connection.rows('SELECT CAST(host AS BLOB) FROM cordons').map(([host]) => text(host))),
    set: async (host, isCordoned) => {
      const sql = isCordoned ? 'INSERT OR IGNORE INTO cordons (host) VALUES (?)' : 'DELETE FROM cordons WHERE host = ?';
      connection.write(() => connection.run(sql, [host]));
    },
  };
}
