import type { Authority, Proof } from './authority.js';
import type { Failure } from './failure.js';
import type { JsonObject } from './json.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import type { OperatorMove, RunRequest } from './request.js';

/** Something that happened, in the past tense. Entries of a run are numbered from 1 without a gap and never changed. */
export type Entry = EntryBody & EntryStamp;

export interface EntryStamp {
  readonly seq: number;
  /** ms since the epoch. */
  readonly at: number;
  /** Who wrote it: an operator's name, `trigger/NAME`, or `engine`. */
  readonly author: string;
}

/** An entry before the journal has numbered it. */
export type NewEntry = EntryBody & { readonly at: number; readonly author: string };

export type EntryBody =
  | { readonly type: 'run.requested'; readonly request: RunRequest; readonly runbook: string }
  | { readonly type: 'run.planned'; readonly plan: Plan }
  | { readonly type: 'run.started' }
  /** Another engine took the run up; whatever was under way is looked at before anything else. */
  | { readonly type: 'run.taken-up'; readonly reason: string }
  | ({ readonly type: 'step.started'; readonly attempt: number; readonly deadlineAt: number } & StepReference)
  | ({ readonly type: 'step.succeeded'; readonly output: JsonObject } & StepReference)
  | ({ readonly type: 'step.failed'; readonly failure: Failure } & StepReference)
  | ({ readonly type: 'step.observed'; readonly observation: Observation } & StepReference)
  | { readonly type: 'timer.fired'; readonly timer: string }
  | { readonly type: 'authority.moved'; readonly authority: Authority }
  | { readonly type: 'death.proven'; readonly host: string; readonly proof: Proof }
  | { readonly type: 'operator.moved'; readonly move: OperatorMove; readonly reason: string }
  | { readonly type: 'notice.sent'; readonly event: string; readonly to: string }
  | { readonly type: 'notice.failed'; readonly event: string; readonly failure: Failure }
  | { readonly type: 'run.finished'; readonly result: RunResult };

export type EntryType = EntryBody['type'];

/** Which step of which lane, by their ids in the plan. */
export interface StepReference {
  readonly lane: string;
  readonly step: string;
}

/** `succeeded` everything was done · `with-errors` some lanes failed · `failed` it stopped · `cancelled` by an operator. */
export type RunResult = 'succeeded' | 'with-errors' | 'failed' | 'cancelled';
