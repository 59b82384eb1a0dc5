import type { StateValue } from 'xstate';
import type { FoldedRun } from './fold.js';
import type { LaneContext } from './lane-event.js';
import type { StepActivity } from './run-state.js';

/**
 * Text that is equal for two states of runs of the same plan when no later event can tell them apart. Times are left
 * out, and of outputs all but whether there is a proof, and how often a look has failed beyond the first.
 */
export function identityOf({ machines, authority, deaths, plan }: FoldedRun): string {
  const attempts = Math.max(1, ...(plan?.stages ?? []).flatMap(laneAttempts));
  return JSON.stringify([
    machines?.run.value,
    machines?.run.context,
    machines?.lanes.map(({ value, context }) => [value, relevant(activityIn(value), context as LaneContext, attempts)]),
    authority.values().map(({ vm, epoch: _epoch, since: _since, proof: _proof, ...where }) => [vm, where]),
    Object.keys(deaths),
  ]);
}

function laneAttempts({ lanes }: NonNullable<FoldedRun['plan']>['stages'][number]): readonly number[] {
  return lanes.flatMap(({ steps, recovery }) => [...steps, ...recovery].map(({ retry }) => retry.attempts));
}

/** What the machine's later guards and actions still read, in this activity of its step. */
function relevant(activity: StepActivity | undefined, context: LaneContext, attempts: number): readonly unknown[] {
  const proofs = Object.entries(context.outputs).flatMap(([step, { proof }]) => (proof === undefined ? [] : [step]));
  if (activity === undefined) {
    return proofs;
  }
  const isLooking = activity === 'unknown' || activity === 'blind';
  return [
    proofs,
    context.hasBegun,
    context.isCancelled,
    context.isAttested,
    activity === 'running' && context.isAnswered,
    activity === 'held' ? context.isContradictory : Math.min(context.attempt, attempts),
    activity === 'due' && context.isAttached,
    isLooking && context.looks > 0,
    isLooking || activity === 'stopping' ? context.look : undefined,
  ];
}

function activityIn(value: StateValue): StepActivity | undefined {
  return typeof value === 'string' ? undefined : (Object.values(value)[0] as StepActivity);
}
