import { expect, it } from '@jest/globals';
import type { Entry } from '../../src/model/entry.js';
import { finished, type JournalStore, leaseOf, requested, started, succeeded } from './journal-entries.js';

/** What every journal does. `open` gives a fresh, empty one. */
export function journalContract(open: () => JournalStore): void {
  it('stamps entries with consecutive numbers from 1 and gives them back as they were written', async () => {
    const store = open();
    const { token } = await leaseOf(store, 'run-1');
    const first = await store.journal.append('run-1', [requested(), started], { expectedSeq: 0, fencingToken: token });
    const second = await store.journal.append('run-1', [succeeded(1)], { expectedSeq: 2, fencingToken: token });
    expect(first.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(second).toEqual([{ seq: 3, ...succeeded(1) }]);
    expect(await store.journal.read('run-1', 1)).toEqual([...first, ...second]);
    expect(await store.journal.read('run-1', 3)).toEqual(second);
    expect(await store.journal.read('run-1', 4)).toEqual([]);
  });

  it('knows nothing of a run that was never written to', async () => {
    const { journal } = open();
    expect(await journal.read('run-1', 1)).toEqual([]);
    expect(await journal.runs()).toEqual([]);
    expect(await journal.select(['run.requested'])).toEqual([]);
  });

  it('keeps every text as it is, whatever its characters', async () => {
    const store = open();
    const { token } = await leaseOf(store, 'run/ü 1');
    const odd = { ...succeeded(1), author: 'Zoë "Z"\n\0\u2028\ud83d\ude80\ud800' };
    await store.journal.append('run/ü 1', [odd], { expectedSeq: 0, fencingToken: token });
    expect(await store.journal.read('run/ü 1', 1)).toEqual([{ seq: 1, ...odd }]);
  });

  it('refuses a writer who does not know the last entry, and writes nothing of the append', async () => {
    const store = open();
    const { token } = await leaseOf(store, 'run-1');
    await store.journal.append('run-1', [requested()], { expectedSeq: 0, fencingToken: token });
    for (const expectedSeq of [0, 2]) {
      await expect(
        store.journal.append('run-1', [started, succeeded(1)], { expectedSeq, fencingToken: token }),
      ).rejects.toMatchObject({ name: 'JournalError', code: 'seq-conflict' });
    }
    expect(await store.journal.read('run-1', 1)).toHaveLength(1);
  });

  it('refuses a writer whose lease was released, taken over, or never given', async () => {
    const store = open();
    const lease = await leaseOf(store, 'run-1', ['vm/web-1']);
    await store.journal.append('run-1', [requested()], { expectedSeq: 0, fencingToken: lease.token });
    await store.leases.release(lease);
    const guard = { expectedSeq: 1, fencingToken: lease.token };
    await expect(store.journal.append('run-1', [started], guard)).rejects.toMatchObject({ code: 'lease-lost' });
    const next = await leaseOf(store, 'run-1', ['vm/web-1']);
    await expect(store.journal.append('run-1', [started], guard)).rejects.toMatchObject({ code: 'lease-lost' });
    await expect(
      store.journal.append('run-2', [requested()], { expectedSeq: 0, fencingToken: next.token }),
    ).rejects.toMatchObject({ code: 'lease-lost' });
    await store.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: next.token });
    expect(await store.journal.read('run-1', 1)).toHaveLength(2);
  });

  it('writes appends that are under way together, in their order, and refuses only those that are wrong', async () => {
    const store = open();
    const one = await leaseOf(store, 'run-1');
    const two = await leaseOf(store, 'run-2');
    const outcomes = await Promise.allSettled([
      store.journal.append('run-1', [requested()], { expectedSeq: 0, fencingToken: one.token }),
      store.journal.append('run-1', [started], { expectedSeq: 1, fencingToken: one.token }),
      store.journal.append('run-1', [succeeded(9)], { expectedSeq: 1, fencingToken: one.token }),
      store.journal.append('run-2', [requested()], { expectedSeq: 0, fencingToken: one.token }),
      store.journal.append('run-2', [requested()], { expectedSeq: 0, fencingToken: two.token }),
      store.journal.append('run-1', [succeeded(1)], { expectedSeq: 2, fencingToken: one.token }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    const types = (entries: readonly Entry[]): readonly string[] => entries.map(({ type }) => type);
    expect(types(await store.journal.read('run-1', 1))).toEqual(['run.requested', 'run.started', 'step.succeeded']);
    expect(types(await store.journal.read('run-2', 1))).toEqual(['run.requested']);
  });

  it('sums up every run, newest first, and says how a finished one ended', async () => {
    const store = open();
    for (const [runId, at] of [
      ['run-1', 1_000],
      ['run-2', 3_000],
      ['run-3', 2_000],
    ] as const) {
      const { token } = await leaseOf(store, runId);
      const entries = runId === 'run-3' ? [requested({ at }), finished] : [requested({ at, mode: 'failover' })];
      await store.journal.append(runId, entries, { expectedSeq: 0, fencingToken: token });
    }
    const common = { runbook: 'payroll', by: 'ada' };
    expect(await store.journal.runs()).toEqual([
      { ...common, runId: 'run-2', mode: 'failover', requestedAt: 3_000, lastSeq: 1, lastAt: 3_000 },
      {
        ...common,
        runId: 'run-3',
        mode: 'drill',
        requestedAt: 2_000,
        lastSeq: 2,
        lastAt: 2_000,
        result: 'with-errors',
      },
      { ...common, runId: 'run-1', mode: 'failover', requestedAt: 1_000, lastSeq: 1, lastAt: 1_000 },
    ]);
  });

  it('selects entries by type over all runs, in the order in which they were written', async () => {
    const store = open();
    const one = await leaseOf(store, 'run-1');
    const two = await leaseOf(store, 'run-2');
    await store.journal.append('run-2', [requested(), started], { expectedSeq: 0, fencingToken: two.token });
    await store.journal.append('run-1', [requested(), finished], { expectedSeq: 0, fencingToken: one.token });
    await store.journal.append('run-2', [finished, succeeded(1)], { expectedSeq: 2, fencingToken: two.token });
    const selected = await store.journal.select(['run.finished', 'run.requested']);
    expect(selected.map(({ runId, entry }) => `${runId} ${entry.seq} ${entry.type}`)).toEqual([
      'run-2 1 run.requested',
      'run-1 1 run.requested',
      'run-1 2 run.finished',
      'run-2 3 run.finished',
    ]);
    const steps = await store.journal.select(['run.started', 'step.succeeded']);
    expect(steps.map(({ runId, entry }) => `${runId} ${entry.seq} ${entry.type}`)).toEqual([
      'run-2 2 run.started',
      'run-2 4 step.succeeded',
    ]);
    expect(await store.journal.select(['death.proven'])).toEqual([]);
    expect(await store.journal.select([])).toEqual([]);
  });
}
