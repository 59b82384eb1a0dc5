import { formatDuration } from '../../model/units.js';
import { counted } from '../derived-findings.js';
import { signOf, type Tone, verdictWord } from '../outcome-sign.js';
import type { Objective, RunReport, VmReport } from '../run-report.js';
import { isDone } from '../verdict.js';
import { badge, glyphOf } from './badge.js';
import { type Html, html } from './html-tag.js';

/** What an auditor looks for first: the result, the two objectives and how many VMs came through. */
export function tiles(report: RunReport): Html {
  return html`<section class="tiles" aria-label="Summary">${resultTile(report)}${vmTile(report.vms)}${objectiveTile(
    report.objectives.find(({ objective }) => objective === 'rto'),
    'Recovery time (RTO)',
  )}${objectiveTile(
    report.objectives.find(({ objective }) => objective === 'rpo'),
    'Age of data (RPO)',
  )}</section>`;
}

function tile(parts: {
  readonly tone: Tone;
  readonly title: string;
  readonly figure: string;
  readonly bar?: Html;
  readonly note: Html;
}): Html {
  const size = parts.figure.length > 14 ? 'figure long' : 'figure';
  return html`<div class="tile ${parts.tone}"><h2>${parts.title}</h2><p class="${size}" style="color:var(--ink)">${parts.figure}</p>${parts.bar}<p>${parts.note}</p></div>`;
}

function resultTile({ standing, times }: RunReport): Html {
  const { word, tone } = signOf(standing.result);
  const { startedAt, finishedAt } = times;
  const tookMs = startedAt === undefined || finishedAt === undefined ? undefined : finishedAt - startedAt;
  const took = tookMs === undefined ? 'no end in the journal' : `after ${formatDuration(tookMs)}`;
  const figure = standing.result === 'open' ? `open, ${standing.activity}` : word;
  return tile({ tone, title: 'Result', figure: `${glyphOf(standing.result)} ${figure}`, note: html`${took}` });
}

function vmTile(vms: readonly VmReport[]): Html {
  const done = vms.filter(({ outcome }) => isDone(outcome)).length;
  const bad = vms.filter(({ outcome }) => signOf(outcome).tone === 'bad').length;
  const tone = vms.length === 0 ? 'idle' : done === vms.length ? 'good' : bad > 0 ? 'bad' : 'warn';
  const others = [...new Set(vms.map(({ outcome }) => outcome).filter((outcome) => !isDone(outcome)))];
  const counts = others.map(
    (other) => `${vms.filter(({ outcome }) => outcome === other).length} ${signOf(other).word}`,
  );
  const note = counts.length === 0 ? 'none is missing' : counts.join(', ');
  return tile({
    tone,
    title: 'VMs in their place',
    figure: `${done} of ${vms.length}`,
    bar: bar([
      { tone: 'good', share: done / Math.max(1, vms.length) },
      { tone: 'bad', share: bad / Math.max(1, vms.length) },
    ]),
    note: html`${vms.length === 0 ? 'the plan has no VM' : note}`,
  });
}

function objectiveTile(objective: Objective | undefined, title: string): Html {
  if (objective === undefined) {
    return tile({ tone: 'idle', title, figure: 'No target', note: html`the runbook names none` });
  }
  const { verdict, measuredMs, targetMs, basis } = objective;
  const { tone } = signOf(verdict);
  const bases = {
    'request-to-ready': 'request to ready',
    downtime: 'longest outage',
    'data-age': 'at the request',
  };
  const figure = measuredMs === undefined ? 'Not measured' : formatDuration(measuredMs);
  return tile({
    tone,
    title,
    figure,
    bar: bar([{ tone, share: Math.min(1, (measuredMs ?? 0) / Math.max(1, targetMs)) }]),
    note: html`${badge(verdict, verdictWord(verdict, measuredMs))} target ${formatDuration(targetMs)}<br>${bases[basis]}${missText(objective)}`,
  });
}

function missText({ verdict, basis, misses, worst }: Objective): string {
  if (verdict !== 'missed') {
    return worst === undefined ? '' : `, ${verdict === 'met' ? 'worst' : 'none for'} ${worst}`;
  }
  const over = basis === 'request-to-ready' ? 'not ready in time' : 'over it';
  return `, ${counted(misses, 'VM')} ${over}`;
}

function bar(parts: readonly { readonly tone: Tone; readonly share: number }[]): Html {
  let x = 0;
  return html`<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" rx="1" style="fill:var(--idle-tint)"/>${parts.map(
    ({ tone, share }) => {
      const left = x;
      x += share * 100;
      return html`<rect class="${tone}" x="${left.toFixed(2)}" width="${(share * 100).toFixed(2)}" height="8" style="fill:var(--tone)"/>`;
    },
  )}</svg>`;
}
