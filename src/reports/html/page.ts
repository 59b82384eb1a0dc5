import type { Mode } from '../../model/mode.js';
import { formatDuration, formatSize } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import type { RunReport } from '../run-report.js';
import { formatTime } from '../time-text.js';
import { dataTable } from './data-table.js';
import { authoritySection, findingSection, moveSection } from './evidence-sections.js';
import { gantt } from './gantt.js';
import { constant, type Html, html } from './html-tag.js';
import { stepSection } from './step-table.js';
import { style } from './style.js';
import { tiles } from './tiles.js';
import { vmSection } from './vm-table.js';

const titles: Readonly<Record<Mode, string>> = {
  failover: 'Failover of',
  drill: 'Drill of',
  relocate: 'Relocation of',
  failback: 'Failback of',
  evacuate: 'Evacuation:',
  reverse: 'Reversal of',
  balance: 'Balance:',
  return: 'Return:',
};

/**
 * The report as one file for people and auditors: no scripts, no requests to anywhere, readable in the dark, on paper and
 * by a screen reader. Everything that comes from the journal is escaped. The same report gives the same page.
 */
export function renderHtml(report: RunReport): string {
  const { runbook, mode, verdict } = report;
  const title = `${mode === undefined ? 'Run of' : titles[mode]} ${runbook}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} · ${report.runId}</title><style>${constant(style)}</style></head>
<body><header><p class="eyebrow">Lifeboat run report</p><h1>${title}</h1><p class="verdict">${verdict}</p>${facts(report)}</header>
<main>${tiles(report)}
${section('Timeline', gantt(report))}
${section('Virtual machines', vmSection(report))}
${section('Findings', findingSection(report))}
${section('Proofs and authority', authoritySection(report))}
${section("Operators' moves", moveSection(report))}
${section('Forecast and measurement', forecastSection(report))}
${section('All steps', stepSection(report))}</main>
${footer(report)}</body></html>
`.text;
}

function section(title: string, content: Html): Html {
  return html`<section><h2>${title}</h2>${content}</section>`;
}

function facts({ runId, by, times, emptied }: RunReport): Html {
  const { requestedAt, startedAt, finishedAt, asOf } = times;
  const time = (at: number | undefined): string => (at === undefined ? 'not in the journal' : formatTime(at));
  const rows: readonly (readonly [string, Html | string])[] = [
    ['Run', html`<code>${runId}</code>`],
    ['Asked for by', by ?? 'not in the journal'],
    ['Requested', time(requestedAt)],
    ['Started', time(startedAt)],
    ...emptied.map(({ host, at }) => [`${host} observed empty`, time(at)] as const),
    finishedAt === undefined ? ['As of', time(asOf)] : ['Finished', time(finishedAt)],
  ];
  return html`<dl class="facts">${rows.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl>`;
}

function forecastSection({ forecasts }: RunReport): Html {
  const ofRun = forecasts.filter(({ subject }) => subject === 'run');
  if (ofRun.length === 0) {
    return html`<p class="quiet">Only a run that succeeded is held against its forecast as a whole; each VM's stands in the table above.</p>`;
  }
  const names = { duration: 'Duration of the run', bytes: 'Bytes moved', downtime: 'Outage' };
  return dataTable(
    {
      caption: 'Forecast and measurement',
      columns: [
        { title: 'Of' },
        { title: 'Forecast', holds: 'number' },
        { title: 'Measured', holds: 'number' },
        { title: 'Difference', holds: 'number' },
      ],
    },
    ofRun.map(({ what, estimated, measured }) => {
      const format = what === 'bytes' ? formatSize : formatDuration;
      const percent = Math.round((measured / estimated - 1) * 100);
      return [names[what], format(estimated), format(measured), `${percent > 0 ? '+' : ''}${percent} %`];
    }),
  );
}

function footer({ runId, evidence }: RunReport): Html {
  const { entries, headSeq, headHash, digests, noticesSent, noticesFailed } = evidence;
  const rows: readonly (readonly [string, string])[] = [
    ['Run', runId],
    ['Journal', `${counted(entries, 'entry', 'entries')}, the last is number ${headSeq}`],
    ['Head hash', headHash ?? 'not given'],
    ...(digests === undefined || digests.runbook === ''
      ? []
      : ([
          ['Runbook digest', digests.runbook],
          ['Estate digest', digests.estate],
          ['Inventory digest', digests.inventory],
        ] as const)),
    ['Notices', `${noticesSent} sent, ${noticesFailed} not sent`],
  ];
  return html`<footer><h2>Evidence</h2><dl>${rows.map(([term, text]) => html`<dt>${term}</dt><dd class="mono">${text}</dd>`)}</dl>
<p>Made from the journal's entries alone: the same entries give this same page. Times are UTC. Words such as recovered and moved stand only for what was observed.</p></footer>`;
}
