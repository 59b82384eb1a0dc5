import { formatDuration } from '../model/units.js';
import type { RunReport } from '../reports/index.js';
import { type Style, widthOf } from './style.js';

/** Columns; beyond them the verdict has a line of its own. */
const longestLine = 100;

/** How a run ended, measured: a line with its RTO and its worst data age, each against its objective. */
export function outcomeText(report: RunReport, style: Style): string {
  const { result } = report.standing;
  const sign = { succeeded: '✔', 'with-errors': '!', failed: '✗', cancelled: '■', open: '?' }[result];
  const paint = {
    succeeded: style.good,
    'with-errors': style.warn,
    failed: style.bad,
    cancelled: style.warn,
    open: style.warn,
  }[result];
  const { startedAt, finishedAt } = report.times;
  const took =
    startedAt === undefined || finishedAt === undefined ? '' : ` in ${formatDuration(finishedAt - startedAt)}`;
  const figures = [rto(report), dataAge(report)].filter((figure) => figure !== undefined);
  const head = `${paint(`${sign} ${result}`)}: ${report.runbook} ${report.mode ?? ''}${took}.`;
  const isLong = widthOf(`${head} ${report.verdict}`) > longestLine;
  return [
    `${head}${isLong ? '\n  ' : ' '}${report.verdict}`,
    ...(figures.length === 0 ? [] : [`  ${figures.join(', ')}`]),
  ].join('\n');
}

/** A recovery is measured from the request to the last ready VM, a move by its longest outage. */
function rto({ mode, vms, objectives }: RunReport): string | undefined {
  const goal = objectives.find(({ objective }) => objective === 'rto');
  const isRecovery = goal === undefined ? mode === 'failover' || mode === 'drill' : goal.basis === 'request-to-ready';
  const times = vms.flatMap(({ requestToReadyMs, downtimeMs }) => (isRecovery ? requestToReadyMs : downtimeMs) ?? []);
  const ms = goal?.measuredMs ?? (times.length === 0 ? undefined : Math.max(...times));
  const label = isRecovery ? 'measured RTO' : 'longest outage';
  return ms === undefined ? undefined : `${label} ${formatDuration(ms)}${against(goal)}`;
}

function dataAge({ vms, objectives }: RunReport): string | undefined {
  const measured = vms.flatMap(({ vm, dataAge: age }) => (age?.basis === 'measured' ? [{ vm, ms: age.ms }] : []));
  const worst = measured.reduce<{ vm: string; ms: number } | undefined>(
    (before, age) => (before === undefined || age.ms > before.ms ? age : before),
    undefined,
  );
  const goal = objectives.find(({ objective }) => objective === 'rpo');
  if (worst === undefined) {
    return undefined;
  }
  return `worst data age ${formatDuration(worst.ms)} (${worst.vm})${against(goal)}`;
}

function against(goal: RunReport['objectives'][number] | undefined): string {
  return goal === undefined ? '' : ` (target ${formatDuration(goal.targetMs)}: ${goal.verdict})`;
}
