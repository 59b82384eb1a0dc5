import type { TSchema } from 'typebox';
import type { Fencer } from '../fencers/fencer.js';
import type { Prober } from '../health/prober.js';
import type { HostShell } from '../hypervisors/host-shell.js';
import type { Hypervisor, TransferProgress } from '../hypervisors/hypervisor.js';
import type { Proof } from '../model/authority.js';
import type { Clock } from '../model/clock.js';
import type { Estate } from '../model/estate.js';
import type { Failure } from '../model/failure.js';
import type { Finding } from '../model/finding.js';
import type { JsonObject } from '../model/json.js';
import type { Observation } from '../model/observation.js';
import type { StepKind } from '../model/plan.js';
import type { OperatorMove } from '../model/request.js';
import type { Notifier } from '../notifiers/notifier.js';
import type { Replicas } from '../storage-sync/replicas.js';

/**
 * The code behind one kind of step. Stateless: all it knows is its input and its context.
 *
 * A crash may come at any instant, so `run` must be safe after an `observe` that said `not-started`, and `observe` must
 * tell the truth at every instant of `run`.
 */
export interface StepType<Input = JsonObject> {
  readonly kind: StepKind;
  /** What the input must look like; a plan with another is refused. */
  readonly schema: TSchema;
  /** Looks only. What would stop the step now, or a person should know. */
  check(input: Input, context: StepContext): Promise<readonly Finding[]>;
  /** Acts, and resolves when the effect has been observed. Rejects with a `FailureError`. */
  run(input: Input, context: StepContext): Promise<JsonObject>;
  /** Looks only: what has become of a `run` whose outcome is not known. Rejects when it cannot be told now. */
  observe(input: Input, context: StepContext): Promise<Observation>;
  /** Takes back what `run` did, wholly or partly. May be called again, and when `run` never began. */
  undo?(input: Input, context: StepContext): Promise<JsonObject>;
}

export interface Ports {
  readonly hypervisor: Hypervisor;
  readonly shell: HostShell;
  readonly replicas: Replicas;
  readonly fencer: Fencer;
  readonly prober: Prober;
  readonly notifier: Notifier;
  readonly clock: Clock;
}

export interface StepContext extends Ports {
  readonly estate: Estate;
  readonly runId: string;
  readonly runbook: string;
  /** `RUN/LANE/STEP`: the same for every attempt and after every crash; names what the step makes. */
  readonly key: string;
  /** When the first attempt began, ms since the epoch: what a `wait` or an approval counts from, also after a crash. */
  readonly startedAt: number;
  /** When the engine gives this attempt up, ms since the epoch; undefined when it never does. */
  readonly deadlineAt?: number;
  /** True when the effect is under way already: follow it, do not begin again. */
  readonly isAttached: boolean;
  /**
   * How the attempt before this one ended, when its failure was told; before an undo, that of the step which it takes back.
   * Undefined after a crash, and before the first attempt.
   */
  readonly toldBefore?: Failure;
  /** Of an undo: whether the step that it takes back may have begun. Undefined for every other step. */
  readonly wasBegun?: boolean;
  /** Outputs of the steps of this lane that have succeeded, by step id. */
  readonly outputs: Readonly<Record<string, JsonObject>>;
  /** Hosts proven dead in this run. */
  readonly deaths: Readonly<Record<string, Proof>>;
  /** Operators' moves that name this lane or none, oldest first: what an approval waits for. */
  readonly moves: MoveFeed;
  readonly signal: AbortSignal;
  /** Says how far it is; not journalled. */
  progress(progress: StepProgress): void;
}

export interface StepProgress {
  readonly text: string;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'checks';
  /** Until when it waits, ms since the epoch. */
  readonly untilMs?: number;
  /** Of a step that moves bytes: all that the hypervisor says of it. `text` then names only what is moved and whither. */
  readonly transfer?: TransferProgress;
}

export interface ReceivedMove {
  readonly move: OperatorMove;
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

export interface MoveFeed {
  /** Journalled moves so far that concern this step. */
  readonly received: readonly ReceivedMove[];
  /** Resolves with the next one; rejects with the signal's reason. */
  next(signal: AbortSignal): Promise<ReceivedMove>;
}
