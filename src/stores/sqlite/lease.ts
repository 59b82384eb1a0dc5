import type { LeaseHeld, LeaseKeeper, LeaseRequest } from '../lease.js';
import { type Connection, integer, type Row, text } from './connection.js';

export interface LeaseOptions {
  readonly now: () => number;
  readonly isHolderDead: (holder: string) => boolean;
}

interface Holding extends Omit<LeaseHeld['heldBy'], 'name'> {
  readonly names: readonly string[];
}

const columns = 'CAST(run AS BLOB), CAST(holder AS BLOB), since, until';

/** Leases in the journal's own database, so that an append and the check of its token are one transaction. */
export function createSqliteLeases(connection: Connection, { now, isHolderDead }: LeaseOptions): LeaseKeeper {
  const isOver = ({ until, holder }: Holding): boolean => until <= now() || isHolderDead(holder);

  const acquire = ({ runId, names, holder, ttlMs }: LeaseRequest): number | LeaseHeld => {
    const inTheWay = findInTheWay(connection, runId, names);
    const held = inTheWay.find((holding) => !isOver(holding));
    if (held !== undefined) {
      return heldBy(held, names);
    }
    for (const holding of inTheWay) {
      connection.run('DELETE FROM leases WHERE run = ?', [holding.runId]);
    }
    connection.run('UPDATE last_token SET token = token + 1');
    const token = integer(connection.rows('SELECT token FROM last_token')[0]?.[0]);
    connection.run('INSERT INTO leases VALUES (?, ?, ?, ?, ?)', [runId, token, holder, now(), now() + ttlMs]);
    for (const [place, name] of [...new Set(names)].entries()) {
      connection.run('INSERT INTO lease_names VALUES (?, ?, ?)', [name, runId, place]);
    }
    return token;
  };

  return {
    acquire: async (request) => {
      const outcome = connection.write(() => acquire(request));
      return typeof outcome === 'number'
        ? { runId: request.runId, names: [...request.names], token: outcome }
        : outcome;
    },
    renew: async ({ runId, token }, ttlMs) =>
      connection.write(() =>
        connection.run('UPDATE leases SET until = ? WHERE run = ? AND token = ?', [now() + ttlMs, runId, token]),
      ) > 0,
    release: async ({ runId, token }) => {
      connection.write(() => connection.run('DELETE FROM leases WHERE run = ? AND token = ?', [runId, token]));
    },
    holderOf: async (runId) => {
      const holding = connection.read(() => findInTheWay(connection, runId, [])[0]);
      return holding === undefined || isOver(holding) ? undefined : heldBy(holding, []);
    },
  };
}

/** The run's own lease first, then those over one of the names. */
function findInTheWay(connection: Connection, runId: string, names: readonly string[]): readonly Holding[] {
  const rows = connection.rows(
    `SELECT ${columns} FROM leases
     WHERE run = ?1 OR run IN (SELECT run FROM lease_names WHERE name IN (SELECT value FROM json_each(?2)))
     ORDER BY run <> ?1`,
    runId,
    JSON.stringify(names),
  );
  return rows.map((row) => holdingOf(connection, row));
}

function holdingOf(connection: Connection, [run, holder, since, until]: Row): Holding {
  const names = connection.rows('SELECT CAST(name AS BLOB) FROM lease_names WHERE run = ? ORDER BY place', text(run));
  return {
    runId: text(run),
    holder: text(holder),
    since: integer(since),
    until: integer(until),
    names: names.map(([name]) => text(name)),
  };
}

function heldBy({ names, ...holding }: Holding, wanted: readonly string[]): LeaseHeld {
  const name = wanted.find((each) => names.includes(each)) ?? names[0] ?? `run/${holding.runId}`;
  return { heldBy: { ...holding, name } };
}
