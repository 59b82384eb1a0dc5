import { formatDuration } from '../../model/units.js';
import { signOf, type Tone } from '../outcome-sign.js';
import type { LaneReport, StageReport, StepReport } from '../run-report.js';
import { formatClock } from '../time-text.js';
import { glyphOf } from './badge.js';
import { type Html, html } from './html-tag.js';
import { type TimeAxis, xOf } from './time-axis.js';

/** Where a row of the chart stands. */
export interface Row {
  readonly axis: TimeAxis;
  /** Upper edge. */
  readonly y: number;
  /** The last moment the report knows of. */
  readonly asOf: number;
}

const barHeight = 15;

const patterns: Readonly<Record<Tone, string>> = { good: '', bad: 'bad', warn: 'warn', busy: 'busy', idle: '' };

/** The bars of a lane: one for each attempt of each step, dashes between attempts, dots while an operator is waited for. */
export function laneBars(lane: LaneReport, row: Row): Html {
  const { startedAt } = lane;
  if (startedAt === undefined) {
    return html``;
  }
  const middle = row.y + barHeight / 2 + 2;
  const end = lane.endedAt ?? row.asOf;
  return html`<line class="base" x1="${xOf(row.axis, startedAt)}" x2="${xOf(row.axis, end)}" y1="${middle}" y2="${middle}"/>${lane.steps.map((step) => stepBars(step, row))}`;
}

/** One bar from a stage's first begin to its last end, with a mark wherever a lane of it failed. */
export function stageBar({ lanes }: StageReport, { row, text }: { readonly row: Row; readonly text: string }): Html {
  const begun = lanes.flatMap(({ startedAt, endedAt }) => (startedAt === undefined ? [] : { startedAt, endedAt }));
  const from = begun.reduce((first, { startedAt }) => Math.min(first, startedAt), row.asOf);
  const to = begun.reduce((last, { endedAt }) => Math.max(last, endedAt ?? row.asOf), from);
  const x = xOf(row.axis, from);
  const width = Math.max(2, Math.round(xOf(row.axis, to) - x));
  const tone = lanes.some(({ outcome }) => outcome === 'running') ? 'busy' : 'good';
  const isRight = x + width + text.length * 6 > row.axis.right;
  const failures = lanes.flatMap(({ outcome, endedAt }) =>
    outcome === 'failed' && endedAt !== undefined ? [endedAt] : [],
  );
  return html`<g class="${tone}"><title>${text}</title><rect class="bar" x="${x}" y="${row.y + 2}" width="${width}" height="${barHeight}" rx="1.5"/>${failures.map(
    (at) =>
      html`<rect class="bar bad" x="${xOf(row.axis, at) - 2}" y="${row.y + 2}" width="4" height="${barHeight}"><title>failed at ${formatClock(at)}</title></rect>`,
  )}</g><text class="tick" x="${isRight ? x - 6 : x + width + 6}" y="${row.y + 13}" text-anchor="${isRight ? 'end' : 'start'}">${text}</text>`;
}

function stepBars(step: StepReport, row: Row): Html {
  const { attempts } = step;
  return html`${attempts.map((attempt, index) => {
    const isLast = index === attempts.length - 1;
    const outcome = isLast ? step.outcome : attempt.outcome;
    const endedAt = attempt.endedAt ?? (isLast ? row.asOf : (attempts[index + 1]?.startedAt ?? row.asOf));
    const next = attempts[index + 1]?.startedAt ?? waitEnd(step, { endedAt, asOf: row.asOf });
    return html`${next === undefined ? undefined : pause({ from: endedAt, to: next, row })}${bar(step, { outcome, from: attempt.startedAt, to: endedAt, row })}`;
  })}`;
}

/** Until when an operator was waited for after the last attempt; undefined when nobody was. */
function waitEnd(
  { outcome, movedBy }: StepReport,
  { endedAt, asOf }: { readonly endedAt: number; readonly asOf: number },
): number | undefined {
  return outcome === 'waiting' ? asOf : movedBy.findLast(({ at }) => at > endedAt)?.at;
}

function pause({ from, to, row }: { readonly from: number; readonly to: number; readonly row: Row }): Html {
  const y = row.y + barHeight / 2 + 2;
  return html`<line class="retry" x1="${xOf(row.axis, from)}" x2="${xOf(row.axis, to)}" y1="${y}" y2="${y}"><title>waited for ${formatDuration(to - from)}</title></line>`;
}

function bar(
  step: StepReport,
  {
    outcome,
    from,
    to,
    row,
  }: { readonly outcome: Parameters<typeof signOf>[0]; readonly from: number; readonly to: number; readonly row: Row },
): Html {
  const { word, tone } = signOf(outcome);
  const x = xOf(row.axis, from);
  const width = Math.max(2, Math.round((xOf(row.axis, to) - x) * 10) / 10);
  const y = row.y + 2;
  const pattern = patterns[tone];
  const title = `${step.title}: ${word}, from ${formatClock(from)} for ${formatDuration(to - from)}`;
  return html`<g class="${tone}"><title>${title}</title><rect class="bar" x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="1.5"/>${
    pattern === ''
      ? undefined
      : html`<rect x="${x}" y="${y}" width="${width}" height="${barHeight}" fill="url(#p-${pattern})"/>`
  }${barText({ step, outcome, x, width, y })}</g>`;
}

/** The kind of step where there is room for it, with a sign when it is not a plain success. */
function barText({
  step,
  outcome,
  x,
  width,
  y,
}: {
  readonly step: StepReport;
  readonly outcome: Parameters<typeof signOf>[0];
  readonly x: number;
  readonly width: number;
  readonly y: number;
}): Html | undefined {
  const sign = signOf(outcome).tone === 'good' ? '' : `${glyphOf(outcome)} `;
  const label = `${sign}${step.kind}`;
  const text = width > label.length * 6 + 6 ? label : width > 12 ? sign.trim() : '';
  return text === '' ? undefined : html`<text class="label" x="${x + 4}" y="${y + 11}">${text}</text>`;
}
