import { describe, expect, it } from '@jest/globals';
import { type AnyMachineSnapshot, initialTransition } from 'xstate';
import type { LaneContext } from './lane-event.js';
import { laneMachine } from './lane-machine.js';
import type { LaneShape, StepShape } from './lane-shape.js';
import { deadEnds, walkMachine } from './machine-graph.js';
import { replicaMachine } from './replica-machine.js';
import { triggerMachine } from './trigger-machine.js';

const failure = (kind: 'transient' | 'permanent' | 'outcome-unknown') => ({ code: kind, kind, message: kind });
const rule = { attemptsAllowed: 2, againAt: 0 };

const laneEvents = [
  { type: 'OPEN', at: 0 },
  { type: 'BLOCK', at: 0, reason: 'db-1 failed' },
  { type: 'START', at: 0, attempt: 1, deadlineAt: 0 },
  { type: 'SUCCEED', at: 0, step: 's', output: {} },
  ...(['transient', 'permanent', 'outcome-unknown'] as const).map((kind) => ({
    type: 'FAIL',
    at: 0,
    step: 's',
    failure: failure(kind),
    ...rule,
  })),
  ...['done', 'not-started', 'in-progress', 'contradictory'].map((verdict) => ({
    type: 'OBSERVE',
    at: 0,
    step: 's',
    observation: { verdict, evidence: verdict },
    ...rule,
  })),
  ...['TIME', 'TAKE_UP', 'CANCEL', 'RETRY', 'ABANDON'].map((type) => ({ type, at: 0 })),
  { type: 'SKIP', at: 0, step: 's' },
  { type: 'APPROVE', at: 0, step: 's', by: 'ann' },
  { type: 'REJECT', at: 0, by: 'ann' },
  { type: 'ATTEST', at: 0, step: 's', output: {} },
];

describe('the machine of a lane', () => {
  it.each([
    ['steps that fail, go on and ask, with a recovery', shape(['fail', 'continue', 'ask'], ['ask', 'ask'])],
    ['a single step without recovery', shape(['fail'], [])],
    ['a fence', { steps: [{ ...step('fence', 'ask', 0), isSkippable: false }], recovery: [] }],
    ['an approval', { steps: [step('approve', 'ask', 0), step('approve', 'fail', 1)], recovery: [] }],
    ['no steps at all', shape([], [])],
  ])('reaches every state and takes every transition, with %s', (_, laneShape) => {
    const graph = walkLane(laneShape);
    expect(graph.unreachedStates).toEqual(laneShape.steps.length === 0 ? ['lane.failed'] : []);
    expect(graph.untakenTransitions).toEqual([]);
  });

  it('has a way to an end from every state, however steps end and whatever an operator does', () => {
    const graph = walkLane(shape(['fail', 'continue', 'ask'], ['ask']));
    expect(graph.states.size).toBeGreaterThan(100);
    expect(deadEnds(graph, (key) => graph.states.get(key)?.status === 'done')).toEqual([]);
  });

  it('finds a state without a way out when there is one', () => {
    const graph = {
      states: new Map([
        ['a', {}],
        ['b', {}],
      ]) as never,
      edges: [{ from: 'a', event: 'X', to: 'b' }],
    };
    expect(deadEnds(graph, (key) => key === 'a')).toEqual(['b']);
  });
});

describe('the machine of a trigger', () => {
  it.each(['shadow', 'ask', 'auto'] as const)('starts one run at most in an incident, armed as %s', (arm) => {
    const graph = walkMachine({
      machine: triggerMachine,
      start: initialTransition(triggerMachine, { arm, forMs: 10 })[0],
      eventsIn: () => [
        { type: 'VERDICT', at: 0, isHealthy: true },
        { type: 'VERDICT', at: 0, isHealthy: false },
        { type: 'TIME', at: 5, isAlone: true },
        { type: 'TIME', at: 10, isAlone: true },
        { type: 'TIME', at: 10, isAlone: false },
        ...['ARM', 'DISARM', 'APPROVE', 'REJECT', 'RUN_ENDED'].map((type) => ({ type })),
      ],
      keyOf: (state) => String(state.value),
      limit: 100,
    });
    expect(deadEnds(graph, (key) => key === 'healthy')).toEqual([]);
    const starts = graph.edges
      .filter(({ to, from }) => to === 'started' && from !== 'started')
      .map(({ event }) => event);
    expect(new Set(starts)).toEqual(new Set({ shadow: [], ask: ['APPROVE'], auto: ['TIME', 'APPROVE'] }[arm]));
    expect(graph.edges.filter(({ from, to }) => from === 'started' && to === 'suspect')).toEqual([]);
  });
});

describe('the machine of a replica', () => {
  it.each(['mirror', 'block-sync'] as const)('never trusts what a lost source knew of changes, by %s', (method) => {
    const graph = walkMachine({
      machine: replicaMachine,
      start: initialTransition(replicaMachine, { method })[0],
      eventsIn: () => [
        { type: 'TIME', at: 10 },
        { type: 'COMPLETE', at: 5, dataAsOf: 5, nextAt: 10 },
        { type: 'SEEN', dataAsOf: 5, nextAt: 10 },
        { type: 'FAIL', at: 5, againAt: 10, isTrackingLost: false },
        { type: 'FAIL', at: 5, againAt: 10, isTrackingLost: true },
        { type: 'BREAK', at: 5, againAt: 10 },
        { type: 'HOLD' },
        { type: 'RELEASE', at: 5 },
        { type: 'SOURCE_LOST' },
        { type: 'SOURCE_BACK', at: 5 },
      ],
      keyOf: ({ value, context }) => `${String(value)} ${context.next} ${context.hasPoint}`,
      limit: 100,
    });
    expect(graph.unreachedStates).toEqual(method === 'mirror' ? [] : ['replica.mirroring']);
    expect(deadEnds(graph, (key) => key.startsWith('transferring'))).toEqual([]);
    expect([...graph.states.keys()].filter((key) => key.startsWith('source-lost delta'))).toEqual([]);
  });
});

function walkLane(laneShape: LaneShape) {
  const machine = laneMachine(laneShape);
  return walkMachine({
    machine,
    start: initialTransition(machine)[0],
    eventsIn: (state) => laneEvents.map((event) => numbered(event, state)),
    keyOf: ({ value, context }) => JSON.stringify([value, relevant(context as LaneContext)]),
    limit: 20_000,
  });
}

/** A start counts attempts, as the fold does. */
function numbered<Event extends { readonly type: string }>(event: Event, { context }: AnyMachineSnapshot): Event {
  const { attempt, isAttached } = context as LaneContext;
  return event.type === 'START' ? { ...event, attempt: attempt + (isAttached ? 0 : 1) } : event;
}

function relevant(context: LaneContext) {
  const { attempt, looks, hasBegun, isCancelled, isAttested, isAnswered, isAttached, look, isContradictory } = context;
  // Beyond the attempts allowed, one more makes no difference.
  return [
    Math.min(attempt, rule.attemptsAllowed),
    looks,
    hasBegun,
    isCancelled,
    isAttested,
    isAnswered,
    isAttached,
    look,
    isContradictory,
  ];
}

function shape(steps: readonly StepShape['onFailure'][], recovery: readonly StepShape['onFailure'][]): LaneShape {
  return {
    steps: steps.map((onFailure, index) => step('start', onFailure, index)),
    recovery: recovery.map((onFailure, index) => ({ ...step('overlay', onFailure, index), name: `recovery-${index}` })),
  };
}

function step(kind: StepShape['kind'], onFailure: StepShape['onFailure'], index: number): StepShape {
  return { name: `${index + 1}-${kind}`, kind, onFailure, isSkippable: true };
}
