import { looksAllowed } from '../model/observation.js';
import type { LaneOutcome, LaneReport, StepOutcome, StepReport } from './run-report.js';
import type { LaneHistory, StepHistory } from './step-history.js';

/** Concludes from what its steps went through where a lane stands. `after` are the lanes it depends on, concluded. */
export function laneReport(
  { lane, steps }: LaneHistory,
  { after, isFinished }: { readonly after: readonly LaneReport[]; readonly isFinished: boolean },
): LaneReport {
  const reports = steps
    .filter(({ isRecovery, attempts }) => !isRecovery || attempts.length > 0)
    .map((history) => stepReport(history, stepOutcome(history, { steps, isFinished })));
  const main = reports.filter(({ isRecovery }) => !isRecovery);
  const blocker = after.find(({ outcome }) => outcome === 'failed' || outcome === 'blocked' || outcome === 'cancelled');
  const outcome = laneOutcome(reports, { isBlocked: blocker !== undefined, isFinished });
  const startedAt = reports.find((step) => step.startedAt !== undefined)?.startedAt;
  const endedAt = outcome === 'running' || outcome === 'waiting' ? undefined : latestEnd(reports);
  const because = reasonOf(outcome, main, blocker);
  return {
    id: lane.id,
    title: lane.title,
    subject: lane.subject,
    outcome,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(because === undefined ? {} : { because }),
    steps: reports,
  };
}

function stepReport(history: StepHistory, outcome: StepOutcome): StepReport {
  const { step, attempts, failure, moves } = history;
  const startedAt = attempts[0]?.startedAt;
  const endedAt = attempts.at(-1)?.endedAt;
  return {
    id: step.id,
    title: step.title,
    kind: step.kind,
    action: step.action,
    isRecovery: history.isRecovery,
    outcome,
    attempts,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(step.estimateMs === undefined ? {} : { estimateMs: step.estimateMs }),
    ...(failure === undefined ? {} : { failure }),
    movedBy: moves.map(({ by, move, at }) => ({ by, move, at })),
  };
}

type Answer = StepHistory['moves'][number]['move'] | undefined;

/** What the last attempt, the operator's answer to it, and the lane's going on without it make of a step. */
function stepOutcome(
  history: StepHistory,
  { steps, isFinished }: { readonly steps: readonly StepHistory[]; readonly isFinished: boolean },
): StepOutcome {
  const last = history.attempts.at(-1);
  if (history.output !== undefined) {
    return 'succeeded';
  }
  if (last === undefined) {
    return 'not-reached';
  }
  if (history.step.kind === 'fence' && history.moves.some(({ move }) => move === 'attest')) {
    return 'passed-over';
  }
  const later = steps.slice(steps.indexOf(history) + 1).filter(({ attempts }) => attempts.length > 0);
  if (later.some(({ isRecovery }) => isRecovery === history.isRecovery)) {
    return 'passed-over';
  }
  const answer = history.moves.findLast(({ attempts }) => attempts === history.attempts.length)?.move;
  switch (last.outcome) {
    case 'succeeded':
    case 'cancelled':
      return last.outcome;
    case 'running':
      return isFinished ? 'unknown' : history.step.kind === 'approve' && answer === undefined ? 'waiting' : 'running';
    case 'unknown':
      return isFinished || last.failedLooks < looksAllowed ? 'unknown' : afterLooks(answer);
    case 'not-started':
    case 'contradictory':
    case 'failed':
      return afterFailure(history, { answer, isFinal: isFinished || later.length > 0 });
  }
}

/** Nobody could tell what became of the step, so a person was asked. */
function afterLooks(answer: Answer): StepOutcome {
  const outcomes = { skip: 'passed-over', abandon: 'failed' } as const;
  return answer === undefined ? 'waiting' : answer === 'skip' || answer === 'abandon' ? outcomes[answer] : 'unknown';
}

function afterFailure(
  { step, attempts, isLookedAtAnew }: StepHistory,
  { answer, isFinal }: { readonly answer: Answer; readonly isFinal: boolean },
): StepOutcome {
  const last = attempts.at(-1);
  if (answer === 'skip') {
    return 'passed-over';
  }
  if (answer === 'approve') {
    return 'succeeded';
  }
  if (answer === 'abandon' || answer === 'reject') {
    return 'failed';
  }
  if (isFinal) {
    return step.onFailure === 'continue' ? 'passed-over' : last?.outcome === 'contradictory' ? 'unknown' : 'failed';
  }
  if (answer === 'retry' || (last?.outcome === 'not-started' && isLookedAtAnew)) {
    return 'retrying';
  }
  if (last?.outcome === 'contradictory') {
    return 'waiting';
  }
  const isTransient = last?.outcome === 'not-started' || last?.failure?.kind === 'transient';
  if (isTransient && last !== undefined && last.attempt < step.retry.attempts) {
    return 'retrying';
  }
  const outcomes = { fail: 'failed', continue: 'passed-over', ask: 'waiting' } as const;
  return outcomes[step.onFailure];
}

function laneOutcome(
  steps: readonly StepReport[],
  { isBlocked, isFinished }: { readonly isBlocked: boolean; readonly isFinished: boolean },
): LaneOutcome {
  const main = steps.filter(({ isRecovery }) => !isRecovery);
  const has = (...wanted: readonly StepOutcome[]): boolean => main.some(({ outcome }) => wanted.includes(outcome));
  const isUnderWay = steps.some(({ outcome }) => outcome === 'running' || outcome === 'retrying');
  if (main.every(({ startedAt }) => startedAt === undefined)) {
    return isBlocked ? 'blocked' : 'not-reached';
  }
  if (main.every(({ outcome }) => outcome === 'succeeded' || outcome === 'passed-over')) {
    return 'succeeded';
  }
  if (!isFinished && isUnderWay) {
    return 'running';
  }
  if (!isFinished && steps.some(({ outcome }) => outcome === 'waiting')) {
    return 'waiting';
  }
  if (has('failed') || (isFinished && has('unknown'))) {
    return 'failed';
  }
  return isFinished || has('cancelled') ? 'cancelled' : 'running';
}

function latestEnd(steps: readonly StepReport[]): number | undefined {
  return steps.reduce<number | undefined>(
    (latest, { endedAt }) => (endedAt === undefined ? latest : Math.max(latest ?? endedAt, endedAt)),
    undefined,
  );
}

function reasonOf(
  outcome: LaneOutcome,
  steps: readonly StepReport[],
  blocker: LaneReport | undefined,
): string | undefined {
  if (outcome === 'blocked' && blocker !== undefined) {
    return `${blocker.title} must come first, and it ${blocker.outcome === 'blocked' ? 'is blocked' : wasWord(blocker)}`;
  }
  const culprit = steps.findLast((step) => ['failed', 'waiting', 'unknown', 'cancelled'].includes(step.outcome));
  if (culprit === undefined || outcome === 'succeeded' || outcome === 'running') {
    return undefined;
  }
  const evidence = culprit.attempts.at(-1)?.observations.at(-1)?.evidence;
  const detail = culprit.outcome === 'cancelled' ? undefined : (culprit.failure?.message ?? evidence);
  const word = { failed: ' failed', unknown: ' has an unknown outcome', cancelled: ' was cancelled' };
  const ending = culprit.outcome in word ? word[culprit.outcome as keyof typeof word] : '';
  return `${culprit.title}${ending}${detail === undefined ? '' : `: ${detail}`}`;
}

function wasWord({ outcome }: LaneReport): string {
  return outcome === 'cancelled' ? 'was cancelled' : 'failed';
}
