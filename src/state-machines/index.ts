/** What other folders may use of the machines; XState itself stays in here. */
export { advance } from './advance.js';
export { type FoldedRun, newRunState } from './fold.js';
export { resultOf } from './result.js';
export type { LaneState, LaneStatus, RunPhase, RunState, StepActivity } from './run-state.js';
