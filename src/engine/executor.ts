import type { EntryBody, StepReference } from '../model/entry.js';
import type { Estate } from '../model/estate.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { Observation } from '../model/observation.js';
import type { FoldedRun } from '../state-machines/index.js';
import { stepTypes } from '../steps/index.js';
import type { MoveFeed, Ports, StepContext, StepProgress } from '../steps/step-type.js';
import { plannedStep } from './planned-step.js';

/** How long a step that was asked to stop may take before its outcome counts as unknown, in milliseconds. */
const stopGraceMs = 10_000;
/** How long one look at the world may take before it counts as failed, in milliseconds. */
const lookLimitMs = 30_000;

/** What has become of a step: the entry to append. */
export type Outcome = Extract<EntryBody, { readonly type: 'step.succeeded' | 'step.failed' | 'step.observed' }>;

export interface Execution {
  readonly reference: StepReference;
  readonly state: FoldedRun;
  readonly isAttached: boolean;
  readonly moves: MoveFeed;
  readonly signal: AbortSignal;
  readonly progress: (progress: StepProgress) => void;
}

/**
 * Runs the code behind steps. The one place where exceptions become failures; its promises never reject.
 */
export interface Executor {
  /** Acts. An aborted signal gives the step some seconds to stop; what it then left behind is unknown. */
  run(execution: Execution): Promise<Outcome>;
  /** Looks at the world for a step whose outcome is not known. */
  observe(execution: Execution): Promise<Outcome>;
}

export function createExecutor({ ports, estate }: { readonly ports: Ports; readonly estate: Estate }): Executor {
  return {
    async run(execution) {
      const step = plannedStep(execution.state, execution.reference);
      const type = stepTypes[step.kind];
      const context = contextOf(execution, { ports, estate });
      const act = step.action === 'run' ? type.run(step.input, context) : takeBack(type, step.input, context);
      try {
        return { type: 'step.succeeded', ...execution.reference, output: await settledInTime(act, context) };
      } catch (error) {
        return { type: 'step.failed', ...execution.reference, failure: failureOf(error, execution.signal) };
      }
    },
    async observe(execution) {
      const step = plannedStep(execution.state, execution.reference);
      if (step.action === 'undo') {
        return { type: 'step.observed', ...execution.reference, observation: undoneAgain };
      }
      const limit = new AbortController();
      const context = { ...contextOf(execution, { ports, estate }), signal: limit.signal };
      const forget = ports.clock.at(ports.clock.now() + lookLimitMs, () => limit.abort(timedOut));
      try {
        const looking = stepTypes[step.kind].observe(step.input, context);
        const observation = await Promise.race([looking, aborted(limit.signal)]);
        return { type: 'step.observed', ...execution.reference, observation };
      } catch (error) {
        return { type: 'step.failed', ...execution.reference, failure: failureOf(error, limit.signal) };
      } finally {
        forget();
      }
    },
  };
}

function takeBack(type: (typeof stepTypes)[keyof typeof stepTypes], ...[input, context]: Parameters<typeof type.run>) {
  if (type.undo === undefined) {
    throw new Error(`a step of kind ${type.kind} cannot be taken back`);
  }
  return type.undo(input, context);
}

/** An undo may be repeated, and what a step's `observe` tells of is its `run`: half undone looks like not begun. */
const undoneAgain: Observation = { verdict: 'not-started', evidence: 'what is taken back is taken back once more' };

const timedOut = new FailureError({
  code: 'timed-out',
  kind: 'outcome-unknown',
  message: 'it did not end in its time',
});

const didNotStop = new FailureError({
  code: 'did-not-stop',
  kind: 'outcome-unknown',
  message: `it was asked to stop and had not after ${stopGraceMs / 1_000} s`,
});

/** The act's own end, or a failure some seconds after its signal was aborted. */
function settledInTime<Result>(act: Promise<Result>, { clock, signal }: StepContext): Promise<Result> {
  return new Promise((resolve, reject) => {
    let forget = (): void => undefined;
    const onAbort = (): void => {
      forget = clock.at(clock.now() + stopGraceMs, () => reject(didNotStop));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    act.then(resolve, reject).finally(() => {
      forget();
      signal.removeEventListener('abort', onAbort);
    });
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (error instanceof FailureError) {
    return error.failure;
  }
  if (signal.aborted) {
    return { code: 'interrupted', kind: 'outcome-unknown', message: 'it was stopped before it had ended' };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    code: 'bug',
    kind: 'bug',
    message: 'Lifeboat itself failed here',
    hint: 'look at the cause, see what the world looks like, and tell the makers of Lifeboat',
    cause: text.slice(0, 4_000),
  };
}

function contextOf(
  { reference, state, isAttached, moves, signal, progress }: Execution,
  { ports, estate }: { readonly ports: Ports; readonly estate: Estate },
): StepContext {
  const lane = state.lanes[state.machines?.compiled.laneIndexes.get(reference.lane) ?? -1];
  const { undoes } = plannedStep(state, reference);
  const wasBegun =
    undoes === undefined ? {} : { wasBegun: mayHaveBegun(state, { lane: reference.lane, step: undoes }) };
  return {
    ...ports,
    estate,
    runId: state.runId,
    runbook: state.plan?.runbook ?? '',
    key: `${state.runId}/${reference.lane}/${undoes ?? reference.step}`,
    startedAt: lane?.stepStartedAt ?? ports.clock.now(),
    ...(lane?.dueAt === undefined ? {} : { deadlineAt: lane.dueAt }),
    isAttached,
    ...(lane?.toldBefore === undefined ? {} : { toldBefore: lane.toldBefore }),
    ...wasBegun,
    outputs: lane?.outputs ?? {},
    deaths: state.deaths,
    moves,
    signal,
    progress,
  };
}

/** Whether a step has had its turn: every one before it is done or was passed over. */
function mayHaveBegun({ lanes, machines }: FoldedRun, { lane, step }: StepReference): boolean {
  const index = machines?.compiled.laneIndexes.get(lane) ?? -1;
  const steps = machines?.compiled.lanes[index]?.lane.steps ?? [];
  const view = lanes[index];
  const isOver = (id: string): boolean =>
    view?.outputs[id] !== undefined || view?.passedOver.some((passed) => passed.step === id) === true;
  return steps
    .slice(
      0,
      steps.findIndex(({ id }) => id === step),
    )
    .every(({ id }) => isOver(id));
}
