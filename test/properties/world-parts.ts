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

/** What chance decides of a VM; hosts are counted round. */
export interface VmSeed {
  readonly group: number;
  readonly on: number;
  readonly to: number;
  readonly facts: Partial<VmFacts>;
  readonly network: string;
  readonly points: number;
  readonly history: 'none' | 'moved' | 'stopped-there' | 'moving' | 'contested';
}

/** What chance decides of a group; only groups before it are waited for. */
export interface GroupSeed {
  readonly priority: number;
  readonly after: readonly number[];
  readonly isGlob: boolean;
  readonly isRestart: boolean;
  readonly ready: Group['ready'];
}

export interface RulesSeed {
  readonly apart: number | undefined;
  readonly together: number | undefined;
  readonly perRun: number | undefined;
  readonly isMarked: boolean;
  readonly isLimited: boolean;
}

export interface Seeds {
  readonly mode: Mode;
  readonly norths: readonly string[];
  readonly souths: readonly string[];
  readonly isSeen: readonly boolean[];
  readonly rooms: readonly Partial<HostFacts>[];
  readonly vms: readonly VmSeed[];
  readonly groups: readonly GroupSeed[];
  readonly rules: RulesSeed;
}

/** The world of the seeds: the same for the same ones. */
export function worldOf(seeds: Seeds): World {
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
