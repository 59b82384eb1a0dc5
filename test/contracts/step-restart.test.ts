import { describe, expect, it } from '@jest/globals';
import type { ScriptedFault } from '../../src/hypervisors/simulated/fault.js';
import { db, north1, north2, restart, step } from './step-cases.js';
import { follow, laneAfter, type StepLane } from './step-lane.js';

const live = step('migrate', { ...restart, ladder: ['live', 'restart'] });
const cold = step('migrate', { ...restart, ladder: ['restart'] });
const shutOff = step('migrate', { ...restart, state: 'shut-off', ladder: [] });

const stalls = { at: 0, fault: { kind: 'migration-stalls', vm: db.vm } } as const;
const ignores = { at: 0, fault: { kind: 'shutdown-ignored', vm: db.vm } } as const;
const full = { at: 0, fault: { kind: 'disk-full', host: 'north-2' } } as const;
const refused = (method: string): ScriptedFault => ({
  onCall: { port: 'hypervisor', method, nth: 1 },
  fault: { kind: 'call-refused' },
});

const { signal } = new AbortController();

async function stateOn({ world }: StepLane, host: string) {
  const asked = world.hypervisor.vm(host, db.id, signal);
  await world.clock.run({ until: asked });
  return (await asked)?.state;
}

const places = async (lane: StepLane) => [await stateOn(lane, 'north-1'), await stateOn(lane, 'north-2')];
const kinds = ({ world }: StepLane) =>
  world
    .audit()
    .effects.filter(({ vm }) => vm === db.vm)
    .map(({ kind }) => kind);

describe('a move whose ladder ends in a restart', () => {
  it('restarts the VM at the target when it cannot be moved live, loses nothing, and says why', async () => {
    const lane = await laneAfter('whole', [], [stalls]);
    expect(await lane.run(live)).toMatchObject({
      value: { at: north2, climbed: [{ rung: 'restart', reason: expect.stringContaining('ladder') }] },
    });
    expect(kinds(lane)).toEqual(['migrate-begin', 'stop', 'carry', 'start']);
    expect(await places(lane)).toEqual([undefined, 'running']);
    expect(lane.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });

  it('moves live when that is possible', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(live)).toHaveProperty('value');
    expect(kinds(lane)).toEqual(['migrate-begin', 'migrate']);
  });

  it('does not stop a VM that no move could bring there', async () => {
    const lane = await laneAfter('whole', [], [full]);
    expect(await lane.run(live)).toMatchObject({ failure: { code: 'no-space' } });
    expect(kinds(lane)).toEqual([]);
    expect(await places(lane)).toEqual(['running', undefined]);
  });

  it('is taken back at once when no guest was asked to shut down, and else waits whether it shuts down after all', async () => {
    const told = await laneAfter('whole', [], [full]);
    expect(await told.run(live)).toMatchObject({ failure: { code: 'no-space' } });
    const before = told.world.clock.now();
    expect(await told.undo(live)).toHaveProperty('value');
    expect(told.world.clock.now() - before).toBeLessThan(1_000);
    const silent = await laneAfter('whole', []);
    expect(await silent.undo(live)).toHaveProperty('value');
    expect(silent.texts).toContainEqual(expect.stringContaining('shuts down after all'));
    expect(told.texts).not.toContainEqual(expect.stringContaining('shuts down after all'));
  });

  it('never pulls the plug of a guest that does not shut down', async () => {
    const lane = await laneAfter('whole', [], [ignores]);
    expect(await lane.run(cold)).toMatchObject({
      failure: { code: 'guest-not-stopping', hint: expect.stringContaining('its plug is not pulled') },
    });
    expect(kinds(lane)).toEqual([]);
    expect(await places(lane)).toEqual(['running', undefined]);
  });

  it('says that the VM is whole at its source when it could not be carried, and an undo starts it there', async () => {
    const lane = await laneAfter('whole', [], [full]);
    expect(await lane.run(cold)).toMatchObject({
      failure: { code: 'stopped-at-source', cause: expect.stringContaining('too little disk space') },
    });
    expect(await places(lane)).toEqual(['shut-off', undefined]);
    expect(await lane.observe(cold)).toMatchObject({
      value: { verdict: 'not-started', output: { standing: 'stopped-at-source' } },
    });
    expect(await lane.undo(cold)).toEqual({ value: { at: north1, state: 'running' } });
    expect(await lane.undo(cold)).toEqual({ value: { at: north1, state: 'running' } });
    expect(kinds(lane)).toEqual(['stop', 'start']);
  });

  it('says that the VM is at the target when it could not be started there, and goes on from there', async () => {
    const lane = await laneAfter('whole', [], [refused('start')]);
    expect(await lane.run(cold)).toMatchObject({ failure: { code: 'stopped-at-target', kind: 'transient' } });
    expect(await places(lane)).toEqual([undefined, 'shut-off']);
    expect(await lane.observe(cold)).toMatchObject({
      value: { verdict: 'not-started', output: { standing: 'stopped-at-target' } },
    });
    await follow(lane, cold);
    expect(kinds(lane)).toEqual(['stop', 'carry', 'start']);
  });

  it('is undone by starting the VM at the target when it has arrived there', async () => {
    const lane = await laneAfter('whole', [], [refused('start')]);
    await lane.run(cold);
    expect(await lane.undo(cold)).toEqual({ value: { at: north2, state: 'running' } });
    expect(await places(lane)).toEqual([undefined, 'running']);
  });

  it('that was given up while the guest was still at it is undone only after the guest has stopped', async () => {
    const lane = await laneAfter('whole', []);
    await lane.run(cold, { abortAfterMs: 1_000 });
    expect(await places(lane)).toEqual(['running', undefined]);
    expect(await lane.undo(cold)).toEqual({ value: { at: north1, state: 'running' } });
    expect(kinds(lane)).toEqual(['stop', 'start']);
    await lane.world.clock.run({ until: lane.world.clock.now() + 60_000 });
    expect(await places(lane)).toEqual(['running', undefined]);
  });

  it('comes to one live VM when it is given up at any instant and undone', async () => {
    for (let abortAfterMs = 0; abortAfterMs <= 20_000; abortAfterMs += 250) {
      const lane = await laneAfter('whole', []);
      await lane.run(cold, { abortAfterMs });
      const undone = await lane.undo(cold);
      expect(undone).toMatchObject({ value: { state: 'running' } });
      expect((await places(lane)).filter((state) => state === 'running')).toHaveLength(1);
      expect(lane.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
    }
  });

  it('that was killed while the guest was at it does not move a VM live that is about to be off', async () => {
    const lane = await laneAfter('whole', [], [stalls]);
    const heir = await lane.runAndDie(live, 12_000);
    expect(await places(heir)).toEqual(['running', undefined]);
    await follow(heir, live);
    expect(kinds(heir)).toEqual(['migrate-begin', 'stop', 'carry', 'start']);
  });
});

describe('a move without a restart in its ladder', () => {
  it('leaves a VM that has gone off on its way to a person', async () => {
    const lane = await laneAfter('whole', []);
    const stopped = lane.world.hypervisor.destroy('north-1', db.id, signal);
    await lane.world.clock.run({ until: stopped });
    expect(await lane.run(step('migrate', restart))).toMatchObject({ failure: { code: 'migration-unclear' } });
    expect(await places(lane)).toEqual(['shut-off', undefined]);
  });
});

describe('a VM that is shut off', () => {
  it('is carried and stays off', async () => {
    const lane = await laneAfter('shut-off', []);
    expect(await lane.run(shutOff)).toMatchObject({ value: { at: north2, bytes: expect.any(Number) } });
    expect(await places(lane)).toEqual([undefined, 'shut-off']);
  });

  it('stays whole where it was when there is no room for it, and the failure keeps its own name', async () => {
    const lane = await laneAfter('shut-off', [], [full]);
    expect(await lane.run(shutOff)).toMatchObject({ failure: { code: 'no-space' } });
    expect(await places(lane)).toEqual(['shut-off', undefined]);
  });

  it('that was started since is not carried', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(shutOff)).toMatchObject({ failure: { code: 'migration-refused', kind: 'precondition' } });
    expect(await places(lane)).toEqual(['running', undefined]);
  });
});

describe('a restart elsewhere, whose target dies', () => {
  it('asks no guest to shut down for a host that is not there', async () => {
    const lane = await laneAfter('whole', [], [{ at: 0, fault: { kind: 'host-dies', host: 'north-2' } }]);
    expect(await lane.run(cold)).toMatchObject({
      failure: { code: 'migration-aborted', kind: 'transient', message: expect.stringContaining('was not asked') },
    });
    expect(kinds(lane)).toEqual([]);
    expect(await stateOn(lane, 'north-1')).toBe('running');
  });

  it('lets the guest run again where it was, when it had shut down already', async () => {
    const lane = await laneAfter(
      'whole',
      [],
      [
        {
          onCall: { port: 'hypervisor', method: 'shutdown', nth: 1 },
          afterMs: 100,
          fault: { kind: 'host-dies', host: 'north-2' },
        },
      ],
    );
    expect(await lane.run(cold)).toMatchObject({ failure: { code: 'stopped-at-source' } });
    expect(await lane.undo(cold)).toMatchObject({ value: { at: north1, state: 'running' } });
    expect(await stateOn(lane, 'north-1')).toBe('running');
    expect(lane.world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });
});
