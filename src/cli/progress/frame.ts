import { formatDuration } from '../../model/units.js';
import type { RunPhase } from '../../state-machines/run-state.js';
import { fit, type Style } from '../style.js';
import { chosenLanes } from './chosen-lanes.js';
import { laneLines } from './lane-lines.js';
import { runCommand, wrapped } from './typed-commands.js';
import { type LaneInView, lanesInView, type RunView } from './view.js';
import { laneWord, paint } from './words.js';

export interface FrameOptions {
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
}

/**
 * A picture of a run now: never more lines than the terminal has rows less one, none wider than its columns. Who waits
 * for an operator comes first when there is no room for all, then what is under way, what went wrong, what ended last.
 */
export function frame(view: RunView, { columns, rows, style }: FrameOptions): readonly string[] {
  const lanes = lanesInView(view.state);
  const head = [headline(view, style), counts(view, lanes, style), ...phaseLines(view, { style, columns })];
  const widest = nameWidth(lanes, columns);
  const lines = lanes.map((lane) => laneLines(lane, view, { style, columns, nameWidth: widest }));
  const chosen = chosenLanes(
    lanes.map((lane, index) => ({ ...lane, height: lines[index]?.length ?? 1 })),
    rows - 1 - head.length,
  );
  const body = lanes.flatMap((lane, index) => {
    if (!chosen.has(lane.lane.id)) {
      return [];
    }
    const isFirst = !lanes.slice(0, index).some((before) => before.stage === lane.stage && chosen.has(before.lane.id));
    const title = view.state.plan?.stages[lane.stage]?.title ?? '';
    return [...(isFirst ? [style.bold(title)] : []), ...(lines[index] ?? [])];
  });
  const rest = remainder(
    view,
    lanes.filter(({ lane }) => !chosen.has(lane.id)),
  );
  const all = [...head, ...body, ...(rest === undefined ? [] : [style.dim(rest)])];
  return all.slice(0, Math.max(1, rows - 1)).map((line) => fit(line, columns).trimEnd());
}

/** On a narrow terminal the names of VMs come first: what other lanes are about, their titles say. */
function nameWidth(lanes: readonly LaneInView[], columns: number): number {
  const vms = lanes.filter(({ lane }) => lane.subject.kind === 'vm');
  const named = columns < 100 && vms.length > 0 ? vms : lanes;
  return Math.min(28, Math.max(8, ...named.map(({ lane }) => lane.id.length)));
}

function headline({ state }: RunView, style: Style): string {
  const { plan, stage } = state;
  const stages = plan?.stages ?? [];
  const where = stages[stage] === undefined ? '' : ` · stage ${stage + 1} of ${stages.length}: ${stages[stage].title}`;
  return `${style.bold(`${plan?.runbook ?? ''} ${plan?.mode ?? ''}`.trim())} · run ${state.runId}${where}`;
}

function counts({ state, now, realElapsedMs }: RunView, lanes: readonly LaneInView[], style: Style): string {
  const began = state.startedAt ?? state.requestedAt;
  const elapsed = began === undefined ? '' : formatDuration((state.finishedAt ?? now) - began);
  const real = realElapsedMs === undefined ? '' : ` (${formatDuration(realElapsedMs)} real)`;
  const tally = new Map<string, { readonly text: string; count: number }>();
  for (const { state: lane } of lanes) {
    const { sign, word, tone } = laneWord(lane, state);
    const entry = tally.get(word) ?? { text: paint(style, tone, `${sign} ${word}`), count: 0 };
    entry.count += 1;
    tally.set(word, entry);
  }
  return [`${elapsed}${real}`, ...[...tally.values()].map(({ text, count }) => `${text} ${count}`)].join('  ');
}

function phaseLines(
  { state, commands }: RunView,
  { style, columns }: Pick<FrameOptions, 'style' | 'columns'>,
): readonly string[] {
  const told: Partial<Record<RunPhase, string>> = {
    paused: '? paused: no new step begins until you type:',
    stopping: '▪ stopping: a failure ends the run once the steps under way have ended',
    cancelling: '▪ cancelling: steps under way are asked to stop, then recovery and clean-up',
  };
  const line = told[state.phase];
  const typed = state.phase === 'paused' ? wrapped(runCommand(commands, 'resume'), columns - 6) : [];
  return line === undefined ? [] : [style.warn(line), ...typed.map((part) => `      ${style.bold(part)}`)];
}

function remainder({ state: run }: RunView, lanes: readonly LaneInView[]): string | undefined {
  if (lanes.length === 0) {
    return undefined;
  }
  const words = new Map<string, number>();
  for (const { state } of lanes) {
    const { word } = laneWord(state, run);
    words.set(word, (words.get(word) ?? 0) + 1);
  }
  return `… ${[...words].map(([word, count]) => `${count} more ${word}`).join(', ')}`;
}
