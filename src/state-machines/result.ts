import type { RunResult } from '../model/entry.js';
import type { FoldedRun } from './fold.js';
import type { RunContext } from './run-machine.js';

/** A VM that is left alone with one of these codes needs nothing: that is no error of the run. */
export const harmlessSkips: readonly string[] = [
  'already-there',
  'already-reversed',
  'elsewhere',
  'moved-since',
  'not-asked-for',
  'not-moved',
  'stays',
];

/** What a run that has come to its end has come to. */
export function resultOf(state: FoldedRun): RunResult {
  const context = state.machines?.run.context as RunContext | undefined;
  if (context?.isCancelled === true) {
    return 'cancelled';
  }
  if (context?.isStopped === true) {
    return 'failed';
  }
  const isAllDone = state.lanes.every(({ status }) => status === 'succeeded');
  const leftOut = (state.plan?.skipped ?? []).filter(({ code }) => !harmlessSkips.includes(code));
  if (isAllDone && leftOut.length === 0) {
    return 'succeeded';
  }
  const vmLanes = (state.machines?.compiled.lanes ?? []).flatMap(({ lane }, index) =>
    lane.subject.kind === 'vm' ? [state.lanes[index]?.status] : [],
  );
  return vmLanes.length > 0 && !vmLanes.includes('succeeded') ? 'failed' : 'with-errors';
}
