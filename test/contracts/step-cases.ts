import type { Effect, EffectKind } from '../../src/hypervisors/simulated/audit.js';
import type { CallMatch } from '../../src/hypervisors/simulated/fault.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Observation } from '../../src/model/observation.js';
import type { StepKind } from '../../src/model/plan.js';
import type { StepInputs } from '../../src/model/step-input.js';
import type { WorldName } from './step-worlds.js';

/** A step in a world that is ready for it, and what doing it once comes to. */
export interface StepCase extends PlannedStep {
  readonly name: string;
  readonly world: WorldName;
  /** Steps of the same lane that come before it. */
  readonly after: readonly PlannedStep[];
  /** What a look says before it was begun. */
  readonly before: Observation['verdict'];
  /** What it changes in the world, in this order, once each, whatever happens in between. */
  readonly effects: readonly EffectKind[];
  /** What is added when it is done again on purpose: nothing, unless it is there to catch up once more. */
  readonly again: readonly EffectKind[];
  /** Members of its output that only the process which did it knows. */
  readonly unseen: readonly string[];
  /** Calls whose answers may get lost. */
  readonly changes: readonly Pick<CallMatch, 'port' | 'method'>[];
}

export interface PlannedStep {
  readonly id: string;
  readonly kind: StepKind;
  readonly input: JsonObject;
}

export const north1 = { site: 'north', host: 'north-1' };
export const north2 = { site: 'north', host: 'north-2' };
export const south1 = { site: 'south', host: 'south-1' };
export const db = { vm: 'db-1', id: '00000000-0000-4000-8000-0000000000d1' };
export const clone = { vm: 'drill-db-1-7', id: '00000000-0000-4000-8000-0000000000c7' };

/** A step as the planner writes it; its id is its kind when none is given. */
export function step<Kind extends StepKind>(kind: Kind, input: StepInputs[Kind], id: string = kind): PlannedStep {
  return { id, kind, input: input as JsonObject };
}

const body = { memoryBytes: 2 * 2 ** 30, vcpus: 2, hasAgent: true, tags: [] };
const point = 'newest' as const;
const checkAgent = { probe: 'guest-agent', withinMs: 60_000 } as const;

export const promote = step('promote', { vm: db.vm, at: south1, point });
export const promotedOverlay = step('overlay', { vm: db.vm, at: south1, purpose: 'promoted', point });
export const cloneOverlay = step('overlay', { vm: db.vm, at: south1, purpose: 'clone', point });
export const moveOverlay = step('overlay', { vm: db.vm, at: south1, purpose: 'move', point });
export const define = step('define', {
  at: south1,
  definition: { ...body, id: db.id, name: db.vm, networks: ['br-south'], hasAutostart: true },
  disksFrom: 'overlay',
});
export const defineClone = step('define', {
  at: south1,
  definition: {
    ...body,
    id: clone.id,
    name: clone.vm,
    networks: ['br-drill'],
    hasAutostart: false,
    cloneOf: db.id,
  },
  disksFrom: 'overlay',
});
export const start = step('start', { ...db, at: south1 });
export const startClone = step('start', { ...clone, at: south1 });
export const sync = step('sync', { vm: db.vm, from: north1, to: south1 });
export const shutdown = step('shutdown', { ...db, at: north1 });
export const migrateLive = {
  ...db,
  from: north1,
  to: south1,
  state: 'running',
  ladder: ['live', 'pause'],
  maxDowntimeMs: 500,
} as const;
export const restart = { ...migrateLive, to: north2, copyStorage: 'all' } as const;
export const moveOverOverlay = step('migrate', { ...migrateLive, copyStorage: 'overlay' });
export const failover = [promote, promotedOverlay, define, start];
export const drill = [cloneOverlay, defineClone, startClone];
const mergeOverlay = step('cleanup', { what: 'merge', vm: db.vm, at: south1, overlayStep: 'vm/db-1/overlay' });

const on = (port: string, ...methods: readonly string[]) => methods.map((method) => ({ port, method }));

function stepCase(
  name: string,
  planned: PlannedStep,
  rest: Partial<StepCase> & Pick<StepCase, 'world' | 'effects'>,
): StepCase {
  return { name, ...planned, after: [], before: 'not-started', changes: [], again: [], unseen: [], ...rest };
}

export const stepCases: readonly StepCase[] = [
  stepCase('fence', step('fence', { host: 'north-1' }), {
    world: 'whole',
    effects: ['fence-off'],
    changes: on('fencer', 'off'),
  }),
  stepCase('check of a VM', step('check', { about: 'vm-state', state: 'running', ...db, at: north1 }), {
    world: 'whole',
    before: 'done',
    effects: [],
  }),
  stepCase('check of a replica', step('check', { about: 'replica', vm: db.vm, at: south1, point }), {
    world: 'whole',
    before: 'done',
    effects: [],
  }),
  stepCase('check of an empty host', step('check', { about: 'host-empty', host: 'north-2' }), {
    world: 'whole',
    before: 'done',
    effects: [],
  }),
  stepCase(
    'place',
    step('place', { ...db, at: south1, memoryBytes: 2 ** 30, vcpus: 2, networks: ['br-south'], diskBytes: 0 }),
    { world: 'whole', before: 'done', effects: [] },
  ),
  stepCase('promote', promote, { world: 'north-lost', effects: ['promote'], changes: on('replicas', 'promote') }),
  stepCase('overlay over a promoted point', promotedOverlay, {
    world: 'north-lost',
    after: [promote],
    effects: ['overlay'],
    changes: on('replicas', 'createOverlay'),
  }),
  stepCase('overlay for a clone', cloneOverlay, {
    world: 'whole',
    effects: ['overlay'],
    changes: on('replicas', 'createOverlay'),
  }),
  stepCase('define', define, {
    world: 'north-lost',
    after: [promote, promotedOverlay],
    effects: ['define'],
    changes: on('hypervisor', 'define'),
  }),
  stepCase('start', start, {
    world: 'north-lost',
    after: [promote, promotedOverlay, define],
    effects: ['start'],
    changes: on('hypervisor', 'start'),
  }),
  stepCase('ready', step('ready', { ...db, at: south1, check: checkAgent }), {
    world: 'north-lost',
    after: failover,
    effects: [],
  }),
  stepCase(
    'cleanup of a clone',
    step('cleanup', {
      what: 'clone',
      ...clone,
      at: south1,
      vmOverlay: db.vm,
      overlayStep: 'vm/db-1/overlay',
    }),
    {
      world: 'whole',
      after: drill,
      effects: ['stop', 'undefine', 'overlay-removed'],
      changes: [...on('hypervisor', 'destroy', 'undefine'), ...on('replicas', 'removeOverlay')],
    },
  ),
  stepCase('sync', sync, {
    world: 'whole',
    effects: ['sync-point'],
    again: ['sync-point'],
    changes: on('replicas', 'sync'),
  }),
  stepCase('migrate with its storage', step('migrate', { ...migrateLive, to: north2, copyStorage: 'all' }), {
    world: 'whole',
    effects: ['migrate'],
    changes: on('hypervisor', 'migrate'),
  }),
  stepCase('migrate by a restart', step('migrate', { ...restart, ladder: ['restart'] }), {
    world: 'whole',
    effects: ['stop', 'carry', 'start'],
    unseen: ['downtimeMs', 'bytes', 'climbed'],
    changes: on('hypervisor', 'shutdown', 'carry', 'start'),
  }),
  stepCase('migrate a VM that is shut off', step('migrate', { ...restart, state: 'shut-off', ladder: [] }), {
    world: 'shut-off',
    effects: ['carry'],
    unseen: ['bytes'],
    changes: on('hypervisor', 'carry'),
  }),
  stepCase('migrate over an overlay', moveOverOverlay, {
    world: 'whole',
    after: [sync, moveOverlay],
    effects: ['migrate'],
    changes: on('hypervisor', 'migrate'),
  }),
  stepCase('cleanup by merging', mergeOverlay, {
    world: 'whole',
    after: [sync, moveOverlay, moveOverOverlay],
    effects: ['merge'],
    changes: on('replicas', 'mergeOverlay'),
  }),
  stepCase('shutdown', shutdown, {
    world: 'whole',
    effects: ['stop', 'autostart'],
    changes: on('hypervisor', 'shutdown', 'setAutostart'),
  }),
  stepCase('cleanup of the source', step('cleanup', { what: 'source', ...db, at: north1 }), {
    world: 'whole',
    after: [shutdown],
    effects: ['undefine'],
    changes: on('hypervisor', 'undefine'),
  }),
  stepCase('cordon', step('cordon', { host: 'north-1' }), {
    world: 'whole',
    effects: ['cordon'],
    changes: on('hypervisor', 'cordon'),
  }),
  stepCase('wait', step('wait', { forMs: 20_000 }), { world: 'whole', effects: [] }),
  stepCase('reverse', step('reverse', { vm: db.vm, from: south1, to: north1 }), {
    world: 'whole',
    after: [sync, moveOverlay, moveOverOverlay, mergeOverlay].map((planned, index) =>
      index === 3 ? { ...planned, id: 'merge' } : planned,
    ),
    effects: ['reverse', 'sync-point'],
    again: ['sync-point'],
    changes: on('replicas', 'reverse'),
  }),
];

/** Whether a case counts the effect: all but what merely begins a migration. */
export function counted({ kind }: Effect): boolean {
  return kind !== 'migrate-begin';
}
