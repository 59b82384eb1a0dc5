import type { Plan } from '../model/plan.js';
import { violations } from '../runbooks/invariant.js';
import { inputProblems } from '../steps/index.js';

/** What forbids to run this plan, a sentence each: the first of the two checks of the safety rules. */
export function planProblems(plan: Plan): readonly string[] {
  const lanes = plan.stages.flatMap((stage) => stage.lanes);
  const inputs = lanes.flatMap((lane) =>
    [...lane.steps, ...lane.recovery].flatMap((step) =>
      inputProblems(step.kind, step.input).map((problem) => `${lane.id}/${step.id}: ${problem}`),
    ),
  );
  return [...violations(plan).map(({ subject, message }) => `${subject}: ${message}`), ...inputs];
}
