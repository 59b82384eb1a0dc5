import { formatDuration } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import type { Attempt, LaneReport, RunReport, StageReport, StepReport } from '../run-report.js';
import { formatClock } from '../time-text.js';
import { badge } from './badge.js';
import { type Cell, type Column, dataTable } from './data-table.js';
import { type Html, html, lines } from './html-tag.js';

/** Every step of every lane with its attempts, failures and what was seen, folded away stage by stage. */
export function stepSection({ stages }: RunReport): Html {
  const count = stages.flatMap(({ lanes }) => lanes).length;
  return stages.length === 0
    ? html`<p class="quiet">The journal has no plan.</p>`
    : html`${stages.map((stage) => stageTable(stage, count <= 12))}`;
}

function stageTable({ title, isAlways, lanes }: StageReport, isOpen: boolean): Html {
  const steps = lanes.reduce((total, lane) => total + lane.steps.length, 0);
  const rows = lanes.flatMap((lane) => lane.steps.map((step) => row(lane, step)));
  const always = isAlways ? ', runs whatever happened before' : '';
  return html`<details${isOpen && html` open`}><summary>${title} <span class="quiet">${counted(lanes.length, 'lane')}, ${counted(steps, 'step')}${always}</span></summary>
${dataTable({ caption: `Steps of ${title}`, columns }, rows)}</details>`;
}

const columns: readonly Column[] = [
  { title: 'Lane' },
  { title: 'Step', holds: 'text' },
  { title: 'Outcome', holds: 'short' },
  { title: 'Started (UTC)', holds: 'number' },
  { title: 'Took', holds: 'number' },
  { title: 'Attempts', holds: 'number' },
];

function row({ title }: LaneReport, step: StepReport): readonly Cell[] {
  const { startedAt, endedAt, attempts, movedBy } = step;
  const tookMs = startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt;
  return [
    title,
    html`${step.title}${step.isRecovery && html` <span class="quiet">(recovery)</span>`}${movedBy.map(
      ({ by, move, at }) => html`<span class="why">${move} by ${by} at ${formatClock(at)}</span>`,
    )}${failure(step)}${attempts.map(attemptNotes)}`,
    badge(step.outcome),
    startedAt === undefined ? undefined : formatClock(startedAt),
    tookMs === undefined ? undefined : formatDuration(tookMs),
    attempts.length === 0 ? undefined : `${attempts.length}`,
  ];
}

function failure({ failure: fact }: StepReport): Html | undefined {
  if (fact === undefined) {
    return undefined;
  }
  const hint = fact.hint === undefined ? '' : `. ${fact.hint}`;
  return html`<span class="why">${fact.message}${hint} <code>${fact.code}</code></span>${fact.cause !== undefined && html`<pre>${lines(fact.cause)}</pre>`}`;
}

function attemptNotes({ attempt, observations }: Attempt): readonly Html[] {
  return observations.map(
    ({ at, verdict, evidence }) =>
      html`<span class="why">Looked at ${formatClock(at)} after attempt ${attempt}: ${verdict}, ${evidence}</span>`,
  );
}
