import { formatDuration } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import { signOf } from '../outcome-sign.js';
import type { Mark, RunReport, StageReport } from '../run-report.js';
import { formatClock } from '../time-text.js';
import { glyphOf } from './badge.js';
import { laneBars } from './gantt-bars.js';
import { type Html, html } from './html-tag.js';
import { type TimeAxis, ticksOf, xOf } from './time-axis.js';

const width = 1100;
const rowHeight = 22;
const stageHeight = 28;
const top = 34;

/** Lanes that one chart shows at most; more are folded away stage by stage. */
const lanesAtOnce = 40;

/** The run over time: a row per lane under its stage. Beyond forty lanes each stage with begun lanes has a chart of its own. */
export function gantt(report: RunReport): Html {
  const axis = axisOf(report);
  const begun = report.stages.filter(({ lanes }) => lanes.some(({ startedAt }) => startedAt !== undefined));
  if (axis === undefined || begun.length === 0) {
    return html`<p class="quiet">No step was begun.</p>`;
  }
  const count = begun.reduce((total, { lanes }) => total + lanes.length, 0);
  const charts =
    count <= lanesAtOnce
      ? html`<div class="panel chart">${chart(report, { axis, stages: begun, id: 'timeline' })}</div>`
      : html`${begun.map(
          (
            stage,
            index,
          ) => html`<details${stage.lanes.length <= lanesAtOnce && html` open`}><summary>${stage.title} <span class="quiet">${stageText(stage)}</span></summary>
<div class="panel chart">${chart(report, { axis, stages: [stage], id: `timeline-${index + 1}` })}</div></details>`,
        )}`;
  return html`${patternDefinitions}${charts}${legend}`;
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
  { axis, stages, id }: { readonly axis: TimeAxis; readonly stages: readonly StageReport[]; readonly id: string },
): Html {
  const asOf = report.times.asOf ?? axis.toAt;
  let y = top;
  const rows: Html[] = [];
  for (const stage of stages) {
    rows.push(html`<text class="stage" x="8" y="${y + 19}">${cut(stage.title, 60)}</text>`);
    y += stageHeight;
    for (const lane of stage.lanes) {
      const { tone } = signOf(lane.outcome);
      rows.push(
        html`<g><text class="sign ${tone}" x="8" y="${y + 13}">${glyphOf(lane.outcome)}</text><text x="24" y="${y + 13}">${cut(lane.title, 25)}<title>${lane.title}: ${signOf(lane.outcome).word}</title></text>${laneBars(lane, { axis, y, asOf })}</g>`,
      );
      y += rowHeight;
    }
    y += 6;
  }
  const height = y + 8;
  const took = formatDuration(asOf - axis.fromAt);
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Timeline of ${stages.length === 1 ? (stages[0]?.title ?? 'the run') : 'the run'}</title>
<desc id="${id}-desc">${took} from ${formatClock(axis.fromAt)} UTC. ${stages.map((stage) => `${stage.title}, ${stageText(stage)}. `).join('')}Every bar is a row of the table of all steps.</desc>
${frame(report, { axis, height })}${rows}</svg>`;
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
    return html`<rect class="band" x="${xOf(axis, at)}" width="${Math.max(2, xOf(axis, until) - xOf(axis, at))}" y="${top - 8}" height="${height - top + 8}"><title>paused by an operator for ${formatDuration(until - at)}</title></rect>`;
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
)}<li><svg viewBox="0 0 22 12" aria-hidden="true"><line class="retry" x1="0" x2="22" y1="6" y2="6"/></svg>between attempts</li></ul>`;
