import type { Finding } from '../model/finding.js';
import { formatPlace } from '../model/place.js';
import type { Plan, Step, VmEstimate } from '../model/plan.js';
import { formatDuration, formatSize } from '../model/units.js';
import { clean, type Style, widthOf } from './style.js';
import { table } from './table.js';

/** A plan for people: stages with their lanes and steps, per VM method and target, what is left alone, what to know. */
export function planText(plan: Plan, { style, columns }: { readonly style: Style; readonly columns: number }): string {
  const sections = [
    planSummary(plan, style),
    ...plan.stages.map((stage, index) => {
      const lanes = stage.lanes.map(({ id, steps, after }) => `  ${id}\n${chain(steps, columns)}${blockedBy(after)}`);
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

/** Findings, one a line with its sign and word. */
export function findingsText(findings: readonly Finding[], style: Style): string {
  return findings
    .map(({ severity, subject, message, hint, code }) => {
      const head = {
        info: style.accent('i info'),
        warning: style.warn('! warning'),
        blocker: style.bad('✗ blocker'),
      }[severity];
      return `${head}  ${clean(subject)}: ${clean(message)} [${code}]\n${hint === undefined ? '' : `    ${clean(hint)}\n`}`;
    })
    .join('');
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
  const rows = vms.map(({ vm, method, target, durationMs, downtimeMs, bytes, dataAgeMs }) => [
    vm,
    method,
    formatPlace(target),
    formatDuration(durationMs),
    formatDuration(downtimeMs),
    formatSize(bytes),
    dataAgeMs === undefined ? '-' : formatDuration(dataAgeMs),
  ]);
  return table(['VM', 'METHOD', 'TARGET', 'TIME', 'DOWNTIME', 'BYTES', 'DATA AGE'], rows, style);
}

/** The steps in their order, as many on a line as there is room for. */
function chain(steps: readonly Step[], columns: number): string {
  const lines: string[] = [];
  for (const { title } of steps) {
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
  if (skipped.length === 0) {
    return '';
  }
  const lines = skipped.map(({ vm, reason, code }) => `  - ${vm}: ${clean(reason)} [${code}]\n`);
  return `${style.bold('Left alone')}\n${lines.join('')}`;
}
