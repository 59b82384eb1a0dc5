import type { Entry } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { JsonObject } from '../model/json.js';
import { looksAllowed } from '../model/observation.js';
import type { Lane, Plan, Step } from '../model/plan.js';
import type { OperatorMove } from '../model/request.js';
import type { Attempt } from './run-report.js';

/** What the journal says of one step, before anything is concluded from it. */
export interface StepHistory {
  readonly step: Step;
  readonly isRecovery: boolean;
  readonly attempts: Writable<Attempt>[];
  output?: JsonObject;
  failure?: Failure;
  readonly moves: StepMove[];
  /** It is looked at because of a take-up or an operator's retry: if it had not begun, it begins whatever its attempts. */
  isLookedAtAnew: boolean;
}

/** An operator's move that came while the step was the lane's newest; `attempts` were begun by then. */
export interface StepMove {
  readonly by: string;
  readonly move: OperatorMove['move'];
  readonly at: number;
  readonly attempts: number;
}

export interface LaneHistory {
  readonly lane: Lane;
  readonly steps: readonly StepHistory[];
  /** The step begun last. */
  newest?: StepHistory;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

type StepEntry = Extract<Entry, { readonly lane: string; readonly step: string }>;

/** The lanes of the plan in its order, each with what its steps went through. Entries of unknown steps are left out. */
export function laneHistories(plan: Plan, entries: readonly Entry[]): ReadonlyMap<string, LaneHistory> {
  const lanes = new Map<string, LaneHistory>();
  for (const lane of plan.stages.flatMap((stage) => stage.lanes)) {
    const history = (isRecovery: boolean) => (step: Step) => ({
      step,
      isRecovery,
      attempts: [],
      moves: [],
      isLookedAtAnew: false,
    });
    lanes.set(lane.id, { lane, steps: [...lane.steps.map(history(false)), ...lane.recovery.map(history(true))] });
  }
  let isCancelled = false;
  for (const entry of entries) {
    if (entry.type === 'operator.moved') {
      isCancelled ||= entry.move.move === 'cancel';
      noteMove(lanes, entry);
    } else if (entry.type === 'run.taken-up') {
      [...lanes.values()].filter(isUnderWay).forEach(({ newest }) => lookAnew(newest));
    } else if ('lane' in entry) {
      const lane = lanes.get(entry.lane);
      const history = lane?.steps.find(({ step }) => step.id === entry.step);
      if (lane !== undefined && history !== undefined) {
        lane.newest = entry.type === 'step.started' ? history : (lane.newest ?? history);
        noteStep(history, { entry, isCancelled });
      }
    }
  }
  return lanes;
}

function noteMove(
  lanes: ReadonlyMap<string, LaneHistory>,
  { author, move, at }: Extract<Entry, { readonly type: 'operator.moved' }>,
): void {
  for (const { lane, newest } of lanes.values()) {
    const isNamed = 'lane' in move && move.lane === lane.id;
    const isMeant =
      move.move === 'attest'
        ? lane.subject.kind === 'host' && lane.subject.name === move.host
        : 'lane' in move && move.lane !== undefined
          ? isNamed
          : !runMoves.includes(move.move) && newest !== undefined && canWait(newest);
    if (isMeant && newest?.output === undefined) {
      newest?.moves.push({ by: author, move: move.move, at, attempts: newest.attempts.length });
      if (move.move === 'retry') {
        lookAnew(newest);
      }
    }
  }
}

/** Whether an engine that takes the run up looks at the lane: not at one that waits for an operator. */
function isUnderWay({ newest }: LaneHistory): boolean {
  const last = newest?.attempts.at(-1);
  return last?.outcome === 'running' || (last?.outcome === 'unknown' && last.failedLooks < looksAllowed);
}

/** After a take-up or an operator's retry: the looks are counted anew, and what was under way is unknown meanwhile. */
function lookAnew(history: StepHistory | undefined): void {
  const last = history?.attempts.at(-1);
  if (history !== undefined && last !== undefined) {
    history.isLookedAtAnew = true;
    last.failedLooks = 0;
    loseSight(last);
  }
}

/** Moves about the run as a whole, which no step is told of. */
const runMoves: readonly OperatorMove['move'][] = ['pause', 'resume', 'cancel'];

function canWait({ step, attempts }: StepHistory): boolean {
  const outcome = attempts.at(-1)?.outcome;
  return step.kind === 'approve' || outcome === 'failed' || outcome === 'contradictory' || outcome === 'unknown';
}

/** The engine that had the step has ended: until somebody looks, nobody knows what became of it. */
function loseSight(attempt: Writable<Attempt> | undefined): void {
  if (attempt?.outcome === 'running') {
    attempt.outcome = 'unknown';
  }
}

function noteStep(
  history: StepHistory,
  { entry, isCancelled }: { readonly entry: StepEntry; readonly isCancelled: boolean },
): void {
  const last = history.attempts.at(-1);
  switch (entry.type) {
    case 'step.started': {
      history.isLookedAtAnew = false;
      const isFollowed = last?.attempt === entry.attempt && (last.outcome === 'running' || last.outcome === 'unknown');
      if (isFollowed) {
        last.outcome = 'running';
        last.failedLooks = 0;
        return;
      }
      loseSight(last);
      const { attempt, at } = entry;
      history.attempts.push({ attempt, startedAt: at, outcome: 'running', failedLooks: 0, observations: [] });
      return;
    }
    case 'step.succeeded':
      history.output = entry.output;
      close(last, entry.at, 'succeeded');
      return;
    case 'step.failed': {
      const { failure, at } = entry;
      if (last?.outcome === 'unknown') {
        last.observations = [...last.observations, { at, verdict: 'failed', evidence: failure.message }];
        last.failedLooks += 1;
        return;
      }
      history.failure = failure;
      close(last, at, outcomeOf(failure, isCancelled && !history.isRecovery));
      if (last !== undefined) {
        last.failure = failure;
      }
      return;
    }
    case 'step.observed': {
      const { verdict, evidence, output } = entry.observation;
      if (last === undefined) {
        return;
      }
      last.observations = [...last.observations, { at: entry.at, verdict, evidence }];
      if (verdict === 'done') {
        history.output = output ?? {};
        close(last, entry.at, 'succeeded');
      } else if (verdict === 'in-progress') {
        last.outcome = 'running';
        delete last.endedAt;
      } else {
        const wasStopped = last.failure?.code === 'cancelled' || (isCancelled && !history.isRecovery);
        close(last, entry.at, verdict === 'not-started' && wasStopped ? 'cancelled' : verdict);
      }
    }
  }
}

function outcomeOf(failure: Failure, isCancelled: boolean): Attempt['outcome'] {
  if (failure.kind === 'outcome-unknown') {
    return 'unknown';
  }
  return isCancelled || failure.code === 'cancelled' ? 'cancelled' : 'failed';
}

function close(attempt: Writable<Attempt> | undefined, at: number, outcome: Attempt['outcome']): void {
  if (attempt !== undefined) {
    attempt.endedAt = at;
    attempt.outcome = outcome;
  }
}
