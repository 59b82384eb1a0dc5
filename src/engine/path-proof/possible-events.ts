import type { EntryBody } from '../../model/entry.js';
import type { FailureKind } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import { formatPlace, type Place } from '../../model/place.js';
import type { Lane, Step } from '../../model/plan.js';
import type { OperatorMove } from '../../model/request.js';
import { type FoldedRun, type LaneState, offeredMoves } from '../../state-machines/index.js';
import { plannedStep } from '../planned-step.js';
import { died, halves, hasEffect, type ImaginedWorld, standingOf, withEffect } from './imagined-world.js';

/** Something that may happen in a state of a run, and the world after it. */
export interface PossibleEvent {
  readonly name: string;
  readonly happens: readonly EntryBody[];
  readonly world: ImaginedWorld;
  readonly at: number;
}

/** Failed looks in a row that make a lane wait for a person, and then some. */
const manyLooks = 12;

/** Everything that may happen next: to each step under way, by the clock, by an operator, and the engine's own death. */
export function possibleEvents(state: FoldedRun, world: ImaginedWorld): readonly PossibleEvent[] {
  const at = Math.max(0, ...state.lanes.map(({ dueAt }) => dueAt ?? 0));
  const happens = (name: string, bodies: readonly EntryBody[], after = world): PossibleEvent => ({
    name,
    happens: bodies,
    world: after,
    at,
  });
  const lanes = (state.plan?.stages ?? []).flatMap((stage) => stage.lanes);
  return [
    ...state.lanes.flatMap((view, index) => laneEvents(view, { lane: lanes[index] as Lane, world, happens })),
    ...operatorMoves(state).map((move) =>
      happens(
        `operator: ${move.move}`,
        [{ type: 'operator.moved', move, reason: 'proof' }],
        move.move === 'attest' ? died(world, move.host) : world,
      ),
    ),
    happens('the engine dies', [{ type: 'run.taken-up', reason: 'proof' }]),
  ];
}

interface LaneScene {
  readonly lane: Lane;
  readonly world: ImaginedWorld;
  readonly happens: (name: string, bodies: readonly EntryBody[], after?: ImaginedWorld) => PossibleEvent;
}

function laneEvents(view: LaneState, { lane, world, happens }: LaneScene): readonly PossibleEvent[] {
  const step = (view.isRecovering ? lane.recovery : lane.steps)[view.step];
  if (step === undefined || view.activity === 'idle') {
    return [];
  }
  const reference = { lane: lane.id, step: step.id };
  const say = (what: string): string => `${lane.id}/${step.id} ${what}`;
  const failed = (kind: FailureKind, code = 'proof'): EntryBody => ({
    type: 'step.failed',
    ...reference,
    failure: { code, kind, message: 'it failed for the proof' },
  });
  const time: EntryBody = { type: 'timer.fired', timer: lane.id };
  switch (view.activity) {
    case 'running':
    case 'stopping': {
      const effect = withEffect(world, lane, step);
      return [
        happens(say('succeeds'), [{ type: 'step.succeeded', ...reference, output: outputOf(step, effect) }], effect),
        happens(say('fails for now'), [failed('transient')]),
        happens(say('fails'), [failed('permanent')]),
        happens(say('loses its answer, without effect'), [failed('outcome-unknown')]),
        happens(say('loses its answer, with its effect'), [failed('outcome-unknown')], effect),
        ...halves(world, step).flatMap(([code, half]) => [
          happens(say(`fails for now, ${code}`), [failed('transient', code)], half),
          happens(say(`fails, ${code}`), [failed('permanent', code)], half),
          happens(say(`loses its answer, ${code}`), [failed('outcome-unknown')], half),
        ]),
        ...(view.activity === 'running' ? [happens(say('runs out of time'), [time])] : []),
      ];
    }
    case 'unknown': {
      const seen = (verdict: 'done' | 'not-started' | 'in-progress' | 'contradictory'): EntryBody => ({
        type: 'step.observed',
        ...reference,
        observation: { verdict, evidence: verdict, ...outputSeen(verdict, step, world) },
      });
      // An undo is never taken for done: it is done once more.
      const isThere = step.action === 'run' && hasEffect(world, lane, step);
      return [
        happens(say('is looked at'), [seen(isThere ? 'done' : 'not-started')]),
        ...(isThere ? [] : [happens(say('is under way'), [seen('in-progress')])]),
        happens(say('looks contradictory'), [seen('contradictory')]),
        happens(say('cannot be looked at'), [failed('transient')]),
        happens(
          say('cannot be looked at for long'),
          Array.from({ length: manyLooks }, () => [failed('transient'), time]).flat(),
        ),
      ];
    }
    case 'blind':
    case 'backoff':
      return [happens(say('waited'), [time])];
    case 'due':
    case 'held':
      return [];
  }
}

function operatorMoves(state: FoldedRun): readonly OperatorMove[] {
  return offeredMoves(state).flatMap(({ move, lane }): readonly OperatorMove[] => {
    switch (move) {
      case 'pause':
      case 'resume':
      case 'cancel':
        return [{ move }];
      case 'attest': {
        const view = state.lanes.find((one) => one.lane === lane);
        const step = lane === undefined ? undefined : fenceOf(state, lane, view?.step ?? 0);
        const host = step?.input['host'];
        return typeof host === 'string' && state.deaths[host] === undefined ? [{ move, host }] : [];
      }
      default:
        return [lane === undefined ? { move } : { move, lane }];
    }
  });
}

function fenceOf(state: FoldedRun, lane: string, index: number): Step | undefined {
  const found = state.machines?.compiled.lanes.find((one) => one.lane.id === lane);
  const step = found?.lane.steps[index];
  return step === undefined ? undefined : plannedStep(state, { lane, step: step.id });
}

function outputSeen(verdict: string, step: Step, world: ImaginedWorld): { readonly output?: JsonObject } {
  if (verdict === 'done') {
    return { output: outputOf(step, world) };
  }
  return verdict === 'not-started' && step.kind === 'migrate' ? { output: { standing: standingOf(world, step) } } : {};
}

/** A place as a part of what the journal keeps. */
type JsonPlace = Place & JsonObject;

/** What a step leaves for others to build upon: the proofs. */
function outputOf(step: Step, world: ImaginedWorld): JsonObject {
  const { host, at, from, to } = step.input as {
    readonly host?: string;
    readonly at?: JsonPlace;
    readonly from?: JsonPlace;
    readonly to?: JsonPlace;
  };
  if (step.kind === 'migrate' && step.action === 'undo') {
    const place = [from, to].find((each) => each !== undefined && world.live.includes(formatPlace(each)));
    return place === undefined ? {} : { at: place, state: 'running' };
  }
  if (step.kind === 'fence' && host !== undefined) {
    return { proof: { kind: 'fenced-off', host, agent: 'proof', at: 0 } };
  }
  const isStopped = step.kind === 'shutdown' || (step.input as { readonly state?: string }).state === 'shut-off';
  return isStopped && at !== undefined ? { proof: { kind: 'observed-stopped', place: at, at: 0 } } : {};
}
