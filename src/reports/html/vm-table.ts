import { formatDuration, formatSize } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import { isOff } from '../forecasts.js';
import { rungOf } from '../move-lines.js';
import type { RunReport, VmReport } from '../run-report.js';
import { dataAgeText } from '../text.js';
import { isDone } from '../verdict.js';
import { badge } from './badge.js';
import { type Cell, type Column, dataTable } from './data-table.js';
import { type Html, html } from './html-tag.js';

/** Rows that are shown at once; beyond it the VMs that are in their place are folded away. */
const rowsAtOnce = 40;

/** What became of each VM, those that need attention first, and the VMs that the run left alone. */
export function vmSection({ vms, skipped }: RunReport): Html {
  if (vms.length === 0 && skipped.length === 0) {
    return html`<p class="quiet">No VM was part of the plan.</p>`;
  }
  const attention = vms.filter(({ outcome }) => !isDone(outcome));
  const done = vms.filter(({ outcome }) => isDone(outcome));
  const isLong = vms.length > rowsAtOnce;
  const first = isLong ? attention : [...attention, ...done];
  return html`${first.length > 0 && table(first, 'Result of each VM')}${
    isLong &&
    done.length > 0 &&
    html`<details><summary>${counted(done.length, 'VM')} in their place</summary>${table(done, 'VMs in their place')}</details>`
  }${leftAlone(skipped)}<p class="note">Method names the rung of the ladder on which a live move ended. Ready is counted from the request. Outage is what the migration measured, or the time from the stop to ready. Age of data is that of the recovery point that was used; ~ marks the plan's estimate, and ≠ a time that differs from its forecast by more than 25 %.</p>`;
}

function table(vms: readonly VmReport[], caption: string): Html {
  return dataTable({ caption, columns }, vms.map(row));
}

const columns: readonly Column[] = [
  { title: 'VM' },
  { title: 'Result', holds: 'text' },
  { title: 'From and to', holds: 'short' },
  { title: 'Method', holds: 'short' },
  { title: 'Ready after', holds: 'number' },
  { title: 'Outage, forecast', holds: 'number' },
  { title: 'Age of data', holds: 'number' },
  { title: 'Bytes, forecast', holds: 'number' },
  { title: 'Took, forecast', holds: 'number' },
];

function row(vm: VmReport): readonly Cell[] {
  const { outcome, because, readyBy, requestToReadyMs, downtimeMs, dataAge, bytes, estimate } = vm;
  return [
    vm.vm,
    html`${badge(outcome)}${readyBy === 'running' && why('no ready check')}${because !== undefined && why(because)}`,
    places(vm),
    method(vm),
    duration(requestToReadyMs),
    measured(downtimeMs, estimate?.downtimeMs, formatDuration),
    dataAgeText(dataAge) || undefined,
    measured(bytes, estimate?.bytes, formatSize),
    forecast(vm),
  ];
}

function why(text: string): Html {
  return html`<span class="why">${text}</span>`;
}

function places({ from, to }: VmReport): Cell {
  return to === undefined
    ? from
    : html`${from ?? ''}${from !== undefined && html`<br>`}<span aria-label="to">→</span> ${to}`;
}

/** With the rung on which a live move ended, and why it climbed there. */
function method(vm: VmReport): Cell {
  const rung = rungOf(vm);
  const reasons = (vm.climbed ?? []).map((step) => `${step.rung}: ${step.reason}`).join('; ');
  return rung === undefined
    ? vm.method
    : html`${vm.method ?? ''}${rung !== 'live' && html`, ${rung}`}${reasons !== '' && why(reasons)}`;
}

function measured(value: number | undefined, expected: number | undefined, format: (value: number) => string): Cell {
  if (value === undefined) {
    return undefined;
  }
  return html`${format(value)}${expected !== undefined && expected > 0 && why(`of ${format(expected)}`)}`;
}

function duration(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(ms);
}

function forecast({ vm, durationMs, estimate }: VmReport): Cell {
  if (durationMs === undefined) {
    return undefined;
  }
  const estimated = estimate?.durationMs ?? 0;
  const off = estimated > 0 && isOff({ what: 'duration', subject: vm, estimated, measured: durationMs });
  const mark = off && html` <abbr title="off by more than 25 %">≠</abbr>`;
  return html`${formatDuration(durationMs)}${estimated > 0 && html`<span class="why">${mark} of ${formatDuration(estimated)}</span>`}`;
}

function leftAlone(skipped: RunReport['skipped']): Html | undefined {
  if (skipped.length === 0) {
    return undefined;
  }
  const rows = dataTable(
    { caption: 'VMs left alone', columns: [{ title: 'VM' }, { title: 'Reason' }, { title: 'Code' }] },
    skipped.map(({ vm, reason, code }) => [vm, reason, html`<code>${code}</code>`]),
  );
  return html`<details${skipped.length <= rowsAtOnce && html` open`}><summary>Left alone: ${counted(skipped.length, 'VM')}</summary>${rows}</details>`;
}
