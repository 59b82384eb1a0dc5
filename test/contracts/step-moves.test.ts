import { describe, expect, it } from '@jest/globals';
import { db, migrateLive, moveOverlay, moveOverOverlay, north1, north2, shutdown, step, sync } from './step-cases.js';
import { follow, laneAfter, laneIn, type StepLane } from './step-lane.js';

const toNorth2 = { ...migrateLive, to: north2, copyStorage: 'all' } as const;
const migrate = step('migrate', toNorth2);
const runningOn = async ({ world }: StepLane, host: string) =>
  (await answer(world.hypervisor.vm(host, db.id, new AbortController().signal), world))?.state;

async function answer<Value>(asked: Promise<Value>, world: StepLane['world']): Promise<Value> {
  await world.clock.run({ until: asked });
  return await asked;
}

const kinds = ({ world }: StepLane) =>
  world
    .audit()
    .effects.filter(({ vm }) => vm === db.vm)
    .map(({ kind }) => kind);

const stalls = { at: 0, fault: { kind: 'migration-stalls', vm: db.vm } } as const;

describe('a migration', () => {
  it('goes down its ladder when the VM writes memory faster than it can be moved', async () => {
    const lane = await laneAfter('whole', [], [stalls]);
    expect(await lane.run(migrate)).toMatchObject({
      value: { climbed: [{ rung: 'pause', reason: 'the VM writes memory faster than it can be sent' }] },
    });
    expect(kinds(lane)).toEqual(['migrate-begin', 'migrate']);
  });

  it('says that no rung was enough when none is left, and leaves the VM where it runs', async () => {
    const lane = await laneAfter('whole', [], [stalls]);
    const ended = await lane.run(step('migrate', { ...toNorth2, ladder: ['live'] }));
    expect(ended).toMatchObject({ failure: { code: 'migration-stalled' } });
    expect(await lane.observe(migrate)).toMatchObject({ value: { verdict: 'not-started' } });
  });

  it('is seen in progress by the process that takes over, which joins it instead of beginning again', async () => {
    const lane = await laneAfter('whole', []);
    const heir = await lane.runAndDie(migrate, 3_000);
    expect(await heir.observe(migrate)).toMatchObject({ value: { verdict: 'in-progress' } });
    await follow(heir, migrate);
    expect(kinds(heir)).toEqual(['migrate-begin', 'migrate']);
    expect(await runningOn(heir, 'north-2')).toBe('running');
  });

  it('that was joined still goes down its ladder when it stalls', async () => {
    const lane = await laneAfter('whole', [], [stalls]);
    const heir = await lane.runAndDie(migrate, 3_000);
    await follow(heir, migrate);
    expect(kinds(heir).at(-1)).toBe('migrate');
  });

  it('stops for a person when the VM runs on both hosts, and touches neither', async () => {
    const lane = await laneAfter('whole', []);
    const { world } = lane;
    const { signal } = new AbortController();
    const body = { memoryBytes: 2 ** 30, vcpus: 1, networks: ['br-north'], disks: [] };
    const copy = { ...body, id: db.id, name: db.vm, hasAgent: true, tags: [], hasAutostart: false };
    await answer(world.hypervisor.define('north-2', copy, signal), world);
    await answer(world.hypervisor.start('north-2', db.id, signal), world);
    const before = kinds(lane);
    expect(await lane.observe(migrate)).toMatchObject({ value: { verdict: 'contradictory' } });
    expect(await lane.run(migrate)).toMatchObject({ failure: { code: 'vm-running-twice', kind: 'permanent' } });
    expect(kinds(lane)).toEqual(before);
  });

  it('whose source dies under it is not judged before the source can be asked', async () => {
    const lane = await laneAfter('whole', []);
    lane.world.clock.at(lane.world.clock.now() + 3_000, () =>
      lane.world.strike({ kind: 'host-dies', host: 'north-1' }),
    );
    expect(await lane.run(migrate)).toMatchObject({ failure: { kind: 'outcome-unknown' } });
    expect(await lane.observe(migrate)).toMatchObject({ failure: { code: 'host-unreachable' } });
  });
});

describe('the overlay of a live move', () => {
  it('is removed by an undo, which may be repeated, and done when nothing was begun', async () => {
    const lane = await laneAfter('whole', [sync]);
    expect(await lane.undo(moveOverlay)).toMatchObject({ value: { isRemoved: true } });
    await lane.run(moveOverlay);
    expect(await lane.undo(moveOverlay)).toMatchObject({ value: { isRemoved: true } });
    expect(await lane.undo(moveOverlay)).toMatchObject({ value: { isRemoved: true } });
    expect(await lane.observe(moveOverlay)).toMatchObject({ value: { verdict: 'not-started' } });
    expect(kinds(lane).filter((kind) => kind === 'overlay-removed')).toHaveLength(1);
  });

  it('stays when the VM has moved onto it', async () => {
    const lane = await laneAfter('whole', [sync, moveOverlay, moveOverOverlay]);
    expect(await lane.undo(moveOverlay)).toMatchObject({ value: { isRemoved: false, usedBy: 'db-1' } });
    expect(await runningOn(lane, 'south-1')).toBe('running');
  });
});

describe('a shutdown', () => {
  it('that was given up while the guest was still at it is undone only after the guest has stopped', async () => {
    const lane = await laneAfter('whole', []);
    await lane.run(shutdown, { abortAfterMs: 1_000 });
    expect(await runningOn(lane, 'north-1')).toBe('running');
    expect(await lane.undo(shutdown)).toMatchObject({ value: { state: 'running' } });
    expect(kinds(lane).filter((kind) => kind === 'stop' || kind === 'start')).toEqual(['stop', 'start']);
    await lane.world.clock.run({ until: lane.world.clock.now() + 60_000 });
    expect(await runningOn(lane, 'north-1')).toBe('running');
  });

  it('proves that the VM was seen stopped, and remembers its autostart', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(shutdown)).toMatchObject({
      value: { hadAutostart: true, proof: { kind: 'observed-stopped', place: north1 } },
    });
  });

  it('pulls the plug when four fifths of its time are over and the guest does not heed it', async () => {
    const lane = await laneAfter('whole', [], [{ at: 0, fault: { kind: 'shutdown-ignored', vm: db.vm } }]);
    const beganAt = lane.world.clock.now();
    expect(await lane.run(shutdown)).toHaveProperty('value');
    const stop = lane.world.audit().effects.find(({ kind }) => kind === 'stop');
    expect((stop?.at ?? 0) - beganAt).toBeGreaterThanOrEqual(480_000);
    expect((stop?.at ?? 0) - beganAt).toBeLessThan(481_000);
    expect(lane.texts.at(-1)).toBe('The guest of db-1 did not shut down in time: pulling its plug on north/north-1');
  });

  it('is taken back by starting the VM again with its autostart as it was, also twice', async () => {
    const lane = await laneAfter('whole', [shutdown]);
    expect(await lane.undo(shutdown)).toMatchObject({ value: { state: 'running', hadAutostart: true } });
    expect(await lane.undo(shutdown)).toMatchObject({ value: { state: 'running', hadAutostart: true } });
    expect(kinds(lane)).toEqual(['stop', 'autostart', 'autostart', 'start']);
  });

  it('is taken back without a trace when it was never begun', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.undo(shutdown)).toMatchObject({ value: { state: 'running', hadAutostart: true } });
    expect(kinds(lane)).toEqual([]);
  });

  it('gives back the autostart that the plan saw when its own outcome was lost', async () => {
    const planned = step('shutdown', { ...db, at: north1, hasAutostart: true });
    const { world } = await laneAfter('whole', [shutdown]);
    const heir = laneIn({ world });
    expect(await heir.undo(planned)).toMatchObject({ value: { state: 'running', hadAutostart: true } });
  });
});
