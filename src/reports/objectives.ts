import type { Plan } from '../model/plan.js';
import type { Objective, VmReport } from './run-report.js';

/** What objectives are held against. */
export interface ObjectiveEvidence {
  readonly plan: Plan;
  readonly vms: readonly VmReport[];
  readonly isFinished: boolean;
  readonly requestedAt?: number;
  /** The last entry. */
  readonly asOf?: number;
}

type Verdict = Objective['verdict'];

/** One VM against a target; without `ms` nothing was measured. */
interface Figure {
  readonly vm: string;
  readonly ms?: number;
  readonly verdict: Verdict;
}

/**
 * Objectives against what was measured; an estimate never counts. Where a service was lost (failover, drill) the RTO runs
 * from the request to ready, and a VM that never got ready misses it; where VMs move, it is the longest outage.
 */
export function objectivesOf(evidence: ObjectiveEvidence): readonly Objective[] {
  const { plan, vms, isFinished } = evidence;
  const { rpoMs, rtoMs } = plan.objectives;
  const isLoss = plan.mode === 'failover' || plan.mode === 'drill';
  const plain = (vm: VmReport, ms: number | undefined, targetMs: number): Figure => ({
    vm: vm.vm,
    ...(ms === undefined ? {} : { ms }),
    verdict:
      ms === undefined ? (isFinished || !isOpen(vm) ? 'unmeasured' : 'pending') : ms > targetMs ? 'missed' : 'met',
  });
  const objectives: Objective[] = [];
  if (rpoMs !== undefined && plan.mode !== 'reverse') {
    const figures = vms.map((vm) => plain(vm, vm.dataAge?.basis === 'estimate' ? undefined : vm.dataAge?.ms, rpoMs));
    objectives.push({ objective: 'rpo', targetMs: rpoMs, basis: 'data-age', ...judge(figures) });
  }
  if (rtoMs !== undefined && isLoss) {
    const figures = vms.filter(mustRun).map((vm) => recovery(vm, rtoMs, evidence));
    objectives.push({ objective: 'rto', targetMs: rtoMs, basis: 'request-to-ready', ...judge(figures) });
  }
  if (rtoMs !== undefined && !isLoss && plan.mode !== 'reverse') {
    const figures = vms.filter(mustRun).map((vm) => plain(vm, vm.downtimeMs, rtoMs));
    objectives.push({ objective: 'rto', targetMs: rtoMs, basis: 'downtime', ...judge(figures) });
  }
  return objectives;
}

/** A VM that is not ready yet has waited this long already: enough to miss a target, never to meet one. */
function recovery(vm: VmReport, targetMs: number, { requestedAt, asOf, isFinished }: ObjectiveEvidence): Figure {
  const ms = vm.requestToReadyMs;
  if (ms !== undefined) {
    return { vm: vm.vm, ms, verdict: ms > targetMs ? 'missed' : 'met' };
  }
  const waitedMs = (asOf ?? 0) - (requestedAt ?? asOf ?? 0);
  return { vm: vm.vm, verdict: isFinished || !isOpen(vm) || waitedMs > targetMs ? 'missed' : 'pending' };
}

/** A VM that was shut off stays so, and has neither outage nor time to ready. */
function mustRun({ method }: VmReport): boolean {
  return method !== 'cold';
}

function isOpen({ outcome }: VmReport): boolean {
  return outcome === 'running' || outcome === 'waiting' || outcome === 'not-reached';
}

function judge(figures: readonly Figure[]): Pick<Objective, 'measuredMs' | 'verdict' | 'worst' | 'misses'> {
  const measured = figures
    .filter(({ ms }) => ms !== undefined)
    .toSorted((one, other) => (other.ms ?? 0) - (one.ms ?? 0));
  const ranked: readonly Verdict[] = ['missed', 'pending', 'unmeasured', 'met'];
  const verdict = ranked.find((candidate) => figures.some((figure) => figure.verdict === candidate)) ?? 'unmeasured';
  const worst =
    verdict === 'pending'
      ? measured[0]
      : (figures.find((figure) => figure.ms === undefined && figure.verdict === verdict) ?? measured[0]);
  const measuredMs = measured[0]?.ms;
  return {
    ...(measuredMs === undefined ? {} : { measuredMs }),
    verdict,
    ...(worst === undefined ? {} : { worst: worst.vm }),
    misses: figures.filter((figure) => figure.verdict === 'missed').length,
  };
}
