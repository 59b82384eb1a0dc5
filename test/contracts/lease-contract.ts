import { expect, it } from '@jest/globals';
import type { Lease, LeaseHeld, LeaseKeeper } from '../../src/stores/lease.js';

export interface LeaseWorld {
  readonly leases: LeaseKeeper;
  /** Moves the clock by which leases lapse. It starts at 1000. */
  readonly advance: (ms: number) => void;
  /** From now on this holder is known to have ended. */
  readonly end: (holder: string) => void;
}

/** What every lease keeper does. `open` gives a fresh one, without leases. */
export function leaseContract(open: () => LeaseWorld): void {
  const ask = { runId: 'run-1', names: ['vm/a', 'vm/b'], holder: 'one', ttlMs: 100 };
  const other = { runId: 'run-2', names: ['vm/c', 'vm/b'], holder: 'two', ttlMs: 100 };

  it('gives a lease once and tells the next who has which name, since when and until when', async () => {
    const { leases } = open();
    expect(taken(await leases.acquire(ask))).toEqual({ runId: 'run-1', names: ['vm/a', 'vm/b'], token: 1 });
    expect(await leases.acquire(other)).toEqual({
      heldBy: { runId: 'run-1', holder: 'one', name: 'vm/b', since: 1_000, until: 1_100 },
    });
    expect(await leases.acquire(ask)).toMatchObject({ heldBy: { runId: 'run-1', name: 'vm/a' } });
  });

  it('takes none of the names when one is held', async () => {
    const { leases } = open();
    const first = taken(await leases.acquire(ask));
    await leases.acquire(other);
    taken(await leases.acquire({ ...other, names: ['vm/c'] }));
    await leases.release(first);
    expect(await leases.holderOf('run-1')).toBeUndefined();
  });

  it('lets runs with other names go on side by side', async () => {
    const { leases } = open();
    const first = taken(await leases.acquire(ask));
    const second = taken(await leases.acquire({ ...other, names: ['vm/c'] }));
    expect(second.token).toBeGreaterThan(first.token);
  });

  it('holds the run itself too, also over no name at all', async () => {
    const { leases } = open();
    taken(await leases.acquire({ ...ask, names: [] }));
    expect(await leases.acquire({ ...ask, names: [], holder: 'two' })).toMatchObject({
      heldBy: { runId: 'run-1', holder: 'one', name: 'run/run-1' },
    });
  });

  it('gives a lapsed lease to whoever asks, with a greater token, and the old one can no longer be renewed', async () => {
    const { leases, advance } = open();
    const first = taken(await leases.acquire(ask));
    advance(99);
    expect(await leases.holderOf('run-1')).toMatchObject({ heldBy: { holder: 'one' } });
    advance(1);
    expect(await leases.holderOf('run-1')).toBeUndefined();
    const second = taken(await leases.acquire(other));
    expect(second.token).toBeGreaterThan(first.token);
    expect(await leases.renew(first, 100)).toBe(false);
    expect(await leases.renew(second, 100)).toBe(true);
  });

  it('moves the end when a lease is renewed, also when it had lapsed but nobody took it', async () => {
    const { leases, advance } = open();
    const lease = taken(await leases.acquire(ask));
    advance(80);
    expect(await leases.renew(lease, 100)).toBe(true);
    advance(80);
    expect(await leases.acquire(other)).toMatchObject({ heldBy: { until: 1_180 } });
    advance(80);
    expect(await leases.renew(lease, 100)).toBe(true);
    expect(await leases.acquire(other)).toMatchObject({ heldBy: { until: 1_340 } });
  });

  it('takes over at once from a holder that has ended', async () => {
    const { leases, end } = open();
    const first = taken(await leases.acquire(ask));
    end('one');
    expect(await leases.holderOf('run-1')).toBeUndefined();
    const second = taken(await leases.acquire({ ...ask, holder: 'two' }));
    expect(second.token).toBeGreaterThan(first.token);
    expect(await leases.holderOf('run-1')).toMatchObject({ heldBy: { holder: 'two' } });
  });

  it('frees the names when released, may be told twice, and leaves alone what another has since taken', async () => {
    const { leases } = open();
    const first = taken(await leases.acquire(ask));
    await leases.release(first);
    await leases.release(first);
    const second = taken(await leases.acquire({ ...ask, holder: 'two' }));
    await leases.release(first);
    expect(await leases.holderOf('run-1')).toMatchObject({ heldBy: { holder: 'two' } });
    expect(second.token).toBeGreaterThan(first.token);
  });
}

function taken(outcome: Lease | LeaseHeld): Lease {
  if ('heldBy' in outcome) {
    throw new Error(`held by ${outcome.heldBy.holder}`);
  }
  return outcome;
}
