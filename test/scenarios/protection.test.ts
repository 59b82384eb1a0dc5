import { describe, expect, it } from '@jest/globals';
import type { Runbook } from '../../src/model/runbook.js';
import { rehearse as worldOf } from '../contracts/hypervisor-rehearsal.js';
import { protect, protecting } from './protection.js';

const GiB = 2 ** 30;
const disk = (usedBytes: number) => [{ target: 'vda', sizeBytes: 20 * GiB, usedBytes }];

/** Three VMs at north; the link carries 100 MB/s. */
function scene(runbook: Runbook = protecting(['web-1', 'web-2', 'db-1']), writeBytesPerSecond = 1e6) {
  const vms = [
    { name: 'web-1', host: 'north-1' },
    { name: 'web-2', host: 'north-2' },
    { name: 'db-1', host: 'north-1' },
  ];
  const spec = { vms: vms.map((vm) => ({ ...vm, disks: disk(GiB), writeBytesPerSecond })) };
  return protect(worldOf(spec), runbook);
}

describe('replicas that are tended', () => {
  it('are seeded, and then hold data that is no older than the objective', async () => {
    const stage = scene();
    const replicator = await stage.start();
    expect(stage.standing(replicator, 'web-1').state).toBe('seeding');
    await stage.pass(600_000);
    for (const vm of ['web-1', 'web-2', 'db-1']) {
      expect(stage.standing(replicator, vm)).toMatchObject({ state: 'meeting-rpo' });
    }
    const synced = (await stage.entries()).filter((entry) => entry.type === 'replica.synced');
    expect(
      synced
        .filter(({ transfer }) => transfer === 'seed')
        .map(({ vm }) => vm)
        .toSorted(),
    ).toEqual(['db-1', 'web-1', 'web-2']);
    expect(synced.length).toBeGreaterThan(20);
  });

  it('wait for a link that is cut, say so, and go on when it is healed', async () => {
    const stage = scene();
    const replicator = await stage.start();
    await stage.pass(300_000);
    stage.world.strike({ kind: 'link-cut', link: 'wan' });
    await stage.pass(600_000);
    expect(stage.standing(replicator, 'web-1')).toMatchObject({ state: 'recovery-possible' });
    stage.world.strike({ kind: 'link-healed', link: 'wan' });
    await stage.pass(300_000);
    expect(stage.standing(replicator, 'web-1')).toMatchObject({ state: 'meeting-rpo' });
    replicator.stop();
    expect(await stage.finish(replicator)).toBe('stopped');
    expect((await stage.reports())?.reports.get('web-1')).toMatchObject({ state: 'meeting-rpo', failures: 0 });
  });

  it('can be recovered from when their source is lost, and say how old they are', async () => {
    const stage = scene();
    const replicator = await stage.start();
    await stage.pass(300_000);
    stage.world.strike({ kind: 'site-dies', site: 'north' });
    await stage.pass(120_000);
    const { state, ageMs = Number.NaN, why } = stage.standing(replicator, 'db-1');
    expect(state).toBe('recovery-possible');
    expect(ageMs).toBeLessThanOrEqual(90_000);
    expect(why).toContain('north-1 does not answer');
    stage.world.strike({ kind: 'site-returns', site: 'north' });
    await stage.pass(600_000);
    expect(stage.standing(replicator, 'db-1').state).toBe('meeting-rpo');
  });

  it('are said to miss an objective that cannot be attained, within two cycles, with what would do', async () => {
    const stage = scene(protecting(['web-1'], { everyMs: 60_000, rpoMs: 70_000 }), 60e6);
    const replicator = await stage.start();
    await stage.pass(200_000);
    const entries = await stage.entries();
    const at = entries.findIndex(({ type }) => type === 'replica.forecast');
    const synced = entries.slice(0, at).filter(({ type }) => type === 'replica.synced');
    expect(entries[at]).toMatchObject({
      vm: 'web-1',
      text: expect.stringMatching(/^RPO not attainable: .* written and .* carried/),
    });
    expect(synced.length).toBeLessThanOrEqual(2);
    expect(stage.standing(replicator, 'web-1').why).toContain('RPO not attainable');
  });

  it('do not wait for one that fails again and again', async () => {
    const stage = scene();
    stage.world.strike({ kind: 'disk-full', host: 'south-1' });
    const replicator = await stage.start();
    await stage.pass(60_000);
    expect(stage.standing(replicator, 'web-1')).toMatchObject({ state: 'needs-configuration' });
    const failed = (await stage.entries()).filter((entry) => entry.type === 'replica.failed' && entry.vm === 'web-1');
    expect(failed.length).toBeGreaterThan(1);
    expect(failed.length).toBeLessThan(6);
    stage.world.strike({ kind: 'disk-freed', host: 'south-1', bytes: 1e12 });
    await stage.pass(600_000);
    expect(stage.standing(replicator, 'web-1')).toMatchObject({ state: 'meeting-rpo' });
  });

  it('are copied again when a cycle hangs, or its answer is lost', async () => {
    const stage = scene(protecting(['web-1']));
    const onCall = (nth: number) => ({ port: 'replicas', method: 'cycle', nth });
    stage.world.script({ onCall: onCall(1), fault: { kind: 'reply-lost' } });
    stage.world.script({ onCall: onCall(2), fault: { kind: 'call-hangs' } });
    const replicator = await stage.start();
    await stage.pass(120_000);
    const failures = async () =>
      (await stage.entries()).flatMap((entry) => (entry.type === 'replica.failed' ? [entry.failure.code] : []));
    expect(await failures()).toEqual(['reply-lost']);
    await stage.pass(300_000);
    expect(await failures()).toEqual(['reply-lost', 'cycle-stalled']);
    expect(stage.standing(replicator, 'web-1').state).toBe('meeting-rpo');
  });

  it('by a mirror lose nothing once it is ready, and are compared again after a break', async () => {
    const runbook = protecting(['db-1']);
    const groups = runbook.groups.map((group) => ({
      ...group,
      replicate: { method: 'mirror', keep: 3, stallMs: 5_000 } as const,
    }));
    const stage = scene({ ...runbook, groups });
    const replicator = await stage.start();
    await stage.pass(60_000);
    expect(stage.standing(replicator, 'db-1')).toEqual({ state: 'meeting-rpo', ageMs: 0 });
    stage.world.strike({ kind: 'link-cut', link: 'wan' });
    stage.world.clock.at(stage.world.clock.now() + 8_000, () =>
      stage.world.strike({ kind: 'link-healed', link: 'wan' }),
    );
    await stage.pass(120_000);
    expect(stage.standing(replicator, 'db-1')).toEqual({ state: 'meeting-rpo', ageMs: 0 });
    const transfers = (await stage.entries()).flatMap((entry) =>
      entry.type === 'replica.synced' ? [entry.transfer] : [],
    );
    expect(transfers).toEqual(['seed', 'resync']);
    await stage.pass(700_000);
    expect((await stage.reports())?.reports.get('db-1')).toMatchObject({ synced: { transfer: 'delta', bytes: 0 } });
  });

  it('hold for a run that needs them, and go on afterwards', async () => {
    const stage = scene();
    let by = new Map<string, string>();
    const replicator = await stage.start({ holds: async () => by });
    await stage.pass(300_000);
    by = new Map([['web-1', 'r-1']]);
    await stage.pass(300_000);
    const held = stage.standing(replicator, 'web-1');
    expect(held).toMatchObject({ state: 'rpo-missed', why: 'run r-1 needs its disks still' });
    expect(stage.standing(replicator, 'web-2').state).toBe('meeting-rpo');
    by = new Map();
    await stage.pass(30_000);
    expect(stage.standing(replicator, 'web-1').state).toBe('meeting-rpo');
  });

  it('go through one cycle each, and no more, when that is all that is asked for', async () => {
    const stage = scene();
    expect(await stage.finish(await stage.start({ isOnce: true }))).toBe('done');
    expect(await stage.finish(await stage.start({ isOnce: true }))).toBe('done');
    const synced = (await stage.entries()).filter((entry) => entry.type === 'replica.synced');
    expect(synced.map(({ transfer }) => transfer)).toEqual(['seed', 'seed', 'seed', 'delta', 'delta', 'delta']);
  });

  it('are tended by one process at a time', async () => {
    const stage = scene();
    await stage.start();
    await expect(stage.start({ holder: 'another' })).rejects.toMatchObject({ failure: { code: 'locked' } });
  });

  it('end at a safe point when they are let go, and are found as they are by the next process', async () => {
    const stage = scene();
    const first = await stage.start();
    await stage.pass(2_000);
    first.stop();
    expect(await stage.finish(first)).toBe('stopped');
    const synced = async () => (await stage.entries()).filter((entry) => entry.type === 'replica.synced').length;
    expect(await synced()).toBe(0);
    const next = await stage.start();
    await stage.pass(120_000);
    expect(await synced()).toBeGreaterThan(2);
    expect(stage.standing(next, 'web-1').state).toBe('meeting-rpo');
  });

  it('are known from a short journal however long they are tended', async () => {
    const stage = scene();
    await stage.start({ longestEntries: 20 });
    await stage.pass(1_200_000);
    const [newest] = (await stage.store.journal.select(['protection.started'])).slice(-1);
    expect(newest?.runId).toMatch(/^protection\/payroll\/\d+$/);
    expect((await stage.store.journal.read(newest?.runId ?? '', 1)).length).toBeLessThan(25);
    const known = await stage.reports();
    expect([...(known?.reports.values() ?? [])].map(({ state }) => state)).toEqual([
      'meeting-rpo',
      'meeting-rpo',
      'meeting-rpo',
    ]);
  });
});
