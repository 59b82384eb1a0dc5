import type { Proof } from '../model/authority.js';
import type { RunResult } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { JsonObject } from '../model/json.js';
import type { Plan } from '../model/plan.js';
import type { MoveName } from '../model/request.js';
import type { AuthorityLedger } from './authority-ledger.js';

/** The fold of a run's journal: everything about the run that is not in the world. Never stored, except as a cache. */
export interface RunState {
  readonly runId: string;
  readonly seq: number;
  /** Undefined until `run.planned`. */
  readonly plan?: Plan;
  readonly phase: RunPhase;
  /** Index into the plan's stages; -1 before the first. */
  readonly stage: number;
  /** In the order of the plan. */
  readonly lanes: readonly LaneState[];
  readonly authority: AuthorityLedger;
  readonly deaths: Readonly<Record<string, Proof>>;
  readonly requestedAt?: number;
  readonly startedAt?: number;
  readonly finishedAt?: number;
  readonly result?: RunResult;
}

/** `waiting` is not a phase: a run waits when nothing but an operator's move can go on; see `waitsFor`. */
export type RunPhase = 'requested' | 'planned' | 'running' | 'paused' | 'stopping' | 'cancelling' | 'finished';

export interface LaneState {
  readonly lane: string;
  readonly status: LaneStatus;
  /** Index of the current step among the lane's steps, or among its recovery steps while recovering. */
  readonly step: number;
  readonly isRecovering: boolean;
  readonly activity: StepActivity;
  readonly attempt: number;
  /** First attempt of the current step. */
  readonly stepStartedAt?: number;
  /** End of the current attempt, or of the pause before the next one. */
  readonly dueAt?: number;
  /** The last failure of the current step, or the one that ended the lane. */
  readonly failure?: Failure;
  /** How the attempt before this one ended, when its failure was told: of one that a crash cut short nothing is. */
  readonly toldBefore?: Failure;
  /** One sentence when it is held or blocked: for what. */
  readonly waitsFor?: string;
  /** Operator's moves that the lane offers now. */
  readonly offers: readonly MoveName[];
  readonly outputs: Readonly<Record<string, JsonObject>>;
  /** Failures of steps that were passed over. */
  readonly passedOver: readonly { readonly step: string; readonly failure: Failure }[];
  readonly startedAt?: number;
  readonly finishedAt?: number;
}

export type LaneStatus = 'waiting' | 'active' | 'recovering' | 'succeeded' | 'failed' | 'blocked' | 'cancelled';

/**
 * `due` waits for a slot · `unknown` the world is being looked at · `blind` the look failed and comes again ·
 * `held` waits for an operator · `idle` in no step.
 */
export type StepActivity = 'idle' | 'due' | 'running' | 'stopping' | 'unknown' | 'blind' | 'backoff' | 'held';
