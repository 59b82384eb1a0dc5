import type { Entry, RunEntryType } from '../model/entry.js';
import type { OperatorMove } from '../model/request.js';
import { isApprover } from './approver.js';
import type { StepPlace } from './compile-plan.js';
import type { FoldDraft } from './fold.js';
import type { LaneEvent, RetryRule } from './lane-event.js';

type Handlers = {
  readonly [Type in RunEntryType]: (draft: FoldDraft, entry: Extract<Entry, { readonly type: Type }>) => void;
};

/** The longest pause before another attempt or another look, in milliseconds. */
const longestPauseMs = 60_000;
const lookPauseMs = 1_000;

/** What each type of entry does to a run's state: the one place where history becomes state. */
export const entryHandlers: Handlers = {
  'run.requested': (draft, { at }) => {
    draft.requestedAt = at;
  },
  'run.planned': (draft, { plan }) => draft.adopt(plan),
  'run.started': (draft, { at }) => {
    draft.startedAt = at;
    draft.notify('started');
    draft.sendRun({ type: 'START' }, at);
  },
  'run.taken-up': (draft, { at }) => draft.takeUp(at),
  'step.started': (draft, { at, attempt, deadlineAt, ...reference }) => {
    const found = draft.current(reference);
    if (found !== undefined) {
      draft.sendLane(found.index, { type: 'START', at, attempt, deadlineAt });
    }
  },
  'step.succeeded': (draft, { at, output, ...reference }) => {
    const found = draft.current(reference);
    if (found !== undefined) {
      draft.sendLane(found.index, { type: 'SUCCEED', at, step: reference.step, output });
    }
  },
  'step.failed': (draft, { at, failure, ...reference }) => {
    const found = draft.current(reference);
    if (found !== undefined) {
      const rule = retryRule(draft, { ...found, at });
      draft.sendLane(found.index, { type: 'FAIL', at, step: reference.step, failure, ...rule });
    }
  },
  'step.observed': (draft, { at, observation, ...reference }) => {
    const found = draft.current(reference);
    if (found !== undefined) {
      const rule = retryRule(draft, { ...found, at });
      draft.sendLane(found.index, { type: 'OBSERVE', at, step: reference.step, observation, ...rule });
    }
  },
  'timer.fired': (draft, { at, timer }) => {
    const index = draft.indexOf(timer);
    const dueAt = index === undefined ? undefined : draft.views[index]?.dueAt;
    if (index !== undefined && dueAt !== undefined && dueAt <= at) {
      draft.sendLane(index, { type: 'TIME', at });
    }
  },
  'authority.moved': (draft, { authority }) => {
    draft.authority = draft.authority.with(authority);
  },
  'death.proven': (draft, { at, host, proof }) => {
    draft.deaths = { ...draft.deaths, [host]: proof };
    draft.views.forEach((_, index) => {
      const step = draft.placeOf(index)?.step;
      if (step?.kind === 'fence' && step.input['host'] === host) {
        draft.sendLane(index, { type: 'ATTEST', at, step: step.id, output: { proof } });
      }
    });
  },
  'operator.moved': (draft, { at, author, move }) => moveRun(draft, { at, author, move }),
  'notice.sent': (draft, { event }) => draft.settleNotice(event),
  'notice.failed': (draft, { event }) => draft.settleNotice(event),
  'run.finished': (draft, { at, result }) => {
    draft.finishedAt = at;
    draft.result = result;
    draft.notify('finished');
    draft.sendRun({ type: 'FINISHED' }, at);
  },
};

function moveRun(
  draft: FoldDraft,
  { at, author, move }: { readonly at: number; readonly author: string; readonly move: OperatorMove },
): void {
  switch (move.move) {
    case 'pause':
      draft.sendRun({ type: 'PAUSE' }, at);
      break;
    case 'resume':
      draft.sendRun({ type: 'RESUME' }, at);
      break;
    case 'cancel':
      draft.sendRun({ type: 'CANCEL' }, at);
      break;
    case 'attest':
      // What it proves is its own entry, `death.proven`.
      break;
    default:
      draft.views.forEach((view, index) => {
        const step = draft.placeOf(index)?.step;
        const isAnswer = move.move === 'approve' || move.move === 'reject';
        const isOffered = view.offers.includes(move.move) && (move.lane ?? view.lane) === view.lane;
        if (step !== undefined && isOffered && (!isAnswer || isApprover(step, author))) {
          draft.sendLane(index, laneMove(move.move, { at, step: step.id, by: author }));
        }
      });
  }
}

function laneMove(
  move: 'retry' | 'skip' | 'abandon' | 'approve' | 'reject',
  { at, step, by }: { readonly at: number; readonly step: string; readonly by: string },
): LaneEvent {
  switch (move) {
    case 'retry':
      return { type: 'RETRY', at };
    case 'skip':
      return { type: 'SKIP', at, step };
    case 'abandon':
      return { type: 'ABANDON', at };
    case 'approve':
      return { type: 'APPROVE', at, step, by };
    case 'reject':
      return { type: 'REJECT', at, by };
  }
}

/** Between attempts the pause doubles from the step's own; between looks from one second; both up to a minute. */
function retryRule(
  draft: FoldDraft,
  { index, place, at }: { readonly index: number; readonly place: StepPlace; readonly at: number },
): RetryRule {
  const { retry } = place.step;
  const view = draft.views[index];
  const isLooking = view?.activity === 'unknown';
  const pauseMs = isLooking
    ? lookPauseMs * 2 ** Math.min(draft.looksOf(index), 6)
    : retry.backoffMs * 2 ** Math.min(Math.max(0, (view?.attempt ?? 1) - 1), 16);
  return { attemptsAllowed: retry.attempts, againAt: at + Math.min(pauseMs, longestPauseMs) };
}
