import { describe, expect, it } from '@jest/globals';
import type { Entry } from '../../src/model/entry.js';
import { createProofHolds } from '../../src/storage-sync/proof-holds.js';
import { type Verification, type VerifierOptions, verifyReplicas } from '../../src/storage-sync/verifier.js';
import { never, north1, south1, rehearse as worldOf } from '../contracts/hypervisor-rehearsal.js';
import { protect, protecting } from './protection.js';

const GiB = 2 ** 30;
const names = ['web-1', 'db-1'];

/** Two VMs whose replicas are tended, and what a verification of them needs. */
function scene({ runs = new Map<string, string>() }: { readonly runs?: Map<string, string> } = {}) {
  const disks = [{ target: 'vda', sizeBytes: 20 * GiB, usedBytes: GiB }];
  const vms = names.map((name) => ({ name, host: 'north-1', disks, writeBytesPerSecond: 1e6 }));
  const world = worldOf({ vms });
  const runbook = protecting(names);
  const stage = protect(world, runbook);
  const { journal, leases } = stage.store;
  const replicate = { method: 'block-sync', everyMs: 60_000, keep: 3, quiesce: false } as const;
  const told: Entry[] = [];
  const ask = (parts: Partial<VerifierOptions> = {}): Promise<Verification> =>
    verifyReplicas({
      replicas: world.replicas,
      journal,
      leases,
      clock: world.clock,
      holder: 'verifier',
      by: 'ann',
      runbook: 'payroll',
      subjects: names.map((vm) => ({ vm, place: south1 })),
      proving: {
        replicas: world.replicas,
        requests: names.map((vm) => ({ vm, from: north1, to: south1, replicate })),
        runs: async () => runs,
      },
      signal: never,
      onEntry: (entry) => told.push(entry),
      ...parts,
    });
  return {
    ...stage,
    told,
    ask,
    start: () => stage.start({ holds: createProofHolds(journal, leases), wallClock: world.clock }),
    verify: (parts: Partial<VerifierOptions> = {}) => stage.answered(ask(parts)),
  };
}

/** The types of the entries about a VM, with times. */
const of = (entries: readonly Entry[], vm: string) =>
  entries.filter((entry) => 'vm' in entry && entry.vm === vm).map(({ type, at }) => ({ type, at }));

describe('points that are proven while their replicas are tended', () => {
  it('are made once the replication holds, which then goes on from them', async () => {
    const stage = scene();
    const replicator = await stage.start();
    await stage.pass(300_000);
    const { proven } = await stage.verify();
    expect(proven).toMatchObject(names.map((vm) => ({ vm, result: { disks: [{ differedBytes: 0 }] } })));
    const [held] = (await stage.store.journal.select(['replica.held'])).map(({ entry }) => entry);
    expect(held).toMatchObject({ vm: 'web-1', by: 'verification/payroll/1' });
    const [begun, ended] = of(stage.told, 'web-1').filter(({ type }) => type.startsWith('replica.prov'));
    const during = (await stage.entries()).filter(
      ({ type, at }) => type === 'replica.synced' && at > (held?.at ?? 0) && at <= (ended?.at ?? 0),
    );
    expect(begun?.at).toBeLessThanOrEqual(held?.at ?? 0);
    expect(during.filter((entry) => 'vm' in entry && entry.vm === 'web-1')).toEqual([]);
    await stage.pass(120_000);
    const last = (await stage.entries()).findLast((entry) => entry.type === 'replica.synced' && entry.vm === 'web-1');
    expect(last).toMatchObject({ transfer: 'delta' });
    expect(last?.at).toBeGreaterThan(ended?.at ?? 0);
    expect(stage.standing(replicator, 'web-1').state).toBe('meeting-rpo');
    expect((await stage.entries()).filter(({ type }) => type === 'replica.failed')).toEqual([]);
  });

  it('hold up only the VM that is being proven', async () => {
    const stage = scene();
    await stage.start();
    await stage.pass(300_000);
    await stage.verify();
    const held = (await stage.store.journal.select(['replica.held'])).map(({ entry }) => entry);
    expect(held).toMatchObject([{ vm: 'web-1' }, { vm: 'db-1' }]);
    const ended = of(stage.told, 'web-1').find(({ type }) => type === 'replica.proven');
    expect(held[1]?.at).toBeGreaterThanOrEqual(ended?.at ?? Number.POSITIVE_INFINITY);
  });

  it('are given up for a run that needs the VM, before and while they are made', async () => {
    const runs = new Map([['web-1', 'r-1']]);
    const stage = scene({ runs });
    await stage.start();
    await stage.pass(300_000);
    const { clock } = stage.world;
    const call = stage.ask();
    const stop = clock.at(clock.now() + 1, () => runs.set('db-1', 'r-2'));
    const { proven } = await stage.answered(call);
    stop();
    expect(proven).toMatchObject([
      { vm: 'web-1', failure: { code: 'locked', message: expect.stringContaining('run r-1') } },
      { vm: 'db-1', failure: { code: 'locked', message: expect.stringContaining('run r-2') } },
    ]);
    expect(stage.told.filter(({ type }) => type === 'replica.unproven')).toHaveLength(2);
  });

  it('are given up when who tends the replicas does not let go', async () => {
    const stage = scene();
    await stage.store.leases.acquire({
      runId: 'protection/payroll/1',
      names: ['replica/web-1', 'replica/db-1'],
      holder: 'another',
      ttlMs: 86_400_000,
    });
    const { proven } = await stage.verify();
    expect(proven).toMatchObject(names.map((vm) => ({ vm, failure: { code: 'locked' } })));
  });

  it('hold nothing up any more when the process that makes them has died', async () => {
    const stage = scene();
    const { journal, leases } = stage.store;
    const holds = createProofHolds(journal, leases);
    const lease = await leases.acquire({ runId: 'verification/payroll/1', names: ['x'], holder: 'gone', ttlMs: 1_000 });
    if ('heldBy' in lease) throw new Error('nobody has it');
    const stamp = { at: stage.world.clock.now(), author: 'ann' };
    await journal.append(
      'verification/payroll/1',
      [
        { type: 'verification.started', runbook: 'payroll', ...stamp },
        { type: 'replica.proving', vm: 'web-1', from: north1, to: south1, ...stamp },
      ],
      { expectedSeq: 0, fencingToken: lease.token },
    );
    expect([...(await holds())]).toEqual([['web-1', 'verification/payroll/1']]);
    await stage.pass(2_000);
    expect([...(await holds())]).toEqual([]);
  });

  it('are told of one by one, and what fails at one stops no other', async () => {
    const stage = scene();
    await stage.answered(stage.world.replicas.cycle(cycleOf('db-1'), never, () => undefined));
    stage.world.script({ onCall: { port: 'replicas', method: 'prove', nth: 1 }, fault: { kind: 'call-refused' } });
    const { proven } = await stage.verify();
    expect(proven).toMatchObject([
      { vm: 'web-1', failure: { kind: 'transient' } },
      { vm: 'db-1', result: {} },
    ]);
  });

  it('leave no promise behind when they are interrupted', async () => {
    const stage = scene();
    const stop = new AbortController();
    const { clock } = stage.world;
    const call = stage.ask({ signal: stop.signal }).catch((error: unknown) => error);
    clock.at(clock.now() + 3_000, () => stop.abort(new Error('enough')));
    expect(await stage.answered(call)).toEqual(new Error('enough'));
    expect(of(stage.told, 'web-1').at(-1)?.type).toBe('replica.unproven');
    expect(of(stage.told, 'db-1').filter(({ type }) => type === 'replica.proving')).toEqual([]);
    const { proven } = await stage.verify();
    expect(proven).toMatchObject([{ result: {} }, { result: {} }]);
  });
});

function cycleOf(vm: string) {
  const replicate = { method: 'block-sync', everyMs: 60_000, keep: 3, quiesce: false } as const;
  return { vm, from: north1, to: south1, replicate };
}
