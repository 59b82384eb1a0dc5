import type { JsonObject } from '../model/json.js';
import type { AuthorityClause, Step, StepKind } from '../model/plan.js';
import type { StepInputs } from '../model/step-input.js';
import { usualMs } from './estimate.js';

interface StepDraft<Kind extends StepKind> {
  /** The kind when left out. */
  readonly id?: string;
  readonly title: string;
  readonly input: StepInputs[Kind];
  readonly timeoutMs?: number;
  readonly uses?: readonly string[];
  readonly authority?: AuthorityClause;
  readonly onFailure?: Step['onFailure'];
  /** One attempt only, as of what may not be repeated; three when left out. */
  readonly attempts?: 1;
  readonly isSkippable?: boolean;
  readonly estimateMs?: number;
  readonly undoes?: string;
}

const minuteMs = 60_000;

/** Time for one attempt, where the plan knows nothing better. */
const timeoutsMs: Readonly<Record<StepKind, number>> = {
  approve: 24 * 60 * minuteMs,
  check: 30_000,
  cleanup: 5 * minuteMs,
  cordon: 30_000,
  define: 30_000,
  fence: 2 * minuteMs,
  migrate: 30 * minuteMs,
  notify: 30_000,
  overlay: minuteMs,
  place: 30_000,
  promote: 2 * minuteMs,
  ready: minuteMs,
  reverse: 60 * minuteMs,
  run: 2 * minuteMs,
  shutdown: 5 * minuteMs,
  start: 2 * minuteMs,
  sync: 60 * minuteMs,
  wait: minuteMs,
};

/** Pause before the second attempt; it doubles with each further one. */
const backoffMs = 2_000;
const retries = { attempts: 3, backoffMs };
const once = { attempts: 1, backoffMs };
const nothing: readonly string[] = [];

/** A step with the defaults of its kind: three attempts, and a failure ends the lane. */
export function step<Kind extends StepKind>(kind: Kind, draft: StepDraft<Kind>): Step {
  const { authority, undoes } = draft;
  return {
    id: draft.id ?? kind,
    kind,
    action: undoes === undefined ? 'run' : 'undo',
    ...(undoes === undefined ? {} : { undoes }),
    title: draft.title,
    input: draft.input as JsonObject,
    retry: draft.attempts === 1 ? once : retries,
    timeoutMs: draft.timeoutMs ?? timeoutsMs[kind],
    onFailure: draft.onFailure ?? 'fail',
    isSkippable: draft.isSkippable ?? true,
    uses: draft.uses ?? nothing,
    ...(authority === undefined ? {} : { authority }),
    estimateMs: Math.round(draft.estimateMs ?? usualMs[kind]),
  };
}

/** A transfer may take four times what is expected, and an hour in any case. */
export function transferTimeoutMs(estimateMs: number): number {
  return Math.max(timeoutsMs.sync, Math.round(estimateMs * 4));
}
