import { describe, expect, it } from '@jest/globals';
import {
  clone,
  cloneOverlay,
  db,
  define,
  drill,
  failover,
  moveOverlay,
  moveOverOverlay,
  north1,
  type PlannedStep,
  promote,
  promotedOverlay,
  shutdown,
  south1,
  start,
  step,
  sync,
} from './step-cases.js';
import { laneAfter } from './step-lane.js';
import type { WorldName } from './step-worlds.js';

const overlayStep = 'vm/db-1/overlay';
const ready = step('ready', { ...db, at: south1, check: { probe: 'guest-agent', withinMs: 60_000 } });
const readyClone = step('ready', { ...clone, at: south1, check: { probe: 'tcp', port: 22, withinMs: 60_000 } });
const finalSync: PlannedStep = { ...sync, id: 'final-sync' };
const cleanSource = step('cleanup', { what: 'source', ...db, at: north1 });
const cleanClone = step('cleanup', { what: 'clone', ...clone, at: south1, vmOverlay: db.vm, overlayStep });
const merge = step('cleanup', { what: 'merge', vm: db.vm, at: south1, overlayStep });
const isState = (state: 'running' | 'shut-off') => step('check', { about: 'vm-state', state, ...db, at: north1 });

const lanes: readonly (readonly [string, WorldName, readonly PlannedStep[], readonly string[]])[] = [
  [
    'a failover after a fence',
    'north-lost',
    [step('fence', { host: 'north-1' }), ...failover, ready],
    ['south-1 db-1 running'],
  ],
  [
    'a live relocation',
    'whole',
    [isState('running'), sync, moveOverlay, moveOverOverlay, ready, merge],
    ['south-1 db-1 running'],
  ],
  [
    'a relocation by restart',
    'whole',
    [isState('running'), sync, shutdown, finalSync, promote, promotedOverlay, define, start, ready, cleanSource],
    ['south-1 db-1 running'],
  ],
  ['a drill', 'whole', [...drill, readyClone, cleanClone], ['north-1 db-1 running']],
  [
    'a drill that broke off after its overlay',
    'whole',
    [cloneOverlay, cleanClone, cleanClone],
    ['north-1 db-1 running'],
  ],
];

describe.each(lanes)('%s', (_name, worldName, steps, ends) => {
  it('comes to its end without a VM that runs twice', async () => {
    const { world } = await laneAfter(worldName, steps);
    const { doubles } = world.audit();
    expect(doubles).toEqual([]);
    const looks = Promise.all(
      ['north-1', 'north-2', 'south-1'].map(async (host) => {
        const seen = world.hypervisor.host(host, new AbortController().signal);
        return await seen.then(({ vms }) => vms.map(({ name, state }) => `${host} ${name} ${state}`)).catch(() => []);
      }),
    );
    await world.clock.run({ until: looks });
    expect((await looks).flat()).toEqual(ends);
  });
});

it.each(lanes.filter(([, worldName]) => worldName === 'whole'))(
  '%s loses nothing that was written',
  async (...lane) => {
    const [, worldName, steps] = lane;
    const { world } = await laneAfter(worldName, steps);
    expect(world.audit().lostWrites).toEqual([]);
  },
);

it('a relocation by restart can be taken back at the source before anything was promoted', async () => {
  const lane = await laneAfter('whole', [sync, shutdown, finalSync]);
  expect(await lane.undo(shutdown)).toMatchObject({ value: { state: 'running', hadAutostart: true } });
  expect(lane.world.audit().lostWrites).toEqual([]);
});
