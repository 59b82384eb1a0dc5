import { escapeLines, escapeMarkup } from './html/html-tag.js';
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
    ...report.stages.map(({ title, lanes }) => ({ name: title, cases: lanes.flatMap(laneCases) })),
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
}

function laneCases(lane: LaneReport): readonly Case[] {
  return lane.steps.map((step) => ({
    suite: lane.id,
    name: step.title,
    ms: step.startedAt === undefined || step.endedAt === undefined ? 0 : step.endedAt - step.startedAt,
    outcome: step.outcome === 'succeeded' ? 'passed' : isSkipped(step) ? 'skipped' : 'failed',
    type: step.failure?.code ?? step.outcome,
    message: step.failure?.message ?? lane.because ?? signOf(step.outcome).word,
    detail: [step.failure?.hint, step.failure?.cause].filter((text) => text !== undefined).join('\n'),
  }));
}

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

function caseElement({ suite, name, ms, outcome, type, message, detail }: Case): string {
  const open = `    <testcase classname="${escapeMarkup(suite)}" name="${escapeMarkup(name)}" time="${seconds(ms)}"`;
  switch (outcome) {
    case 'passed':
      return `${open}/>`;
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
