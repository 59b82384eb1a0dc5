import { isJsonObject, type JsonObject } from '../model/json.js';
import { formatPlace } from '../model/place.js';
import type { Lane, Plan, StepKind } from '../model/plan.js';
import type { DataAge, LaneReport, StepReport, VmOutcome, VmReport } from './run-report.js';
import type { LaneHistory } from './step-history.js';

/** What a VM's lane is judged by. */
export interface VmEvidence {
  readonly plan: Plan;
  readonly report: LaneReport;
  readonly history: LaneHistory;
  readonly requestedAt?: number;
  readonly startedAt?: number;
}

/** Kinds of step without whose success nobody has seen the VM in its new place. */
const provingKinds: readonly StepKind[] = ['migrate', 'promote', 'overlay', 'define', 'start', 'ready', 'reverse'];

/** What one VM went through. Every figure comes from entries; only `estimate`, `method` and the places are the plan's. */
export function vmReport(evidence: VmEvidence): VmReport {
  const { plan, report, history } = evidence;
  const vm = report.subject.name;
  const estimate = plan.estimates.vms.find((candidate) => candidate.vm === vm);
  const outcome = vmOutcome(evidence);
  const ready = readiness(report);
  const dataAge = dataAgeOf(evidence, outcome);
  const { from, to } = placesOf(plan, history.lane);
  const downtimeMs = downtimeOf(evidence, ready.readyAt);
  const bytes = sum(history.steps.map(({ output }) => numberIn(output, 'bytes')));
  return {
    vm,
    lane: report.id,
    outcome,
    ...(report.because === undefined ? {} : { because: report.because }),
    ...(estimate === undefined ? {} : { method: estimate.method }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...ready,
    ...since(ready.readyAt, evidence),
    ...(dataAge === undefined ? {} : { dataAge }),
    ...(bytes === undefined ? {} : { bytes }),
    ...climbedOf(history),
    ...(estimate === undefined ? {} : { estimate }),
    ...(report.outcome === 'succeeded' ? busyTime(report) : {}),
  };
}

function busyTime({ steps }: LaneReport): Pick<VmReport, 'durationMs'> {
  const durationMs = sum(
    steps.map(({ startedAt, endedAt }) =>
      startedAt === undefined || endedAt === undefined ? undefined : endedAt - startedAt,
    ),
  );
  return durationMs === undefined ? {} : { durationMs };
}

/** What a live move's output says of its ladder, when it was watched. */
function climbedOf({ steps }: LaneHistory): Pick<VmReport, 'climbed'> {
  const climbed = steps.find(({ step }) => step.kind === 'migrate')?.output?.['climbed'];
  if (!Array.isArray(climbed)) {
    return {};
  }
  const known = climbed.filter(isJsonObject).map(({ rung, reason }) => ({
    rung: typeof rung === 'string' ? rung : '',
    reason: typeof reason === 'string' ? reason : '',
  }));
  return { climbed: known };
}

function vmOutcome({ plan, report }: VmEvidence): VmOutcome {
  const main = report.steps.filter(({ isRecovery }) => !isRecovery);
  const failed = main.findIndex(({ outcome }) => outcome === 'failed');
  const isDoneButForCleanup = failed > 0 && main.slice(failed).every(({ kind }) => kind === 'cleanup');
  if (report.outcome !== 'succeeded' && !isDoneButForCleanup) {
    return report.outcome;
  }
  if (main.some(({ kind, outcome }) => provingKinds.includes(kind) && outcome !== 'succeeded')) {
    return 'unproven';
  }
  const { mode } = plan;
  return mode === 'failover' || mode === 'drill' ? 'recovered' : mode === 'reverse' ? 'reversed' : 'moved';
}

function readiness({ steps }: LaneReport): Pick<VmReport, 'readyAt' | 'readyBy'> {
  const checks = steps.filter(({ kind, isRecovery }) => kind === 'ready' && !isRecovery);
  const proofs = checks.length > 0 ? checks : steps.filter(isArrival);
  const readyAt = proofs.at(-1)?.endedAt;
  if (readyAt === undefined || proofs.some(({ outcome }) => outcome !== 'succeeded')) {
    return {};
  }
  return { readyAt, readyBy: checks.length > 0 ? 'checks' : 'running' };
}

function isArrival({ kind, isRecovery }: StepReport): boolean {
  return (kind === 'start' || kind === 'migrate') && !isRecovery;
}

function since(
  readyAt: number | undefined,
  { requestedAt, startedAt }: VmEvidence,
): Pick<VmReport, 'requestToReadyMs' | 'startToReadyMs'> {
  if (readyAt === undefined) {
    return {};
  }
  return {
    ...(requestedAt === undefined ? {} : { requestToReadyMs: readyAt - requestedAt }),
    ...(startedAt === undefined ? {} : { startToReadyMs: readyAt - startedAt }),
  };
}

function downtimeOf({ report, history }: VmEvidence, readyAt: number | undefined): number | undefined {
  const migration = history.steps.find(({ step }) => step.kind === 'migrate');
  const stop = report.steps.find(({ kind, action }) => kind === 'shutdown' && action === 'run');
  const stoppedAt = stop?.outcome === 'succeeded' ? stop.startedAt : undefined;
  const outageMs = readyAt === undefined || stoppedAt === undefined ? undefined : readyAt - stoppedAt;
  return numberIn(migration?.output, 'downtimeMs') ?? outageMs;
}

function dataAgeOf({ plan, history, requestedAt }: VmEvidence, outcome: VmOutcome): DataAge | undefined {
  const outputs = history.steps.filter(({ output }) => output !== undefined);
  if (plan.mode !== 'failover' && plan.mode !== 'drill') {
    const isMove = outcome === 'moved' && plan.mode !== 'reverse';
    return isMove ? { ms: 0, basis: 'nothing-lost' } : undefined;
  }
  const pointAt = (['promote', 'overlay', 'check'] as const)
    .map((kind) => outputs.find(({ step, output }) => step.kind === kind && pointTimeIn(output) !== undefined))
    .map((found) => pointTimeIn(found?.output))
    .find((at) => at !== undefined);
  if (pointAt !== undefined && requestedAt !== undefined) {
    return { ms: Math.max(0, requestedAt - pointAt), basis: 'measured' };
  }
  const hasUsedPoint = outputs.some(({ step }) => step.kind === 'promote' || step.kind === 'overlay');
  const estimate = plan.estimates.vms.find(({ vm }) => vm === history.lane.subject.name)?.dataAgeMs;
  return hasUsedPoint && estimate !== undefined ? { ms: estimate, basis: 'estimate' } : undefined;
}

function placesOf(plan: Plan, lane: Lane): { readonly from?: string; readonly to?: string } {
  for (const { authority } of lane.steps) {
    if (authority !== undefined && authority.rule !== 'needs-at') {
      return { from: formatPlace(authority.from), to: formatPlace(authority.to) };
    }
  }
  const vm = lane.subject.name;
  const held = plan.authority.find((authority) => authority.vm === vm);
  const target = plan.estimates.vms.find((estimate) => estimate.vm === vm)?.target;
  return {
    ...(held?.state === 'at' ? { from: formatPlace(held.place) } : {}),
    ...(target === undefined ? {} : { to: formatPlace(target) }),
  };
}

function numberIn(output: JsonObject | undefined, key: string): number | undefined {
  const value = output?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The moment of the data of `{ point: { at } }`. */
function pointTimeIn(output: JsonObject | undefined): number | undefined {
  const point = output?.['point'];
  return isJsonObject(point) ? numberIn(point, 'at') : undefined;
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}
