import type { Entry, RunResult } from '../../src/model/entry.js';
import type { Failure } from '../../src/model/failure.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Plan } from '../../src/model/plan.js';
import { journal, requestedAt } from './journals.js';

/** Tells a journal step by step; times are in seconds after the request. */
export interface Script {
  readonly add: ReturnType<typeof journal>['add'];
  readonly start: (at: number, lane: string, step: string, attempt?: number) => void;
  readonly succeed: (at: number, lane: string, step: string, output?: JsonObject) => void;
  readonly fail: (at: number, lane: string, step: string, failure: Failure) => void;
  /** Begins at once and succeeds a second later. */
  readonly pass: (at: number, lane: string, step: string, output?: JsonObject) => void;
}

/** The journal of a run that was requested, planned and started in its first second and went as the script tells. */
export function told(plan: Plan, tell: (script: Script) => void, result?: RunResult): readonly Entry[] {
  const { entries, add } = journal();
  const start: Script['start'] = (at, lane, step, attempt = 1) =>
    add(at, { type: 'step.started', attempt, deadlineAt: requestedAt + 3_600_000, lane, step });
  const succeed: Script['succeed'] = (at, lane, step, output = {}) =>
    add(at, { type: 'step.succeeded', output, lane, step });
  const fail: Script['fail'] = (at, lane, step, failure) => add(at, { type: 'step.failed', failure, lane, step });
  const pass: Script['pass'] = (at, lane, step, output = {}) => {
    start(at, lane, step);
    succeed(at + 1, lane, step, output);
  };
  add(0, { type: 'run.requested', request: plan.request, runbook: plan.runbook }, 'alice');
  add(0.5, { type: 'run.planned', plan });
  add(1, { type: 'run.started' });
  tell({ add, start, succeed, fail, pass });
  if (result !== undefined) {
    const endedAt = entries.reduce((last, { at }) => Math.max(last, at), 0);
    add((endedAt - requestedAt) / 1_000 + 1, { type: 'run.finished', result });
  }
  return entries;
}
