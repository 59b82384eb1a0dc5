import { formatDuration, formatSize } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import { isOff } from '../forecasts.js';
import type { RunReport, VmReport } from '../run-report.js';
import { dataAgeText } from '../text.js';
import { isDone } from '../verdict.js';
import { badge } from './badge.js';
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
  return html`${first.length > 0 && html`<div class="panel">${table(first, 'Result of each VM')}</div>`}${
    isLong &&
    done.length > 0 &&
    html`<details><summary>${counted(done.length, 'VM')} in their place</summary><div class="panel">${table(done, 'VMs in their place')}</div></details>`
  }${leftAlone(skipped)}<p class="note">Ready is counted from the request. Outage is what the migration measured, or the time from the stop to ready. Age of data is that of the recovery point that was used; ~ marks the plan's estimate.</p>`;
}

function table(vms: readonly VmReport[], caption: string): Html {
  return html`<table><caption>${caption}</caption><thead><tr><th scope="col">VM</th><th scope="col">Result</th><th scope="col">From</th><th scope="col">To</th><th scope="col">Method</th><th scope="col" class="number">Ready after</th><th scope="col" class="number">Outage</th><th scope="col" class="number">Age of data</th><th scope="col" class="number">Moved</th><th scope="col" class="number">Took / forecast</th></tr></thead>
<tbody>${vms.map(row)}</tbody></table>`;
}

function row(vm: VmReport): Html {
  const { outcome, because, readyBy, requestToReadyMs, downtimeMs, dataAge, bytes } = vm;
  return html`<tr><th scope="row">${vm.vm}</th><td>${badge(outcome)}${readyBy === 'running' && html`<span class="why">no ready check</span>`}${because !== undefined && html`<span class="why">${because}</span>`}</td><td>${vm.from ?? ''}</td><td>${vm.to ?? ''}</td><td>${vm.method ?? ''}</td><td class="number">${duration(requestToReadyMs)}</td><td class="number">${duration(downtimeMs)}</td><td class="number">${dataAgeText(dataAge) || '–'}</td><td class="number">${bytes === undefined ? '–' : formatSize(bytes)}</td><td class="number">${forecast(vm)}</td></tr>
`;
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms);
}

function forecast({ vm, durationMs, estimate }: VmReport): Html | string {
  if (durationMs === undefined) {
    return '–';
  }
  const estimated = estimate?.durationMs ?? 0;
  const off = estimated > 0 && isOff({ what: 'duration', subject: vm, estimated, measured: durationMs });
  return html`${formatDuration(durationMs)}${estimated > 0 && html` <span class="quiet">/ ${formatDuration(estimated)}</span>`}${off && html`<span class="why">off by more than 25 %</span>`}`;
}

function leftAlone(skipped: RunReport['skipped']): Html | undefined {
  if (skipped.length === 0) {
    return undefined;
  }
  const rows = html`<div class="panel"><table><caption>VMs left alone</caption><thead><tr><th scope="col">VM</th><th scope="col">Reason</th><th scope="col">Code</th></tr></thead><tbody>${skipped.map(
    ({ vm, reason, code }) => html`<tr><th scope="row">${vm}</th><td>${reason}</td><td><code>${code}</code></td></tr>
`,
  )}</tbody></table></div>`;
  return html`<details${skipped.length <= rowsAtOnce && html` open`}><summary>Left alone: ${counted(skipped.length, 'VM')}</summary>${rows}</details>`;
}
