import { escapeLines, escapeMarkup } from './html/html-tag.js';
import { isMove } from './move-lines.js';
import { signOf } from './outcome-sign.js';
import type { LaneReport, RunReport, StepReport } from './run-report.js';
import { formatIso } from './time-text.js';

/**
 * JUnit XML for a CI: a suite per stage with a case per step, in the plan's order, and a suite of the objectives. A step
 * that did not succeed is a failure; one that was not reached, or that an operator skipped or answered for, is skipped.
 * Ends with a newline.
 */
export function renderJUnit(report: RunReport): string {
  const suites = [
    ...report.stages.map(({ title, lanes }) => ({
      name: title,
      cases: lanes.flatMap((lane) => laneCases(lane, measuredOf(report, lane))),
    })),
    { name: 'Objectives', cases: report.objectives.map(objectiveCase) },
  ].filter(({ cases }) => cases.length > 0);
  const all = suites.flatMap(({ cases }) => cases);
  const name = escapeMarkup(`${report.mode ?? 'run'} ${report.runbook}`.trim());
  const { startedAt } = report.times;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${name}" ${totals(all)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${escapeMarkup(suite.name)}" ${totals(suite.cases)}${timestamp(startedAt)}>`,
      ...suite.cases.map(caseElement),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly ms: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly type: string;
  readonly message: string;
  readonly detail: string;
  /** Figures, for whoever reads the log of the case. */
  readonly said?: string;
}

/** What a lane's move has measured against its forecast, a line each. */
function measuredOf({ vms, emptied, forecasts }: RunReport, { id, subject }: LaneReport): string {
  const vm = vms.find(({ lane, method }) => lane === id && isMove(method));
  const lines = [
    ...forecasts
      .filter((one) => vm !== undefined && one.subject === vm.vm)
      .map(({ what, estimated, measured }) => {
        const unit = what === 'bytes' ? 'B' : 'ms';
        return `${what} ${measured} ${unit}, forecast ${estimated} ${unit}`;
      }),
    ...(vm?.climbed ?? []).map(({ rung, reason }) => `climbed to ${rung}: ${reason}`),
    ...emptied
      .filter(({ host }) => subject.kind === 'host' && subject.name === host)
      .map(({ host, at }) => `${host} was observed empty at ${formatIso(at) ?? at}`),
  ];
  return lines.join('\n');
}

/** The figures go with the step that moves, or looks whether a host is empty. */
function laneCases(lane: LaneReport, measured: string): readonly Case[] {
  const holder = lane.steps.findLast(({ kind, outcome }) => outcome === 'succeeded' && tellingKinds.includes(kind));
  return lane.steps.map((step) => ({
    ...(step === holder && measured !== '' ? { said: measured } : {}),
    suite: lane.id,
    name: step.title,
    ms: step.startedAt === undefined || step.endedAt === undefined ? 0 : step.endedAt - step.startedAt,
    outcome: step.outcome === 'succeeded' ? 'passed' : isSkipped(step) ? 'skipped' : 'failed',
    type: step.failure?.code ?? step.outcome,
    message: step.failure?.message ?? lane.because ?? signOf(step.outcome).word,
    detail: [step.failure?.hint, step.failure?.cause].filter((text) => text !== undefined).join('\n'),
  }));
}

const tellingKinds: readonly StepReport['kind'][] = ['migrate', 'start', 'check'];

function isSkipped({ outcome, movedBy }: StepReport): boolean {
  const isAnswered = movedBy.some(({ move }) => move === 'skip' || move === 'attest');
  return outcome === 'not-reached' || (outcome === 'passed-over' && isAnswered);
}

function objectiveCase({ objective, verdict, targetMs, measuredMs, worst }: RunReport['objectives'][number]): Case {
  const outcome = { met: 'passed', missed: 'failed', pending: 'skipped', unmeasured: 'skipped' } as const;
  const measured = measuredMs === undefined ? 'nothing measured' : `${measuredMs} ms measured`;
  return {
    suite: 'objectives',
    name: objective.toUpperCase(),
    ms: 0,
    outcome: outcome[verdict],
    type: `${objective}-${verdict}`,
    message: `${signOf(verdict).word}: target ${targetMs} ms, ${measured}${worst === undefined ? '' : `, worst ${worst}`}`,
    detail: '',
  };
}

function caseElement({ suite, name, ms, outcome, type, message, detail, said }: Case): string {
  const open = `    <testcase classname="${escapeMarkup(suite)}" name="${escapeMarkup(name)}" time="${seconds(ms)}"`;
  switch (outcome) {
    case 'passed':
      return said === undefined ? `${open}/>` : `${open}><system-out>${escapeLines(said)}</system-out></testcase>`;
    case 'skipped':
      return `${open}><skipped message="${escapeMarkup(message)}"/></testcase>`;
    case 'failed': {
      const failure = `<failure type="${escapeMarkup(type)}" message="${escapeMarkup(message)}">`;
      return `${open}>${failure}${escapeLines(detail)}</failure></testcase>`;
    }
  }
}

function totals(cases: readonly Case[]): string {
  const count = (wanted: Case['outcome']): number => cases.filter(({ outcome }) => outcome === wanted).length;
  const ms = cases.reduce((total, one) => total + one.ms, 0);
  return `tests="${cases.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}" time="${seconds(ms)}"`;
}

function timestamp(at: number | undefined): string {
  const iso = at === undefined ? undefined : formatIso(at);
  return iso === undefined ? '' : ` timestamp="${iso}"`;
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
