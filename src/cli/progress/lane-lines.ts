import { isJsonObject } from '../../model/json.js';
import type { Step } from '../../model/plan.js';
import { formatDuration } from '../../model/units.js';
import type { StepProgress } from '../../steps/step-type.js';
import { clean, fit, type Style, widthOf } from '../style.js';
import { bar } from './bar.js';
import { attemptText } from './entry-line.js';
import { movedText } from './moved-text.js';
import { type TransferView, transferLine } from './transfer-line.js';
import { laneCommand, wrapped } from './typed-commands.js';
import { currentStep, isHeld, type LaneInView, type RunView } from './view.js';
import { laneWord, paint, timeOfDay } from './words.js';

/** One lane: a line, and below it what an operator can type when it waits for one. */
export function laneLines(
  lane: LaneInView,
  view: RunView,
  { style, columns, nameWidth }: { readonly style: Style; readonly columns: number; readonly nameWidth: number },
): readonly string[] {
  const { sign, word, tone } = laneWord(lane.state, view.state);
  const head = `  ${paint(style, tone, `${sign} ${fit(word, 9)}`)} ${fit(lane.lane.id, nameWidth)}  `;
  const line = head + detail(lane, view, { style, room: columns - widthOf(head) });
  if (!isHeld(lane.state)) {
    return [line];
  }
  const typed = lane.state.offers.flatMap((move) =>
    wrapped(laneCommand(view.commands, move, lane.lane), columns - 6).map((part) => `      ${style.bold(part)}`),
  );
  return [line, ...typed];
}

function detail(lane: LaneInView, view: RunView, { style, room }: Room): string {
  const { state } = lane;
  switch (state.status) {
    case 'waiting':
      return style.dim(clean(state.waitsFor ?? lane.lane.title));
    case 'blocked':
      return clean(state.waitsFor ?? state.failure?.message ?? lane.lane.title);
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      return ended(lane);
    case 'active':
    case 'recovering':
      return underWay(lane, view, { style, room });
  }
}

interface Room {
  readonly style: Style;
  /** Columns that are left on the line. */
  readonly room: number;
}

function ended({ lane, state }: LaneInView): string {
  const took =
    state.startedAt === undefined || state.finishedAt === undefined
      ? ''
      : formatDuration(state.finishedAt - state.startedAt);
  const why = state.status === 'succeeded' ? lane.title : (state.failure?.message ?? lane.title);
  const measured = Object.values(state.outputs).map(movedText).filter(isSomething);
  const passed = state.passedOver.length === 0 ? '' : ` (${state.passedOver.length} passed over)`;
  return [`${clean(why)}${passed}`, [took, ...measured].filter(isSomething).join(', ')].filter(isSomething).join('  ');
}

/** Below this many columns a bar stands without its amounts, and a title is cut for the sake of what changes. */
const narrow = 80;
const shortestTitle = 24;
const shortestReason = 12;
const gap = 2;
/** `10m 10s`: kept free for it, so that nothing jumps while it grows. */
const sinceWidth = 7;

function underWay(lane: LaneInView, { progress, now }: RunView, { style, room }: Room): string {
  const { state } = lane;
  const step = currentStep(lane);
  const of = state.isRecovering ? lane.lane.recovery.length : lane.lane.steps.length;
  const said = progress.get(lane.lane.id);
  const isSaid = said !== undefined && said.step === step?.id;
  if (isSaid && state.activity === 'running' && isTransfer(said.progress)) {
    const to = targetOf(step);
    return transferLine({ progress: said.progress, now, ...(to === undefined ? {} : { target: to }) }, { style, room });
  }
  const attempts = attemptText(state.attempt, step);
  const since = state.stepStartedAt === undefined ? '' : formatDuration(Math.max(0, now - state.stepStartedAt));
  const title = `${state.step + 1}/${of} ${clean(step?.title ?? '')}`;
  const how = [attempts, isSaid ? bar(said.progress, { style, isShort: room < narrow }) : ''].filter(isSomething);
  const why = waiting(lane, isSaid ? said.progress : undefined);
  // What a lane is held by matters more than what it was about; what a step says of itself matters less.
  const isUrgent = why !== '' && (state.activity === 'backoff' || isHeld(state));
  const taken = how.reduce((sum, part) => sum + gap + widthOf(part), gap + sinceWidth);
  const titleRoom = Math.max(shortestTitle, room - taken - (isUrgent ? gap + widthOf(why) : 0));
  const shown = widthOf(title) > titleRoom ? fit(title, titleRoom) : title;
  const line = [shown, ...how, since].filter(isSomething).join('  ');
  const left = room - widthOf(line) - gap;
  return isUrgent || left >= Math.min(widthOf(why), shortestReason) ? `${line}  ${why}`.trimEnd() : line;
}

function isTransfer(progress: StepProgress): progress is TransferView['progress'] {
  return progress.transfer !== undefined;
}

/** The host that a step moves something to. */
function targetOf(step: Step | undefined): string | undefined {
  const to = step?.input['to'];
  const host = isJsonObject(to) ? to['host'] : undefined;
  return typeof host === 'string' ? host : undefined;
}

function isSomething(part: string): boolean {
  return part !== '';
}

function waiting(
  { state }: LaneInView,
  said: { readonly text: string; readonly untilMs?: number } | undefined,
): string {
  const until = said?.untilMs ?? (state.activity === 'backoff' ? state.dueAt : undefined);
  const what = state.waitsFor ?? (state.activity === 'backoff' || isHeld(state) ? state.failure?.message : said?.text);
  return `${clean(what ?? '')}${until === undefined ? '' : ` until ${timeOfDay(until)}`}`.trim();
}
