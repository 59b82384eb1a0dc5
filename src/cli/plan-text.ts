import { formatPlace } from '../model/place.js';
import type { Plan, VmEstimate } from '../model/plan.js';
import { formatDuration, formatSize } from '../model/units.js';
import { findingsText, skippedLines } from './plan-advice.js';
import { type LaneShape, laneShapes } from './plan-shapes.js';
import { clean, type Style, widthOf } from './style.js';
import { table } from './table.js';

/** A plan for people: stages with their lanes and steps, per VM method and target, what is left alone, what to know. */
export function planText(plan: Plan, { style, columns }: { readonly style: Style; readonly columns: number }): string {
  const sections = [
    planSummary(plan, style),
    ...plan.stages.map((stage, index) => {
      const lanes = laneShapes(stage.lanes).map((shape) => shapeText(shape, columns));
      return `${style.bold(`Stage ${index + 1}: ${clean(stage.title)}`)}\n${lanes.join('')}`;
    }),
    skippedText(plan, style),
    findingsText(plan.findings, style),
  ];
  return sections.filter((section) => section !== '').join('\n');
}

/** What a plan comes to: how long, how much, and where each VM goes with data how old. */
export function planSummary(plan: Plan, style: Style): string {
  return [heading(plan, style), vmTable(plan.estimates.vms, style)].filter((part) => part !== '').join('\n');
}

function heading({ runbook, mode, estimates, objectives, stages, request }: Plan, style: Style): string {
  const { rpoMs, rtoMs } = objectives;
  const goals = [
    rtoMs === undefined ? '' : `RTO ${formatDuration(rtoMs)}`,
    rpoMs === undefined ? '' : `RPO ${formatDuration(rpoMs)}`,
  ].filter((goal) => goal !== '');
  const steps = stages.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.steps)).length;
  const attested = (request.attested ?? []).map(
    ({ host, reason }) =>
      `  ${style.warn('!')} ${host} counts as dead on the word of ${request.by}: ${clean(reason)}\n`,
  );
  return [
    `${style.bold(`${runbook} ${mode}`)}: ${stages.length} stages, ${steps} steps, about ${formatDuration(estimates.durationMs)}`,
    `, ${formatSize(estimates.bytes)} over links${goals.length === 0 ? '' : `; objectives ${goals.join(', ')}`}\n`,
    ...attested,
  ].join('');
}

function vmTable(vms: readonly VmEstimate[], style: Style): string {
  if (vms.length === 0) {
    return '';
  }
  const hasAges = vms.some(({ dataAgeMs }) => dataAgeMs !== undefined);
  const rows = vms.map(({ vm, method, target, durationMs, downtimeMs, bytes, dataAgeMs }) => [
    vm,
    method,
    formatPlace(target),
    formatDuration(durationMs),
    formatDuration(downtimeMs),
    formatSize(bytes),
    ...(hasAges ? [dataAgeMs === undefined ? '-' : formatDuration(dataAgeMs)] : []),
  ]);
  const titles = ['VM', 'METHOD', 'TARGET', 'TIME', 'DOWNTIME', 'BYTES'];
  return table(hasAges ? [...titles, 'DATA AGE'] : titles, rows, style);
}

/** A lane, or many that do the same: who, and below it what. */
function shapeText({ lanes, titles }: LaneShape, columns: number): string {
  const after = lanes[0]?.after ?? [];
  const names = lanes.map(({ subject }) => clean(subject.name));
  const who =
    lanes.length === 1
      ? lanes.map(({ id }) => `  ${id}\n`).join('')
      : packed(names, { columns: columns - 4, separator: ', ' })
          .map((line, index) => `  ${index === 0 ? `${lanes.length} VMs: ` : '  '}${line}\n`)
          .join('');
  return `${who}${chain(titles, columns)}${blockedBy(after)}`;
}

/** Words on as few lines as there is room for. */
function packed(
  words: readonly string[],
  { columns, separator }: { readonly columns: number; readonly separator: string },
): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && widthOf(last) + widthOf(word) + 10 <= columns) {
      lines[lines.length - 1] = `${last}${separator}${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/** The steps in their order, as many on a line as there is room for. */
function chain(titles: readonly string[], columns: number): string {
  const lines: string[] = [];
  for (const title of titles) {
    const last = lines.at(-1);
    const step = clean(title);
    if (last !== undefined && widthOf(last) + widthOf(step) + 9 <= columns) {
      lines[lines.length - 1] = `${last} → ${step}`;
    } else {
      lines.push(last === undefined ? step : `→ ${step}`);
    }
  }
  return lines.map((line) => `      ${line}\n`).join('');
}

function blockedBy(after: readonly string[]): string {
  return after.length === 0 ? '' : `      only after ${after.join(', ')} succeeded\n`;
}

function skippedText({ skipped }: Plan, style: Style): string {
  const lines = skippedLines(skipped).map((line) => `  - ${line}\n`);
  return lines.length === 0 ? '' : `${style.bold('Left alone')}\n${lines.join('')}`;
}
