import type { Entry } from '../model/entry.js';
import type { Plan } from '../model/plan.js';
import { derivedFindings } from './derived-findings.js';
import { authorityOf, deathsOf, marksOf, movesOf } from './evidence.js';
import { forecastsOf } from './forecasts.js';
import { laneReport } from './lane-report.js';
import { objectivesOf } from './objectives.js';
import type { Evidence, LaneReport, Mark, RunReport, RunTimes, StageReport, Standing, VmReport } from './run-report.js';
import { type LaneHistory, laneHistories } from './step-history.js';
import { verdictOf } from './verdict.js';
import { vmReport } from './vm-report.js';

/** What the caller knows beside the entries. */
export interface ReportOptions {
  /** SHA-256 of the chain's last entry, hex. */
  readonly headHash?: string;
  /** Whether an engine has the run. `false` lets an open run be called interrupted; unknown when left out. */
  readonly hasEngine?: boolean;
}

/**
 * The report of a run from its journal. The entries may end anywhere: an open or crashed run gives a report of what was
 * observed so far. Never throws.
 */
export function reportOf(runId: string, entries: readonly Entry[], options: ReportOptions = {}): RunReport {
  const requested = entries.find((entry) => entry.type === 'run.requested');
  const plan = entries.find((entry) => entry.type === 'run.planned')?.plan;
  const times = timesOf(entries);
  const histories = plan === undefined ? new Map<string, LaneHistory>() : laneHistories(plan, entries);
  const isFinished = times.finishedAt !== undefined;
  const stages = plan === undefined ? [] : stagesOf(plan, { histories, isFinished });
  const vms = plan === undefined ? [] : vmsOf(plan, { stages, histories, times });
  const marks = marksOf(entries);
  const moves = movesOf(entries);
  const standing = standingOf(entries, { stages, marks, hasEngine: options.hasEngine });
  const isComparable = standing.result === 'succeeded' && times.startedAt !== undefined;
  const runMs = isComparable && isFinished ? (times.finishedAt ?? 0) - (times.startedAt ?? 0) : undefined;
  const forecasts = plan === undefined ? [] : forecastsOf(plan, { vms, runMs });
  const objectives = plan === undefined ? [] : objectivesOf({ plan, vms, isFinished, ...times });
  const request = requested?.request ?? plan?.request;
  const mode = request?.mode ?? plan?.mode;
  const skipped = plan?.skipped ?? [];
  return {
    runId,
    runbook: requested?.runbook ?? plan?.runbook ?? '',
    ...(mode === undefined ? {} : { mode }),
    ...(request === undefined ? {} : { by: request.by }),
    standing,
    verdict: verdictOf({ standing, vms, stages, moves, skipped, ...(mode === undefined ? {} : { mode }) }),
    times,
    objectives,
    vms,
    skipped,
    stages,
    marks,
    deaths: deathsOf(entries),
    emptied: emptiedOf(stages),
    authority: authorityOf(entries),
    moves,
    findings: [
      ...derivedFindings({ stages, vms, objectives, forecasts, entries, isFinished }),
      ...(plan?.findings ?? []),
    ],
    forecasts,
    evidence: evidenceOf(entries, plan, options),
  };
}

function timesOf(entries: readonly Entry[]): RunTimes {
  const first = (type: Entry['type']): number | undefined => entries.find((entry) => entry.type === type)?.at;
  const requested = entries.find((entry) => entry.type === 'run.requested');
  const requestedAt = requested?.request.at ?? requested?.at;
  const [plannedAt, startedAt, finishedAt] = [first('run.planned'), first('run.started'), first('run.finished')];
  const asOf = entries.at(-1)?.at;
  return {
    ...(requestedAt === undefined ? {} : { requestedAt }),
    ...(plannedAt === undefined ? {} : { plannedAt }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(finishedAt === undefined ? {} : { finishedAt }),
    ...(asOf === undefined ? {} : { asOf }),
  };
}

function stagesOf(
  plan: Plan,
  { histories, isFinished }: { readonly histories: ReadonlyMap<string, LaneHistory>; readonly isFinished: boolean },
): readonly StageReport[] {
  const done = new Map<string, LaneReport>();
  return plan.stages.map(({ id, title, isAlways, lanes }) => ({
    id,
    title,
    isAlways,
    lanes: lanes.map((lane) => {
      const history = histories.get(lane.id) ?? { lane, steps: [] };
      const after = lane.after.flatMap((name) => done.get(name) ?? []);
      const report = laneReport(history, { after, isFinished });
      done.set(lane.id, report);
      return report;
    }),
  }));
}

function vmsOf(
  plan: Plan,
  known: {
    readonly stages: readonly StageReport[];
    readonly histories: ReadonlyMap<string, LaneHistory>;
    readonly times: RunTimes;
  },
): readonly VmReport[] {
  const { requestedAt, startedAt } = known.times;
  return known.stages
    .filter(({ isAlways }) => !isAlways)
    .flatMap(({ lanes }) => lanes)
    .flatMap((report) => {
      const history = known.histories.get(report.id);
      return report.subject.kind !== 'vm' || history === undefined
        ? []
        : vmReport({
            plan,
            report,
            history,
            ...(requestedAt === undefined ? {} : { requestedAt }),
            ...(startedAt === undefined ? {} : { startedAt }),
          });
    });
}

/** A host's last step in an evacuation is the look that finds it empty. */
function emptiedOf(stages: readonly StageReport[]): RunReport['emptied'] {
  return stages.flatMap(({ lanes }) =>
    lanes.flatMap(({ subject, steps }) => {
      const look = steps.at(-1);
      const isEmpty = subject.kind === 'host' && look?.kind === 'check' && look.outcome === 'succeeded';
      return isEmpty && look.endedAt !== undefined ? [{ host: subject.name, at: look.endedAt }] : [];
    }),
  );
}

function standingOf(
  entries: readonly Entry[],
  {
    stages,
    marks,
    hasEngine,
  }: {
    readonly stages: readonly StageReport[];
    readonly marks: readonly Mark[];
    readonly hasEngine: boolean | undefined;
  },
): Standing {
  const finished = entries.find((entry) => entry.type === 'run.finished');
  if (finished !== undefined) {
    return { result: finished.result };
  }
  const has = (kind: Mark['kind']): boolean => marks.some((mark) => mark.kind === kind);
  if (!has('planned') || !has('started')) {
    return { result: 'open', activity: has('planned') ? 'planned' : 'requested' };
  }
  const lanes = stages.flatMap((stage) => stage.lanes);
  const waiting = lanes.find(({ outcome }) => outcome === 'waiting');
  if (waiting !== undefined && !lanes.some(({ outcome }) => outcome === 'running')) {
    return { result: 'open', activity: 'waiting', waitsFor: waiting.because ?? waiting.title };
  }
  if (marks.findLast(({ kind }) => kind === 'paused' || kind === 'resumed')?.kind === 'paused') {
    return { result: 'open', activity: 'paused' };
  }
  return { result: 'open', activity: hasEngine === false ? 'interrupted' : 'running' };
}

function evidenceOf(entries: readonly Entry[], plan: Plan | undefined, { headHash }: ReportOptions): Evidence {
  return {
    entries: entries.length,
    headSeq: entries.at(-1)?.seq ?? 0,
    ...(headHash === undefined ? {} : { headHash }),
    ...(plan === undefined ? {} : { digests: plan.digests }),
    noticesSent: entries.filter(({ type }) => type === 'notice.sent').length,
    noticesFailed: entries.filter(({ type }) => type === 'notice.failed').length,
  };
}
