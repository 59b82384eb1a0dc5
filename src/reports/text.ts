import { formatDuration, formatSize } from '../model/units.js';
import { counted } from './derived-findings.js';
import { signOf, verdictWord } from './outcome-sign.js';
import type { RunReport, StageReport, StepReport, VmReport } from './run-report.js';
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
    section(
      'Left alone',
      report.skipped.flatMap(({ vm, reason }) => bullet('-', `${vm}: ${reason}`)),
    ),
    section(
      'Timeline (UTC)',
      report.stages.flatMap((stage) => timeline(stage)),
    ),
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

function heading({ runId, runbook, mode, by, standing, verdict, times }: RunReport): readonly string[] {
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
      { title: 'moved', align: 'right' },
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

/** `12s`, `none` when nothing was lost, `~30s` when only estimated. */
export function dataAgeText(dataAge: VmReport['dataAge']): string {
  if (dataAge === undefined) {
    return '';
  }
  return dataAge.basis === 'nothing-lost'
    ? 'none'
    : `${dataAge.basis === 'estimate' ? '~' : ''}${formatDuration(dataAge.ms)}`;
}

function timeline({ title, lanes }: StageReport): readonly string[] {
  const begun = lanes.filter(({ startedAt }) => startedAt !== undefined);
  const idle = lanes.length - begun.length;
  return [
    visible(title),
    ...begun.flatMap((lane) => [
      `  ${signOf(lane.outcome).sign} ${visible(lane.title)}`,
      ...textTable(
        [{ title: '' }, { title: '' }, { title: '', align: 'right' }, { title: '', max: 40 }, { title: '' }],
        lane.steps.filter(({ startedAt }) => startedAt !== undefined).map(stepRow),
      )
        .slice(1)
        .map((line) => `      ${line}`),
    ]),
    ...(idle === 0 ? [] : [`  - ${counted(idle, 'lane')} not begun`]),
  ];
}

function stepRow(step: StepReport): readonly string[] {
  const { startedAt, endedAt, attempts, outcome, title, isRecovery, movedBy } = step;
  const notes = [
    ...(outcome === 'succeeded' ? [] : [signOf(outcome).word]),
    ...(attempts.length > 1 ? [`${attempts.length} attempts`] : []),
    ...(isRecovery ? ['recovery'] : []),
    ...movedBy.map(({ by, move }) => `${move} by ${by}`),
  ];
  return [
    signOf(outcome).sign,
    startedAt === undefined ? '' : formatClock(startedAt),
    startedAt === undefined || endedAt === undefined ? '' : formatDuration(endedAt - startedAt),
    title,
    notes.join(', '),
  ];
}

function authority(report: RunReport): readonly string[] {
  return report.authority.flatMap(({ vm, epoch, state, text, seq }) =>
    bullet('*', `${vm} epoch ${epoch}: ${state}; ${text} [entry ${seq}]`),
  );
}

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
    ...(digests === undefined ? [] : [`runbook    ${visible(digests.runbook)}`]),
  ];
}
