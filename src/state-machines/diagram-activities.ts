import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';
import type { StepKind } from '../model/plan.js';
import { laneMachine } from './lane-machine.js';
import type { StepShape } from './lane-shape.js';

/** One of the activities of a step, such as `running`, with all ways out of it. */
export interface ActivityState {
  readonly name: string;
  readonly isInitial: boolean;
  readonly ways: readonly ActivityWay[];
}

export interface ActivityWay {
  /** Another activity, or `done` (the lane goes on) or `given up` (the lane ends, after its recovery). */
  readonly to: string;
  /** `fail (may retry)`, `attest, of fence only`: the events that lead there. */
  readonly events: readonly string[];
}

interface Found {
  readonly to: string;
  readonly event: string;
  readonly rules: Set<StepShape['onFailure']>;
  readonly kinds: Set<StepKind>;
}

/** A move that an operator has while a step waits, and whether the step is done again, passed over or given up by it. */
export interface HeldMove {
  readonly move: string;
  readonly leads: 'again' | 'onward' | 'give-up';
}

/** The moves that a step's machine takes while it waits for an operator; to cancel concerns the whole run. */
export function heldMoves(machine: AnyStateMachine, step: string): readonly HeldMove[] {
  const held = machine.states[step]?.states['held'];
  return [...(held?.transitions ?? [])].flatMap(([event, [first]]) => {
    const to = first === undefined ? undefined : targetOf(first, step);
    const leads = to === 'given up' ? 'give-up' : to === 'done' ? 'onward' : 'again';
    return to === undefined || event === 'CANCEL' ? [] : [{ move: event.toLowerCase(), leads }];
  });
}

/** Where the machine goes when a step's last attempt has failed for good. */
export function whenFailed(machine: AnyStateMachine, step: string): StepShape['onFailure'] {
  const last = machine.states[step]?.states['running']?.transitions.get('FAIL')?.at(-1);
  const target = last?.target?.[0];
  if (target === undefined) {
    throw new Error(`the machine of a lane does not say where the step ${step} goes when it fails`);
  }
  if (target.key === 'held') {
    return 'ask';
  }
  return isGivenUp(target.key) ? 'fail' : 'continue';
}

/**
 * The activities of a step, read off a machine compiled for every kind of step and every failure rule among the shapes,
 * so that the picture never differs from what runs. What only some kinds or rules have says so.
 */
export function activityStates(shapes: readonly StepShape[]): readonly ActivityState[] {
  const steps = representatives(shapes);
  const machine = laneMachine({ steps, recovery: [] });
  const names = [...new Set(steps.flatMap(({ name }) => Object.keys(machine.states[name]?.states ?? {})))];
  return names.map((name, index) => ({
    name,
    isInitial: index === 0,
    ways: waysOf(steps, (step) => machine.states[step]?.states[name]?.transitions),
  }));
}

/** Every kind with every rule, so that what depends on the one is told apart from what depends on the other. */
function representatives(shapes: readonly StepShape[]): readonly StepShape[] {
  const kinds = [...new Set(shapes.map(({ kind }) => kind))].toSorted();
  const rules = [...new Set(shapes.map(({ onFailure }) => onFailure))].toSorted();
  return kinds.flatMap((kind) => {
    const isSkippable = shapes.some((shape) => shape.kind === kind && shape.isSkippable);
    return rules.map((onFailure) => ({ name: `${kind}-${onFailure}`, kind, onFailure, isSkippable }));
  });
}

function waysOf(
  steps: readonly StepShape[],
  transitionsOf: (step: string) => ReadonlyMap<string, readonly AnyTransitionDefinition[]> | undefined,
): readonly ActivityWay[] {
  const found = new Map<string, Found>();
  for (const { name, kind, onFailure } of steps) {
    for (const transition of [...(transitionsOf(name)?.values() ?? [])].flat()) {
      const to = targetOf(transition, name);
      if (to !== undefined) {
        const event = eventText(transition);
        const way = found.get(`${to} ${event}`) ?? { to, event, rules: new Set(), kinds: new Set() };
        way.rules.add(onFailure);
        way.kinds.add(kind);
        found.set(`${to} ${event}`, way);
      }
    }
  }
  const all = { rules: new Set(steps.map((step) => step.onFailure)), kinds: new Set(steps.map((step) => step.kind)) };
  return grouped([...found.values()], ({ to }) => to).map(([to, ways]) => ({
    to,
    events: ways.map((way) => `${way.event}${ruleText(way, all)}${kindText(way, all)}`),
  }));
}

/** Undefined when the step stays where it is. */
function targetOf({ target }: AnyTransitionDefinition, step: string): string | undefined {
  const [state] = target ?? [];
  if (state === undefined || state.parent?.key === step) {
    return state?.key;
  }
  return isGivenUp(state.key) ? 'given up' : 'done';
}

function isGivenUp(state: string): boolean {
  return state === 'giving-up' || state === 'ended';
}

/** `FAIL` guarded by `mayRetry` becomes `fail (may retry)`. */
function eventText({ eventType, guard }: AnyTransitionDefinition): string {
  const event = eventType.toLowerCase().replaceAll('_', ' ');
  if (typeof guard !== 'string') {
    return event;
  }
  const words = guard.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replace(/^is /, '');
  return `${event} (${words})`;
}

const ruleWords = { fail: 'ends the lane', continue: 'is noted', ask: 'asks' } as const;

function ruleText({ rules }: Pick<Found, 'rules'>, all: Pick<Found, 'rules'>): string {
  return rules.size === all.rules.size
    ? ''
    : `, where failure ${[...rules].map((rule) => ruleWords[rule]).join(' or ')}`;
}

function kindText({ kinds }: Pick<Found, 'kinds'>, all: Pick<Found, 'kinds'>): string {
  if (kinds.size === all.kinds.size) {
    return '';
  }
  const others = [...all.kinds].filter((kind) => !kinds.has(kind));
  return others.length < kinds.size ? `, not of ${others.join(' or ')}` : `, of ${[...kinds].join(' or ')} only`;
}

/** The values by what they have in common, in the order in which each comes first. */
export function grouped<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string,
): readonly (readonly [string, readonly Value[]])[] {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) {
      groups.set(keyOf(value), [value]);
    } else {
      group.push(value);
    }
  }
  return [...groups];
}
