import { formatDuration } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import { signOf } from '../outcome-sign.js';
import type { LaneReport, Mark, RunReport, StageReport } from '../run-report.js';
import { formatClock } from '../time-text.js';
import { glyphOf } from './badge.js';
import { laneBars, type Row, stageBar } from './gantt-bars.js';
import { type Html, html } from './html-tag.js';
import { type TimeAxis, ticksOf, xOf } from './time-axis.js';

const width = 1100;
const rowHeight = 22;
const stageHeight = 28;
const top = 34;

const lanesAtOnce = 40;

/**
 * The run over time: a row per lane under its stage. Beyond forty lanes there is a row per stage, and each stage has a chart
 * of its own, folded away. Stages that were never begun are left out.
 */
export function gantt(report: RunReport): Html {
  const axis = axisOf(report);
  const begun = report.stages.filter(({ lanes }) => lanes.some(({ startedAt }) => startedAt !== undefined));
  if (axis === undefined || begun.length === 0) {
    return html`<p class="quiet">No step was begun.</p>`;
  }
  if (begun.reduce((total, { lanes }) => total + lanes.length, 0) <= lanesAtOnce) {
    const whole = chart(report, { axis, id: 'timeline', title: 'Timeline of the run', rows: begun.flatMap(stageRows) });
    return html`${patternDefinitions}<div class="panel chart">${whole}</div>${legend}`;
  }
  const overview = chart(report, {
    axis,
    id: 'overview',
    title: 'Timeline of the stages',
    rows: begun.map(overviewRow),
  });
  return html`${patternDefinitions}<div class="panel chart">${overview}</div>${legend}${begun.map(
    (stage, index) => html`<details><summary>${stage.title} <span class="quiet">${stageText(stage)}</span></summary>
<div class="panel chart">${chart(report, { axis, id: `stage-${index + 1}`, title: `Timeline of ${stage.title}`, rows: stageRows(stage) })}</div></details>`,
  )}`;
}

/** A row of a chart: how high it is, what it says to a screen reader, and how it is drawn. */
interface ChartRow {
  readonly height: number;
  readonly text: string;
  readonly draw: (row: Row) => Html;
}

function stageRows(stage: StageReport): readonly ChartRow[] {
  const heading: ChartRow = {
    height: stageHeight,
    text: `${stage.title}, ${stageText(stage)}. `,
    draw: ({ y }) => html`<text class="stage" x="8" y="${y + 19}">${cut(stage.title, 60)}</text>`,
  };
  return [
    heading,
    ...stage.lanes.map((lane) => ({ height: rowHeight, text: '', draw: (row: Row) => laneRow(lane, row) })),
  ];
}

function laneRow(lane: LaneReport, row: Row): Html {
  return html`<g>${rowLabel(lane.outcome, lane.title, row)}${laneBars(lane, row)}</g>`;
}

function overviewRow(stage: StageReport): ChartRow {
  return {
    height: rowHeight + 6,
    text: `${stage.title}, ${stageText(stage)}. `,
    draw: (row) =>
      html`<g>${rowLabel(worstOf(stage), stage.title, row)}${stageBar(stage, { row, text: stageText(stage) })}</g>`,
  };
}

function rowLabel(outcome: LaneReport['outcome'], title: string, { y }: Row): Html {
  const { tone, word } = signOf(outcome);
  return html`<text class="sign ${tone}" x="8" y="${y + 13}">${glyphOf(outcome)}</text><text x="24" y="${y + 13}">${cut(title, 25)}<title>${title}: ${word}</title></text>`;
}

/** The outcome that a reader must not miss. */
function worstOf({ lanes }: StageReport): LaneReport['outcome'] {
  const ranked = ['failed', 'waiting', 'blocked', 'running', 'cancelled', 'not-reached'] as const;
  return ranked.find((outcome) => lanes.some((lane) => lane.outcome === outcome)) ?? 'succeeded';
}

function stageText({ lanes }: StageReport): string {
  const outcomes = [...new Set(lanes.map(({ outcome }) => outcome))];
  const counts = outcomes.map(
    (outcome) => `${lanes.filter((lane) => lane.outcome === outcome).length} ${signOf(outcome).word}`,
  );
  return `${counted(lanes.length, 'lane')}: ${counts.join(', ')}`;
}

function axisOf({ times, objectives }: RunReport): TimeAxis | undefined {
  const fromAt = times.requestedAt ?? times.startedAt;
  const { asOf } = times;
  if (fromAt === undefined || asOf === undefined) {
    return undefined;
  }
  const targetAt = fromAt + (rtoOf(objectives) ?? 0);
  const spanMs = Math.max(1, asOf - fromAt);
  const isNear = targetAt > asOf && targetAt - fromAt < spanMs * 1.3;
  return { fromAt, toAt: isNear ? targetAt : fromAt + spanMs, left: 196, right: width - 26 };
}

function rtoOf(objectives: RunReport['objectives']): number | undefined {
  return objectives.find(({ basis }) => basis === 'request-to-ready')?.targetMs;
}

function chart(
  report: RunReport,
  {
    axis,
    id,
    title,
    rows,
  }: { readonly axis: TimeAxis; readonly id: string; readonly title: string; readonly rows: readonly ChartRow[] },
): Html {
  const asOf = report.times.asOf ?? axis.toAt;
  let y = top;
  const drawn = rows.map((row) => {
    y += row.height;
    return row.draw({ axis, y: y - row.height, asOf });
  });
  const height = y + 10;
  const took = formatDuration(asOf - axis.fromAt);
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">${title}</title>
<desc id="${id}-desc">${took} from ${formatClock(axis.fromAt)} UTC. ${rows.map(({ text }) => text)}Every bar is a row of the table of all steps.</desc>
${frame(report, { axis, height })}${drawn}</svg>`;
}

function frame(report: RunReport, { axis, height }: { readonly axis: TimeAxis; readonly height: number }): Html {
  const targetMs = rtoOf(report.objectives);
  const targetAt = targetMs === undefined ? undefined : axis.fromAt + targetMs;
  const isShown = targetAt !== undefined && targetAt <= axis.toAt;
  return html`<text class="tick" x="8" y="20">since ${formatClock(axis.fromAt)} UTC</text>${ticksOf(axis).map(
    ({ x, text }) =>
      html`<line class="grid" x1="${x}" x2="${x}" y1="${top - 8}" y2="${height}"/><text class="tick" x="${x}" y="20" text-anchor="middle">${text}</text>`,
  )}${pauses(report.marks, { axis, height })}${report.marks
    .filter(({ kind }) => kind === 'taken-up' || kind === 'cancelled')
    .map((mark) => markLine(mark, { axis, height }))}${
    isShown &&
    html`<line class="target" x1="${xOf(axis, targetAt)}" x2="${xOf(axis, targetAt)}" y1="${top - 8}" y2="${height}"/><text class="targettext" x="${xOf(axis, targetAt) - 5}" y="${top + 2}" text-anchor="end">RTO ${formatDuration(targetMs ?? 0)}</text>`
  }`;
}

function markLine(mark: Mark, { axis, height }: { readonly axis: TimeAxis; readonly height: number }): Html {
  const x = xOf(axis, mark.at);
  const isRight = x > width - 180;
  const text = mark.kind === 'taken-up' ? 'taken up again' : 'cancelled';
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${top - 8}" y2="${height}"><title>${text} at ${formatClock(mark.at)}</title></line><text class="marktext" x="${isRight ? x - 5 : x + 5}" y="${top + 2}" text-anchor="${isRight ? 'end' : 'start'}">${text}</text>`;
}

function pauses(marks: readonly Mark[], { axis, height }: { readonly axis: TimeAxis; readonly height: number }): Html {
  const paused = marks.filter(({ kind }) => kind === 'paused');
  return html`${paused.map(({ at }) => {
    const until =
      marks.find((mark) => mark.at >= at && mark.kind !== 'paused' && mark.kind !== 'taken-up')?.at ?? axis.toAt;
    const bandWidth = Math.max(2, Math.round(xOf(axis, until) - xOf(axis, at)));
    const text =
      bandWidth > 44 && html`<text class="bandtext" x="${xOf(axis, at) + 4}" y="${height - 4}">paused</text>`;
    return html`<rect class="band" x="${xOf(axis, at)}" width="${bandWidth}" y="${top - 8}" height="${height - top + 8}"><title>paused by an operator for ${formatDuration(until - at)}</title></rect>${text}`;
  })}`;
}

function cut(text: string, max: number): string {
  const characters = Array.from(text);
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
}

const patternDefinitions = html`<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
<pattern id="p-bad" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="6"/></pattern>
<pattern id="p-warn" width="6" height="6" patternUnits="userSpaceOnUse"><circle class="dot" cx="2" cy="2" r="1.1"/></pattern>
<pattern id="p-busy" width="8" height="8" patternUnits="userSpaceOnUse"><line class="dash" x1="0" y1="4" x2="4" y2="4"/></pattern>
</defs></svg>`;

const legend = html`<ul class="legend">${(
  [
    ['good', '', 'succeeded'],
    ['bad', 'bad', 'failed'],
    ['warn', 'warn', 'passed over, waiting or unknown'],
    ['busy', 'busy', 'under way'],
    ['idle', '', 'cancelled'],
  ] as const
).map(
  ([tone, pattern, word]) =>
    html`<li class="${tone}"><svg viewBox="0 0 22 12" aria-hidden="true"><rect class="bar" x=".5" y=".5" width="21" height="11" rx="1.5"/>${pattern !== '' && html`<rect x=".5" y=".5" width="21" height="11" fill="url(#p-${pattern})"/>`}</svg>${word}</li>`,
)}<li><svg viewBox="0 0 22 12" aria-hidden="true"><line class="retry" x1="0" x2="22" y1="6" y2="6"/></svg>pause before an attempt or an operator's move</li></ul>`;
