import type { Lease, LeaseHeld, LeaseKeeper } from '../lease.js';

interface Holding {
  readonly lease: Lease;
  readonly holder: string;
  readonly since: number;
  until: number;
}

export interface MemoryLeases extends LeaseKeeper {
  /** The token with which a run may be appended to; undefined while nobody holds its lease. */
  tokenOf(runId: string): number | undefined;
}

/** Leases that live as long as their process. `isDead` says of which holders that they have ended. */
export function createMemoryLeases(now: () => number, isDead: (holder: string) => boolean): MemoryLeases {
  const byRun = new Map<string, Holding>();
  const byName = new Map<string, Holding>();
  let lastToken = 0;

  const isOver = (holding: Holding): boolean => holding.until <= now() || isDead(holding.holder);

  const drop = (holding: Holding): void => {
    byRun.delete(holding.lease.runId);
    for (const name of holding.lease.names) {
      byName.delete(name);
    }
  };

  const current = (lease: Lease): Holding | undefined => {
    const holding = byRun.get(lease.runId);
    return holding?.lease.token === lease.token ? holding : undefined;
  };

  return {
    tokenOf: (runId) => byRun.get(runId)?.lease.token,
    acquire: async ({ runId, names, holder, ttlMs }) => {
      const inTheWay = new Set([byRun.get(runId), ...names.map((name) => byName.get(name))]);
      inTheWay.delete(undefined);
      for (const holding of inTheWay) {
        if (holding !== undefined && !isOver(holding)) {
          return heldBy(
            holding,
            names.find((name) => byName.get(name) === holding),
          );
        }
      }
      for (const holding of inTheWay) {
        if (holding !== undefined) {
          drop(holding);
        }
      }
      lastToken += 1;
      const lease = { runId, names: [...names], token: lastToken };
      const holding = { lease, holder, since: now(), until: now() + ttlMs };
      byRun.set(runId, holding);
      for (const name of names) {
        byName.set(name, holding);
      }
      return lease;
    },
    renew: async (lease, ttlMs) => {
      const holding = current(lease);
      if (holding !== undefined) {
        holding.until = now() + ttlMs;
      }
      return holding !== undefined;
    },
    release: async (lease) => {
      const holding = current(lease);
      if (holding !== undefined) {
        drop(holding);
      }
    },
    holderOf: async (runId) => {
      const holding = byRun.get(runId);
      return holding === undefined || isOver(holding) ? undefined : heldBy(holding, undefined);
    },
  };
}

function heldBy({ lease, holder, since, until }: Holding, contested: string | undefined): LeaseHeld {
  return {
    heldBy: { runId: lease.runId, holder, name: contested ?? lease.names[0] ?? `run/${lease.runId}`, since, until },
  };
}
