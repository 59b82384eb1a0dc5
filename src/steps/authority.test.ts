import { describe, expect, it } from '@jest/globals';
import type { Authority, Proof } from '../model/authority.js';
import type { JsonObject } from '../model/json.js';
import type { Lane, Plan, Step } from '../model/plan.js';
import { AuthorityLedger } from '../state-machines/authority-ledger.js';
import type { LaneState, RunState } from '../state-machines/run-state.js';
import { authorityRefusal } from './authority.js';
import { authorityEntries, type StepMoment } from './authority-entries.js';

const north = { site: 'north', host: 'north-1' };
const south = { site: 'south', host: 'south-1' };
const observed: Proof = { kind: 'observed-running', place: north, at: 1 };
const fenced: Proof = { kind: 'fenced-off', host: 'north-1', agent: 'fence_ipmilan', at: 5 };
const stopped: Proof = { kind: 'observed-stopped', place: north, at: 6 };
const atNorth: Authority = { vm: 'db-1', epoch: 3, since: 1, proof: observed, state: 'at', place: north };
const atSouth: Authority = { ...atNorth, state: 'at', place: south };
const moving: Authority = { ...atNorth, state: 'moving', from: north, to: south };

const takes = { rule: 'takes', vm: 'db-1', from: north, to: south, deadHosts: ['north-1'] } as const;
const moves = { rule: 'moves', vm: 'db-1', from: north, to: south } as const;
const needsAtSouth = { rule: 'needs-at', vm: 'db-1', place: south } as const;

function step(parts: Partial<Step>): Step {
  return {
    id: 'step',
    kind: 'start',
    action: 'run',
    title: 'A step',
    input: { vm: 'db-1', id: 'id-1', at: south },
    retry: { attempts: 1, backoffMs: 0 },
    timeoutMs: 60_000,
    onFailure: 'fail',
    isSkippable: false,
    uses: [],
    ...parts,
  };
}

const lane: Lane = {
  id: 'vm/db-1',
  subject: { kind: 'vm', name: 'db-1' },
  title: 'db-1',
  after: [],
  steps: [],
  recovery: [],
};
const plan: Plan = {
  version: 1,
  runbook: 'payroll',
  mode: 'failover',
  request: { mode: 'failover', by: 'eve', at: 0 },
  madeAt: 0,
  digests: { runbook: '', estate: '', inventory: '' },
  stages: [{ id: 'one', title: 'One', isAlways: false, lanes: [lane] }],
  skipped: [],
  findings: [],
  slots: {},
  onLaneFailure: 'continue',
  authority: [],
  objectives: {},
  estimates: { durationMs: 0, bytes: 0, vms: [] },
};

function state(parts: {
  readonly authority?: Authority;
  readonly deaths?: Readonly<Record<string, Proof>>;
  readonly outputs?: Readonly<Record<string, JsonObject>>;
}): RunState {
  const laneState: LaneState = {
    lane: 'vm/db-1',
    status: 'active',
    step: 0,
    isRecovering: false,
    activity: 'due',
    attempt: 1,
    offers: [],
    outputs: parts.outputs ?? {},
    passedOver: [],
  };
  return {
    runId: 'run-1',
    seq: 9,
    plan,
    phase: 'running',
    stage: 0,
    lanes: [laneState],
    authority: AuthorityLedger.of(parts.authority === undefined ? [] : [parts.authority]),
    deaths: parts.deaths ?? {},
  };
}

const taking = step({ kind: 'promote', authority: takes });
const movingStep = step({ kind: 'migrate', authority: moves });
const between = { vm: 'db-1', id: 'id-1', from: north, to: south };
const carrying = step({ kind: 'migrate', authority: moves, input: { ...between, state: 'shut-off' } });
const undoneMove = step({ kind: 'migrate', action: 'undo', input: between });
const elsewhere: Authority = { ...atNorth, state: 'at', place: { site: 'north', host: 'north-9' } };

describe('authorityRefusal', () => {
  it.each<[string, Step, RunState, 'allowed' | 'refused']>([
    ['a start where the authority is', step({ authority: needsAtSouth }), state({ authority: atSouth }), 'allowed'],
    ['a start where it is not', step({ authority: needsAtSouth }), state({ authority: atNorth }), 'refused'],
    ['a start while it moves there', step({ authority: needsAtSouth }), state({ authority: moving }), 'refused'],
    ['a start of a VM that the ledger does not know', step({ authority: needsAtSouth }), state({}), 'refused'],
    ['a start whose clause the plan forgot', step({}), state({ authority: atNorth }), 'refused'],
    ["a start of a drill's clone", step({}), state({}), 'allowed'],
    [
      'an undone shutdown after the VM was taken elsewhere',
      step({ kind: 'shutdown', action: 'undo', input: { vm: 'db-1', id: 'id-1', at: north } }),
      state({ authority: atSouth }),
      'refused',
    ],
    [
      'an undone shutdown while the VM is still here',
      step({ kind: 'shutdown', action: 'undo', input: { vm: 'db-1', id: 'id-1', at: north } }),
      state({ authority: atNorth }),
      'allowed',
    ],
    ['a move from where it is', movingStep, state({ authority: atNorth }), 'allowed'],
    ['the second attempt of a move', movingStep, state({ authority: moving }), 'allowed'],
    ['a move from where it is not', movingStep, state({ authority: atSouth }), 'refused'],
    ['an undone move of a VM that is still here', undoneMove, state({ authority: atNorth }), 'allowed'],
    ['an undone move of a VM on its way', undoneMove, state({ authority: moving }), 'allowed'],
    ['an undone move of a VM that has arrived', undoneMove, state({ authority: atSouth }), 'allowed'],
    ['an undone move of a VM that is elsewhere', undoneMove, state({ authority: elsewhere }), 'refused'],
    ['a taking without any proof', taking, state({ authority: atNorth }), 'refused'],
    ['a taking after the fence', taking, state({ authority: atNorth, deaths: { 'north-1': fenced } }), 'allowed'],
    [
      'a taking after the VM was seen stopped',
      taking,
      state({
        authority: atNorth,
        outputs: { shutdown: { proof: JSON.parse(JSON.stringify(stopped)) as JsonObject } },
      }),
      'allowed',
    ],
    [
      'a taking after it was seen stopped somewhere else',
      taking,
      state({
        authority: atNorth,
        outputs: { shutdown: { proof: { kind: 'observed-stopped', place: south, at: 1 } } },
      }),
      'refused',
    ],
    [
      'a taking while a move may have reached a living host',
      taking,
      state({ authority: moving, deaths: { 'north-1': fenced } }),
      'refused',
    ],
    ['a second taking', taking, state({ authority: atSouth }), 'allowed'],
    ['a step without a clause', step({ kind: 'ready' }), state({ authority: atNorth }), 'allowed'],
  ])('says of %s what the rules say', (_name, given, inState, verdict) => {
    const refusal = authorityRefusal(given, inState);
    expect(refusal === undefined ? 'allowed' : 'refused').toBe(verdict);
    expect(refusal?.code ?? 'refused-by-safety').toBe('refused-by-safety');
  });
});

describe('authorityEntries', () => {
  const entries = (given: Step, inState: RunState, when: StepMoment) =>
    authorityEntries({ step: given, state: inState, when, at: 100, author: 'engine' });

  it('journals that a VM is moving when its migration starts, with the next epoch', () => {
    expect(entries(movingStep, state({ authority: atNorth }), { moment: 'started' })).toEqual([
      {
        type: 'authority.moved',
        at: 100,
        author: 'engine',
        authority: {
          vm: 'db-1',
          epoch: 4,
          since: 100,
          state: 'moving',
          from: north,
          to: south,
          proof: { kind: 'migration-started', from: north, to: south, at: 100 },
        },
      },
    ]);
  });

  it('journals nothing when a second attempt of the same move starts', () => {
    expect(entries(movingStep, state({ authority: moving }), { moment: 'started' })).toEqual([]);
  });

  it.each<[StepMoment, Partial<Authority>]>([
    [
      { moment: 'succeeded', output: {} },
      { state: 'at', place: south },
    ],
    [
      { moment: 'failed', code: 'migration-refused' },
      { state: 'at', place: north },
    ],
    [{ moment: 'observed-not-started' }, { state: 'at', place: north }],
    [
      { moment: 'observed-not-started', output: { standing: 'at-source' } },
      { state: 'at', place: north, proof: { kind: 'observed-running', place: north, at: 100 } },
    ],
    [
      { moment: 'observed-not-started', output: { standing: 'stopped-at-source' } },
      { state: 'at', place: north, proof: { kind: 'observed-stopped', place: north, at: 100 } },
    ],
    [
      { moment: 'failed', code: 'stopped-at-source' },
      { state: 'at', place: north, proof: { kind: 'observed-stopped', place: north, at: 100 } },
    ],
    [
      { moment: 'failed', code: 'vm-running-twice' },
      { state: 'contested', places: [north, south] },
    ],
  ])('brings a moving VM to where it was seen: %j', (when, authority) => {
    expect(entries(movingStep, state({ authority: moving }), when)).toMatchObject([
      { authority: { epoch: 4, ...authority } },
    ]);
  });

  it.each<StepMoment>([
    { moment: 'failed', code: 'stopped-at-target' },
    { moment: 'observed-not-started', output: { standing: 'stopped-at-target' } },
  ])('leaves a VM moving that has arrived and does not run yet: %j', (when) => {
    expect(entries(movingStep, state({ authority: moving }), when)).toEqual([]);
  });

  it('names the stop as the proof when a VM that is shut off was not carried', () => {
    expect(entries(carrying, state({ authority: moving }), { moment: 'failed', code: 'no-space' })).toMatchObject([
      { authority: { state: 'at', place: north, proof: { kind: 'observed-stopped' } } },
    ]);
  });

  it.each([
    [
      moving,
      { at: north, state: 'running' },
      [{ authority: { state: 'at', place: north, epoch: 4, proof: { kind: 'observed-running' } } }],
    ],
    [
      moving,
      { at: south, state: 'running' },
      [{ authority: { state: 'at', place: south, epoch: 4, proof: { kind: 'migration-completed' } } }],
    ],
    [atNorth, { at: north, state: 'running' }, []],
    [moving, {}, []],
  ])('brings authority to where an undone move has found the VM: %#', (before, output, expected) => {
    const when: StepMoment = { moment: 'succeeded', output };
    expect(entries(undoneMove, state({ authority: before }), when)).toMatchObject(expected);
  });

  it('leaves a VM moving when its migration failed without anybody having looked', () => {
    expect(entries(movingStep, state({ authority: moving }), { moment: 'failed', code: 'timed-out' })).toEqual([]);
  });

  it('takes a VM with the proof that its host is dead', () => {
    const inState = state({ authority: atNorth, deaths: { 'north-1': fenced } });
    expect(entries(taking, inState, { moment: 'succeeded', output: {} })).toMatchObject([
      { authority: { epoch: 4, state: 'at', place: south, proof: fenced } },
    ]);
  });

  it('takes nothing when the step only starts', () => {
    expect(
      entries(taking, state({ authority: atNorth, deaths: { 'north-1': fenced } }), { moment: 'started' }),
    ).toEqual([]);
  });

  it('journals the death that a fence has proven, once', () => {
    const fence = step({ kind: 'fence', input: { host: 'north-1' } });
    const when: StepMoment = {
      moment: 'succeeded',
      output: { proof: JSON.parse(JSON.stringify(fenced)) as JsonObject },
    };
    expect(entries(fence, state({}), when)).toEqual([
      { type: 'death.proven', host: 'north-1', proof: fenced, at: 100, author: 'engine' },
    ]);
    expect(entries(fence, state({ deaths: { 'north-1': fenced } }), when)).toEqual([]);
  });
});
