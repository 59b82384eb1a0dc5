import type { StepReference } from '../model/entry.js';
import type { Step } from '../model/plan.js';
import type { FoldedRun } from '../state-machines/index.js';

/** The step of the plan that an entry or an intent is about. Throws when the plan has no such step: that is our bug. */
export function plannedStep(state: FoldedRun, { lane, step }: StepReference): Step {
  const machines = state.machines?.compiled;
  const found = machines?.lanes[machines.laneIndexes.get(lane) ?? -1]?.lane;
  const planned = found?.steps.find(({ id }) => id === step) ?? found?.recovery.find(({ id }) => id === step);
  if (planned === undefined) {
    throw new Error(`the plan of run ${state.runId} has no step ${lane}/${step}`);
  }
  return planned;
}
