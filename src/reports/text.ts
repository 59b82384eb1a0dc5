import { formatDuration, formatSize } from '../model/units.js';
import { counted } from './derived-findings.js';
import { moveLines } from './move-lines.js';
import { signOf, verdictWord } from './outcome-sign.js';
import type { LaneReport, RunReport, StepReport, VmReport } from './run-report.js';
import { textTable, wrapText } from './text-table.js';
import { formatClock, formatTime } from './time-text.js';
import { visible } from './visible.js';

const width = 96;

/** The report for a terminal: no colour, at most 96 columns but for long names in tables. Ends with a newline. */
export function renderText(report: RunReport): string {
  const sections = [
    heading(report),
    section('Objectives', objectives(report)),
    section('VMs', vms(report)),
    section('Moves, and their forecasts', moveLines(report, width - 2)),
    section(
      'Left alone',
      report.skipped.flatMap(({ vm, reason }) => bullet('-', `${vm}: ${reason}`)),
    ),
    section('Timeline (UTC)', timelines(report)),
    section(
      'Proofs of death',
      report.deaths.flatMap(({ text, seq }) => bullet('*', `${text} [entry ${seq}]`)),
    ),
    section('Authority', authority(report)),
    section("Operators' moves", moves(report)),
    section(
      'Findings',
      report.findings.flatMap(({ severity, code, message, hint }) =>
        bullet(signOf(severity).sign, `${message} (${code})${hint === undefined ? '' : `. ${hint}`}`),
      ),
    ),
    section('Evidence', evidence(report)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
}

function bullet(sign: string, text: string): readonly string[] {
  return wrapText(text, width - 4).map((line, index) => `${index === 0 ? sign : ' '} ${line}`);
}

function heading({ runId, runbook, mode, by, standing, verdict, times, emptied }: RunReport): readonly string[] {
  const { requestedAt, startedAt, finishedAt, asOf } = times;
  const { sign, word } = signOf(standing.result);
  const state = standing.result === 'open' ? `${word}, ${standing.activity}` : word;
  const tookMs = finishedAt === undefined || startedAt === undefined ? undefined : finishedAt - startedAt;
  const took = tookMs === undefined ? '' : ` (after ${formatDuration(tookMs)})`;
  const row = (label: string, at: number | undefined, rest: string): readonly string[] =>
    at === undefined ? [] : [`${label.padEnd(11)}${formatTime(at)}${visible(rest)}`];
  return [
    visible(`${[mode ?? 'run', runbook].filter((part) => part !== '').join(' ')}: ${state}`),
    ...bullet(sign, verdict),
    '',
    `${'run'.padEnd(11)}${visible(runId)}`,
    ...row('requested', requestedAt, by === undefined ? '' : ` by ${by}`),
    ...row('started', startedAt, ''),
    ...row('finished', finishedAt, took),
    ...emptied.flatMap(({ host, at }) => row('empty', at, `, ${host} was observed empty`)),
    ...(finishedAt === undefined ? row('as of', asOf, '') : []),
  ];
}

function objectives(report: RunReport): readonly string[] {
  const bases = { 'request-to-ready': 'request to ready', downtime: 'outage', 'data-age': 'age of data' };
  return textTable(
    [
      { title: '' },
      { title: '' },
      { title: 'target' },
      { title: 'measured' },
      { title: 'of' },
      { title: 'worst', max: 24 },
    ],
    report.objectives.map(({ objective, targetMs, measuredMs, verdict, basis, worst }) => [
      `${signOf(verdict).sign} ${verdictWord(verdict, measuredMs)}`,
      objective.toUpperCase(),
      formatDuration(targetMs),
      measuredMs === undefined ? 'nothing' : formatDuration(measuredMs),
      bases[basis],
      worst ?? '',
    ]),
  );
}

function vms({ vms: all }: RunReport): readonly string[] {
  const table = textTable(
    [
      { title: '' },
      { title: 'vm', max: 24 },
      { title: 'from', max: 20 },
      { title: 'to', max: 20 },
      { title: 'ready', align: 'right' },
      { title: 'outage', align: 'right' },
      { title: 'data age', align: 'right' },
      { title: 'bytes', align: 'right' },
    ],
    all.map((vm) => [
      `${signOf(vm.outcome).sign} ${signOf(vm.outcome).word}`,
      vm.vm,
      vm.from ?? '',
      vm.to ?? '',
      ...figures(vm),
    ]),
  );
  return [
    ...table,
    ...all.flatMap(({ vm, because }) => (because === undefined ? [] : bullet('!', `${vm}: ${because}`))),
  ];
}

function figures({ requestToReadyMs, downtimeMs, dataAge, bytes }: VmReport): readonly string[] {
  return [
    duration(requestToReadyMs),
    duration(downtimeMs),
    dataAgeText(dataAge),
    bytes === undefined ? '' : formatSize(bytes),
  ];
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

/** `12s`, `none lost` where a VM moved alive, `~30s` when only estimated. */
export function dataAgeText(dataAge: VmReport['dataAge']): string {
  if (dataAge === undefined) {
    return '';
  }
  return dataAge.basis === 'nothing-lost'
    ? 'none'
    : `${dataAge.basis === 'estimate' ? '~' : ''}${formatDuration(dataAge.ms)}`;
}

/** Lanes told step by step; beyond that only those in which something went another way than planned. */
const lanesAtOnce = 20;

function timelines({ stages }: RunReport): readonly string[] {
  const isLong = stages.reduce((total, { lanes }) => total + lanes.length, 0) > lanesAtOnce;
  return stages.flatMap(({ title, lanes }) => {
    const begun = lanes.filter(({ startedAt }) => startedAt !== undefined);
    const told = isLong ? begun.filter((lane) => !isPlain(lane)) : begun;
    const plain = begun.length - told.length;
    return [
      ...wrapText(title, width - 2),
      ...told.flatMap(laneLines),
      ...(plain === 0 ? [] : [`  + ${counted(plain, 'lane')} succeeded, every step at its first attempt`]),
      ...(begun.length === lanes.length ? [] : [`  - ${counted(lanes.length - begun.length, 'lane')} not begun`]),
    ];
  });
}

function isPlain({ steps }: LaneReport): boolean {
  return steps.every(({ outcome, attempts }) => outcome === 'succeeded' && attempts.length === 1);
}

function laneLines({ title, subject, outcome, because, steps }: LaneReport): readonly string[] {
  const begun = steps.filter(({ startedAt }) => startedAt !== undefined);
  const took = (step: StepReport): string =>
    step.startedAt === undefined || step.endedAt === undefined ? '' : formatDuration(step.endedAt - step.startedAt);
  const widest = begun.reduce((most, step) => Math.max(most, took(step).length), 0);
  return [
    ...bullet(signOf(outcome).sign, title).map((line) => `  ${line}`),
    ...(because === undefined || subject.kind === 'vm' ? [] : bullet('!', because).map((line) => `      ${line}`)),
    ...begun.flatMap((step) => {
      const head = `${signOf(step.outcome).sign}  ${formatClock(step.startedAt ?? 0)}  ${took(step).padStart(widest)}  `;
      return wrapText(`${step.title}${notes(step)}`, width - 8 - head.length).map(
        (line, index) => `      ${index === 0 ? head : ' '.repeat(head.length)}${line}`,
      );
    }),
  ];
}

function notes({ attempts, outcome, isRecovery, movedBy }: StepReport): string {
  const all = [
    ...(outcome === 'succeeded' ? [] : [signOf(outcome).word]),
    ...(attempts.length > 1 ? [`${attempts.length} attempts`] : []),
    ...(isRecovery ? ['recovery'] : []),
    ...movedBy.map(({ by, move }) => `${move} by ${by}`),
  ];
  return all.length === 0 ? '' : ` (${all.join(', ')})`;
}

function authority(report: RunReport): readonly string[] {
  const shown = report.authority.slice(0, movesAtOnce);
  const rest = report.authority.length - shown.length;
  return [
    ...shown.flatMap(({ vm, epoch, state, text, seq }) =>
      bullet('*', `${vm} epoch ${epoch}: ${state}; ${text} [entry ${seq}]`),
    ),
    ...(rest === 0 ? [] : [`* ${counted(rest, 'more move', 'more moves')}: the JSON and HTML reports have them all`]),
  ];
}

/** Moves of authority listed at most. */
const movesAtOnce = 40;

function moves(report: RunReport): readonly string[] {
  return report.moves.flatMap(({ at, by, move, about, reason }) =>
    bullet(
      '*',
      `${formatClock(at)} ${by}: ${move}${about === undefined ? '' : ` ${about}`}${reason === '' ? '' : `, ${reason}`}`,
    ),
  );
}

function evidence({ evidence: { entries, headSeq, headHash, digests } }: RunReport): readonly string[] {
  return [
    `journal    ${counted(entries, 'entry', 'entries')}, the last is ${headSeq}`,
    ...(headHash === undefined ? [] : [`head hash  ${visible(headHash)}`]),
    ...(digests === undefined || digests.runbook === '' ? [] : [`runbook    ${visible(digests.runbook)}`]),
  ];
}
