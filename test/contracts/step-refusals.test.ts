import { describe, expect, it } from '@jest/globals';
import type { Proof } from '../../src/model/authority.js';
import {
  clone,
  cloneOverlay,
  db,
  define,
  defineClone,
  drill,
  failover,
  north1,
  north2,
  type PlannedStep,
  shutdown,
  south1,
  start,
  step,
  stepCases,
} from './step-cases.js';
import { laneAfter, laneIn } from './step-lane.js';

const fence = step('fence', { host: 'north-1' });
const behaves = (behaviour: 'lies' | 'fails') =>
  ({ at: 0, fault: { kind: 'fence', host: 'north-1', behaviour } }) as const;
const north1Dies = { at: 0, fault: { kind: 'host-dies', host: 'north-1' } } as const;

describe('a fence', () => {
  it('believes the power status and never the success of the command', async () => {
    const lane = await laneAfter('whole', [], [behaves('lies')]);
    const ended = await lane.run(fence);
    expect(ended).toMatchObject({ failure: { code: 'fence-unconfirmed', kind: 'permanent' } });
    expect('failure' in ended ? ended.failure.hint : '').toContain('lifeboat attest');
    expect(await lane.observe(fence)).toMatchObject({ value: { verdict: 'not-started' } });
  });

  it('may be tried again when its agent fails', async () => {
    const lane = await laneAfter('whole', [], [behaves('fails')]);
    expect(await lane.run(fence)).toMatchObject({ failure: { code: 'fence-failed', kind: 'transient' } });
  });

  it('has nothing to do when the host is proven dead already', async () => {
    const attested: Proof = { kind: 'attested', host: 'north-1', by: 'eve', reason: 'I pulled the cord', at: 1 };
    const { world } = await laneAfter('whole', [], [behaves('lies')]);
    const lane = laneIn({ world, deaths: { 'north-1': attested } });
    expect(await lane.run(fence)).toEqual({ value: { proof: attested } });
    expect(await lane.observe(fence)).toMatchObject({ value: { verdict: 'done', output: { proof: attested } } });
    expect(world.audit().effects).toEqual([]);
  });

  it('needs a fence device, and says what to do without one', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(step('fence', { host: 'north-9' }))).toMatchObject({
      failure: { code: 'no-fence-device', kind: 'precondition' },
    });
  });
});

describe('a clone', () => {
  it.each([{ networks: ['br-south'] }, { id: db.id }, { name: 'db-1' }])(
    'is refused before anything is changed when it is defined with %j',
    async (wrong) => {
      const lane = await laneAfter('whole', [cloneOverlay]);
      const before = lane.world.audit().effects;
      const definition = { ...(defineClone.input['definition'] as object), ...wrong };
      const unsafe: PlannedStep = { ...defineClone, input: { ...defineClone.input, definition } };
      expect(await lane.run(unsafe)).toMatchObject({ failure: { code: 'unsafe-clone', kind: 'precondition' } });
      expect(lane.world.audit().effects).toEqual(before);
    },
  );

  it('is forgotten by the undo of its definition, also twice', async () => {
    const lane = await laneAfter('whole', [cloneOverlay, defineClone]);
    expect(await lane.undo(defineClone)).toHaveProperty('value');
    expect(await lane.undo(defineClone)).toHaveProperty('value');
    expect(await lane.observe(defineClone)).toMatchObject({ value: { verdict: 'not-started' } });
  });

  it.each<[string, PlannedStep[], object]>([
    ['has another name', drill, { ...clone, vm: 'drill-web-1-7', at: south1 }],
    ['is the VM itself', [cloneOverlay], { ...db, at: north1 }],
  ])('is not taken for one by the clean-up when it %s', async (_name, before, about) => {
    const lane = await laneAfter('whole', before);
    const effects = lane.world.audit().effects;
    const input = { what: 'clone', ...about, vmOverlay: db.vm, overlayStep: 'vm/db-1/overlay' };
    expect(await lane.run({ id: 'cleanup', kind: 'cleanup', input })).toMatchObject({
      failure: { code: 'not-a-clone' },
    });
    expect(lane.world.audit().effects).toEqual(effects);
  });
});

describe('a definition', () => {
  const redefine: PlannedStep = { ...define, input: { ...define.input, at: north1 } };

  it('is contradictory where the VM is alive on disks that the run did not make', async () => {
    const lane = await laneAfter('whole', [cloneOverlay]);
    expect(await lane.observe(redefine)).toMatchObject({ value: { verdict: 'contradictory' } });
    expect(await lane.run(redefine)).toMatchObject({ failure: { code: 'vm-running' } });
  });

  it('replaces an older, stopped one', async () => {
    const lane = await laneAfter('whole', [shutdown, cloneOverlay]);
    expect(await lane.observe(redefine)).toMatchObject({ value: { verdict: 'not-started' } });
    expect(await lane.run(redefine)).toHaveProperty('value');
    expect(await lane.observe(redefine)).toMatchObject({ value: { verdict: 'done' } });
  });
});

describe('a clean-up of the source', () => {
  it('refuses a VM that still runs', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(step('cleanup', { what: 'source', ...db, at: north1 }))).toMatchObject({
      failure: { code: 'source-running', kind: 'permanent' },
    });
  });
});

describe('a start', () => {
  it('is contradictory where the host does not know the VM', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.observe(start)).toMatchObject({ value: { verdict: 'contradictory' } });
    expect(await lane.run(start)).toMatchObject({ failure: { code: 'vm-not-found' } });
  });

  it('is done when the VM runs already, without another start', async () => {
    const lane = await laneAfter('north-lost', failover);
    expect(await lane.observe(start)).toMatchObject({ value: { verdict: 'done' } });
  });
});

describe('a check', () => {
  it.each<[string, PlannedStep]>([
    ['a VM in another state', step('check', { about: 'vm-state', state: 'shut-off', ...db, at: north1 })],
    ['a point that is not there', step('check', { about: 'replica', vm: db.vm, at: south1, point: { id: 'p-0' } })],
    ['a replica that is not there', step('check', { about: 'replica', vm: 'web-1', at: south1, point: 'newest' })],
  ])('fails on %s as a precondition', async (_name, planned) => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(planned)).toMatchObject({ failure: { code: 'check-failed', kind: 'precondition' } });
    expect(await lane.observe(planned)).toMatchObject({ value: { verdict: 'not-started' } });
    expect(await lane.check(planned)).toMatchObject({ value: [{ code: 'check-failed', severity: 'blocker' }] });
  });

  it('leaves the proof that a VM was seen stopped', async () => {
    const lane = await laneAfter('whole', [shutdown]);
    const planned = step('check', { about: 'vm-state', state: 'shut-off', ...db, at: north1 });
    expect(await lane.run(planned)).toMatchObject({ value: { proof: { kind: 'observed-stopped', place: north1 } } });
  });

  it('of an empty host waits for VMs that are alive to leave, and names them', async () => {
    const lane = await laneAfter('whole', []);
    const { hypervisor } = lane.world;
    const moved = { id: db.id, source: 'north-1', target: 'north-2', ladder: ['live'], copyStorage: 'all' } as const;
    const leaving = hypervisor.migrate({ ...moved, maxDowntimeMs: 500 }, new AbortController().signal, () => undefined);
    expect(await lane.run(step('check', { about: 'host-empty', host: 'north-1' }))).toHaveProperty('value');
    await leaving;
    expect(lane.texts[0]).toBe('north-1 still has db-1 (running)');
  });

  it('of an empty host fails at once when only stopped VMs are left, and in the end when live ones stay', async () => {
    const stopped = await laneAfter('whole', [shutdown]);
    const planned = step('check', { about: 'host-empty', host: 'north-1' });
    expect(await stopped.run(planned)).toMatchObject({ failure: { message: 'north-1 still has db-1 (shut-off)' } });
    const alive = await laneAfter('whole', []);
    expect(await alive.run(planned)).toMatchObject({ failure: { message: 'north-1 still has db-1 (running)' } });
  });
});

describe('a place', () => {
  it('says everything that speaks against it', async () => {
    const lane = await laneAfter('whole', []);
    const planned = step('place', {
      ...db,
      at: north2,
      memoryBytes: 2 ** 50,
      vcpus: 1,
      networks: ['br-dmz'],
      diskBytes: 0,
    });
    const ended = await lane.run(planned);
    expect(ended).toMatchObject({ failure: { code: 'place-unfit', kind: 'precondition' } });
    expect('failure' in ended ? ended.failure.message : '').toContain('north-2 has no network br-dmz');
  });

  it('may be tried again when the host cannot be reached', async () => {
    const lane = await laneAfter('whole', [], [north1Dies]);
    const room = { memoryBytes: 1, vcpus: 1, networks: [], diskBytes: 0 };
    expect(await lane.run(step('place', { ...db, at: north1, ...room }))).toMatchObject({
      failure: { code: 'host-unreachable', kind: 'transient' },
    });
  });
});

const lookers = stepCases.filter(({ kind }) => !['wait', 'fence'].includes(kind));

it.each(lookers)('$name finds that its host cannot be reached, and does not reject', async (planned) => {
  const dead = await laneAfter(
    'whole',
    [],
    ['north-1', 'north-2', 'south-1'].map((host) => ({ at: 0, fault: { kind: 'host-dies', host } }) as const),
  );
  const found = await dead.check(planned);
  expect('value' in found ? found.value.map(({ severity }) => severity) : []).toContain('blocker');
});

it.each(stepCases)(
  '$name finds nothing that stands against it in the world that it was planned for',
  async (planned) => {
    const lane = await laneAfter(planned.world, planned.after);
    expect(await lane.check(planned)).toEqual({ value: [] });
  },
);
