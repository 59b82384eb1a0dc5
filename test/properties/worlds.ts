import * as fc from 'fast-check';
import type { Authority } from '../../src/model/authority.js';
import type { Estate } from '../../src/model/estate.js';
import type { HostFacts, Inventory, VmFacts } from '../../src/model/inventory.js';
import type { Mode } from '../../src/model/mode.js';
import type { Replica } from '../../src/model/replica.js';
import type { RunRequest } from '../../src/model/request.js';
import type { ExtraStep, Group, Runbook } from '../../src/model/runbook.js';
import {
  authorityAt,
  estate,
  GiB,
  group,
  host,
  inventory,
  lostHost,
  noon,
  remembered,
  replica,
  request,
  runbook,
  vm,
} from './builders.js';

/** All that a plan is made of. */
export interface World {
  readonly estate: Estate;
  readonly inventory: Inventory;
  readonly runbook: Runbook;
  readonly request: RunRequest;
}

/** How much a world may be in the way of its run. */
export interface Trouble {
  /** Which hosts of the protected site answer. */
  readonly source: 'all' | 'none' | 'some';
  /** Whether VMs may lack replicas or networks, hosts be cordoned or full, and the ledger name VMs that moved. */
  readonly isTidy: boolean;
}

const vmsMax = 24;
export const plannedModes = ['failover', 'drill', 'relocate', 'failback', 'evacuate', 'reverse'] as const;

/**
 * Random estates of two sites with up to three hosts each, runbooks of up to five groups that wait for each other without
 * circles, and inventories. VMs are called `GROUP-NUMBER`, groups `g0` to `g4`.
 */
export function worlds(mode: Mode, trouble: Trouble): fc.Arbitrary<World> {
  return fc
    .record({ north: fc.integer({ min: 1, max: 3 }), south: fc.integer({ min: 1, max: 3 }) })
    .chain(({ north, south }) => {
      const norths = Array.from({ length: north }, (_, index) => `north-${index + 1}`);
      const souths = Array.from({ length: south }, (_, index) => `south-${index + 1}`);
      return fc
        .record({
          isSeen: fc.tuple(...norths.map(() => seen(trouble.source))),
          rooms: fc.tuple(...souths.map(() => room(trouble.isTidy))),
          vms: fc.array(vmSeed(trouble.isTidy), { minLength: 1, maxLength: vmsMax }),
          groups: fc.array(groupSeed, { minLength: 1, maxLength: 5 }),
          rules: rulesSeed,
        })
        .map((seeds) => worldOf({ mode, norths, souths, ...seeds }));
    });
}

/** A world of any mode and any trouble. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    mode: fc.constantFrom(...plannedModes),
    source: fc.constantFrom('all' as const, 'none' as const, 'some' as const),
    isTidy: fc.boolean(),
  })
  .chain(({ mode, source, isTidy }) => worlds(mode, { source, isTidy }));

function seen(source: Trouble['source']): fc.Arbitrary<boolean> {
  return source === 'some' ? fc.boolean() : fc.constant(source === 'all');
}

/** Facts of a host of the recovery site. */
function room(isTidy: boolean): fc.Arbitrary<Partial<HostFacts>> {
  const roomy = fc.record({ memoryFreeBytes: fc.integer({ min: 64, max: 200 }).map((size) => size * GiB) });
  const tight = fc.record({
    memoryFreeBytes: fc.integer({ min: 0, max: 40 }).map((size) => size * GiB),
    diskFreeBytes: fc.integer({ min: 1, max: 100 }).map((size) => size * GiB),
    isCordoned: often(false, true),
    cpuModels: often<string[]>(['EPYC', 'qemu64'], ['qemu64']),
  });
  return isTidy ? roomy : fc.oneof(roomy, tight, fc.constant({ unreachable: 'timed out' }));
}

interface VmSeed {
  readonly group: number;
  readonly on: number;
  readonly to: number;
  readonly facts: Partial<VmFacts>;
  readonly network: string;
  readonly points: number;
  readonly history: 'none' | 'moved' | 'stopped-there' | 'moving' | 'contested';
}

function vmSeed(isTidy: boolean): fc.Arbitrary<VmSeed> {
  return fc.record({
    group: fc.nat(4),
    on: fc.nat(2),
    to: fc.nat(2),
    facts: fc.record({
      state: isTidy ? often<VmFacts['state']>('running', 'shut-off') : states,
      memoryBytes: fc.integer({ min: 1, max: 64 }).map((size) => (size * GiB) / 4),
      vcpus: fc.integer({ min: 1, max: 8 }),
      hasAgent: fc.boolean(),
      dirtyBytesPerSecond: fc.integer({ min: 0, max: 200_000_000 }),
    }),
    network: isTidy ? fc.constant('br-prod') : often('br-prod', 'br-odd'),
    points: isTidy ? fc.integer({ min: 1, max: 3 }) : fc.integer({ min: -1, max: 3 }),
    history: isTidy
      ? fc.constant('none' as const)
      : often<VmSeed['history']>('none', 'moved', 'stopped-there', 'moving', 'contested'),
  });
}

const states = fc.constantFrom<VmFacts['state']>(
  'running',
  'running',
  'running',
  'paused',
  'shut-off',
  'crashed',
  'unknown',
);

const groupSeed = fc.record({
  priority: fc.integer({ min: 1, max: 5 }),
  after: fc.array(fc.nat(4), { maxLength: 2 }),
  isGlob: fc.boolean(),
  isRestart: often(false, true),
  ready: fc.constantFrom<Group['ready']>(
    [],
    [{ probe: 'guest-agent', withinMs: 60_000 }],
    [
      { probe: 'tcp', port: 22, withinMs: 30_000 },
      { probe: 'http', url: 'http://localhost/', status: 200, withinMs: 30_000 },
    ],
  ),
});

type GroupSeed = typeof groupSeed extends fc.Arbitrary<infer Seed> ? Seed : never;

const rulesSeed = fc.record({
  apart: fc.option(fc.nat(4), { nil: undefined }),
  together: fc.option(fc.nat(4), { nil: undefined }),
  perRun: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  isMarked: fc.boolean(),
  isLimited: often(false, true),
});

type RulesSeed = typeof rulesSeed extends fc.Arbitrary<infer Seed> ? Seed : never;

interface Seeds {
  readonly mode: Mode;
  readonly norths: readonly string[];
  readonly souths: readonly string[];
  readonly isSeen: readonly boolean[];
  readonly rooms: readonly Partial<HostFacts>[];
  readonly vms: readonly VmSeed[];
  readonly groups: readonly GroupSeed[];
  readonly rules: RulesSeed;
}

function worldOf(seeds: Seeds): World {
  const { mode, norths, souths, isSeen, rooms, rules } = seeds;
  const vms = seeds.vms.map((seed, index) => vmParts(seeds, seed, `g${seed.group % seeds.groups.length}-${index}`));
  const names = vms.map(({ name }) => name);
  const hosts = [
    ...norths.map((name, index) => (isSeen[index] === true ? host(name) : lostHost(name))),
    ...souths.map((name, index) => host(name, rooms[index] ?? {})),
  ];
  const isEvacuation = mode === 'evacuate';
  return {
    estate: estate(norths.join(' '), souths.join(' ')),
    inventory: inventory({
      hosts,
      vms: vms.flatMap(({ sightings }) => sightings),
      replicas: vms.flatMap(({ replicas }) => replicas),
      authority: vms.flatMap(({ authority }) => authority),
    }),
    runbook: runbook(groupsOf(seeds.groups, names), {
      ...(isEvacuation && norths.length > 1
        ? { protect: { from: { site: 'north', host: 'north-1' }, to: { site: 'north' } } }
        : {}),
      objectives: { rpoMs: 60_000, rtoMs: 600_000 },
      keepApart: rules.apart === undefined ? [] : [[{ glob: `g${rules.apart}-*` }]],
      keepTogether: rules.together === undefined ? [] : [[{ glob: `g${rules.together}-*` }]],
      limits: { perHost: 2, perLink: 4, ...(rules.perRun === undefined ? {} : { perRun: rules.perRun }) },
      steps: rules.isMarked ? marks(seeds.groups.length) : [],
    }),
    request: request(mode, rules.isLimited ? { limitTo: names.slice(0, 3) } : {}),
  };
}

function vmParts(seeds: Seeds, seed: VmSeed, name: string) {
  const { norths, souths, isSeen } = seeds;
  const home = seed.on % norths.length;
  const on = norths[home] ?? 'north-1';
  const to = souths[seed.to % souths.length] ?? 'south-1';
  const there = (site: string): Partial<VmFacts> => ({ ...seed.facts, networks: [`${seed.network}-${site}`] });
  const replicas: Replica[] = seed.points < 0 ? [] : [replica(name, to, pointsOf(name, seed.points))];
  const isBack = seeds.mode === 'failback' || seeds.mode === 'reverse';
  const history = isBack && seed.history === 'none' ? 'moved' : seed.history;
  const backward: Replica[] =
    seeds.mode === 'failback' && seed.points >= 0 ? [replica(name, on, pointsOf(name, seed.points))] : [];
  const onSource =
    isSeen[home] === true
      ? [
          vm(name, on, {
            ...there('north'),
            ...(history === 'moved' || history === 'stopped-there' ? { state: 'shut-off' as const } : {}),
          }),
        ]
      : replicas.length > 0
        ? [remembered(name, on, there('north'))]
        : [];
  return {
    name,
    sightings: [...onSource, ...targetSighting({ name, to, history, facts: there('south') })],
    replicas: isBack ? backward : replicas,
    authority: ledgerOf({ name, on, to, history }),
  };
}

function targetSighting(about: {
  readonly name: string;
  readonly to: string;
  readonly history: VmSeed['history'];
  readonly facts: Partial<VmFacts>;
}): VmFacts[] {
  const { name, to, history, facts } = about;
  switch (history) {
    case 'moved':
      return [vm(name, to, { ...facts, state: 'running' })];
    case 'stopped-there':
      return [vm(name, to, { ...facts, state: 'shut-off' })];
    case 'moving':
      return [vm(name, to, { ...facts, state: 'paused' })];
    case 'contested':
    case 'none':
      return [];
    default:
      return history satisfies never;
  }
}

function ledgerOf(about: {
  readonly name: string;
  readonly on: string;
  readonly to: string;
  readonly history: VmSeed['history'];
}): Authority[] {
  const { name, on, to, history } = about;
  const from = { site: 'north', host: on };
  const there = { site: 'south', host: to };
  const known = authorityAt(name, to);
  const { vm: subject, epoch, since, proof } = known;
  switch (history) {
    case 'none':
      return [];
    case 'moved':
    case 'stopped-there':
      return [known];
    case 'moving':
      return [{ vm: subject, epoch, since, proof, state: 'moving', from, to: there }];
    case 'contested':
      return [{ vm: subject, epoch, since, proof, state: 'contested', places: [from, there] }];
    default:
      return history satisfies never;
  }
}

function pointsOf(name: string, count: number): Partial<Replica> {
  const points = Array.from({ length: count }, (_, index) => ({
    id: `${name}-point-${index}`,
    vm: name,
    at: noon - 300_000 * (count - index),
    consistency: 'crash' as const,
    sizeBytes: 2 ** 27,
    pinnedBy: [],
  }));
  const last = points.at(-1);
  return {
    points,
    state: last === undefined ? 'seeding' : 'in-sync',
    ...(last === undefined ? {} : { dataAsOf: last.at }),
  };
}

function groupsOf(seeds: readonly GroupSeed[], names: readonly string[]): Group[] {
  return seeds.map((seed, index) => {
    const own = names.filter((name) => name.startsWith(`g${index}-`));
    return group(`g${index}`, seed.isGlob ? `g${index}-*` : own.join(' '), {
      priority: seed.priority,
      after: [...new Set(seed.after.filter((other) => other < index))].map((other) => `g${other}`),
      ready: seed.ready,
      move: {
        ladder: seed.isRestart ? ['restart'] : ['live', 'throttle', 'post-copy', 'pause', 'restart'],
        maxDowntimeMs: 500,
        deadlineMs: 600_000,
      },
    });
  });
}

/** A step at every kind of moment. */
function marks(groups: number): ExtraStep[] {
  const common = { timeoutMs: 60_000, onFailure: 'stop' as const };
  const last = `g${groups - 1}`;
  return [
    { ...common, moment: { at: 'before-move' }, action: { uses: 'notify', with: { message: 'it begins' } } },
    { ...common, moment: { at: 'before-group', group: 'g0' }, action: { uses: 'wait', with: { forMs: 1_000 } } },
    {
      ...common,
      moment: { at: 'after-group', group: last },
      onFailure: 'pause',
      action: { uses: 'approve', with: { from: [], withinMs: 60_000, otherwise: 'continue' } },
    },
    {
      ...common,
      moment: { at: 'after-move' },
      onFailure: 'continue',
      action: { uses: 'run', with: { on: 'controller', command: ['./switch-dns.sh', 'south'], repeatable: false } },
    },
  ];
}

/** The first four times out of five. */
function often<Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { arbitrary: fc.constant(usual), weight: 4 },
    { arbitrary: fc.constantFrom(usual, ...others), weight: 1 },
  );
}
