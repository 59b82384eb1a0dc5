import type { Finding } from '../model/finding.js';
import type { Estimates, Skipped, Stage } from '../model/plan.js';
import { formatDuration } from '../model/units.js';
import { listed, warning } from './conflict.js';
import { evacuationFindings } from './plan-evacuation.js';
import { fenceFindings } from './plan-failover.js';
import { isReachable, type Scene } from './plan-scene.js';
import { estimateOf } from './plan-vm-steps.js';
import type { PlacedWork } from './plan-work.js';

export interface PlannedParts {
  readonly scene: Scene;
  readonly works: readonly PlacedWork[];
  readonly stages: readonly Stage[];
  readonly estimates: Estimates;
  readonly skipped: readonly Skipped[];
}

/** What a person should know before the run. */
export function findingsOf(parts: PlannedParts): readonly Finding[] {
  const { scene, works, stages } = parts;
  return [
    ...(works.length === 0 ? [nothingToDo(scene)] : []),
    ...(scene.mode === 'failover' ? fenceFindings(scene, stages) : sourceFindings(scene)),
    ...(scene.mode === 'evacuate' ? evacuationFindings(scene, askedFor(parts)) : []),
    ...objectiveFindings(parts),
    ...replicaFindings(parts),
    ...readinessFindings(works),
    ...convergenceFindings(parts),
    ...dependencyFindings(parts),
    ...commandFindings(scene),
  ];
}

function nothingToDo({ mode, runbook }: Scene): Finding {
  return warning('nothing-to-do', runbook.name, `${mode} has nothing to do with any VM of the runbook`);
}

function sourceFindings(scene: Scene): readonly Finding[] {
  return scene.sourceHosts
    .filter((host) => !isReachable(scene, host))
    .map((host) =>
      warning('host-unreachable', host, `${host} cannot be reached: what is on it is not part of this plan`),
    );
}

function askedFor({ works, skipped }: PlannedParts): ReadonlySet<string> {
  return new Set([...works.map(({ subject }) => subject.name), ...skipped.map(({ vm }) => vm)]);
}

function objectiveFindings({ scene, estimates }: PlannedParts): readonly Finding[] {
  const { rpoMs, rtoMs } = scene.runbook.objectives;
  const late = estimates.vms.filter(({ dataAgeMs }) => rpoMs !== undefined && (dataAgeMs ?? 0) > rpoMs);
  const findings: Finding[] = late.map(({ vm, dataAgeMs = 0 }) =>
    warning(
      'rpo-missed',
      vm,
      `the data of ${vm} is ${formatDuration(dataAgeMs)} old; the objective is ${formatDuration(rpoMs ?? 0)}`,
    ),
  );
  if (rtoMs !== undefined && estimates.durationMs > rtoMs) {
    findings.push(
      warning(
        'rto-at-risk',
        scene.runbook.name,
        `the run is expected to take ${formatDuration(estimates.durationMs)}; the objective is ${formatDuration(rtoMs)}`,
      ),
    );
  }
  return findings;
}

function replicaFindings({ scene, works }: PlannedParts): readonly Finding[] {
  return works.flatMap(({ subject: { name }, way }) => {
    const [replica] = way === 'promote' || way === 'clone' ? (scene.replicas.get(name) ?? []) : [];
    return replica?.state === 'broken' || replica?.state === 'resyncing'
      ? [
          warning(
            'replica-unhealthy',
            name,
            `the replica of ${name} on ${replica.host} is ${replica.state}: its last point is used`,
          ),
        ]
      : [];
  });
}

function readinessFindings(works: readonly PlacedWork[]): readonly Finding[] {
  return works
    .filter(({ subject, group }) => !subject.facts.hasAgent && group.ready.some(({ probe }) => probe === 'guest-agent'))
    .map(({ subject: { name }, group }) =>
      warning(
        'agent-missing',
        name,
        `group ${group.name} asks the guest agent of ${name}, which has none: that check will fail`,
      ),
    );
}

function convergenceFindings({ scene, works }: PlannedParts): readonly Finding[] {
  return works
    .filter((work) => (work.way === 'live' || work.way === 'host') && !estimateOf(scene, work, 0).converges)
    .map(({ subject: { name }, group }) =>
      warning(
        'move-not-converging',
        name,
        `${name} dirties memory about as fast as the link carries it; after live come ${group.move.ladder.slice(1).join(', ') || 'no further rungs'}`,
      ),
    );
}

function dependencyFindings({ scene, skipped }: PlannedParts): readonly Finding[] {
  const left = new Set(skipped.filter(({ code }) => code !== 'already-there').map(({ vm }) => vm));
  if (left.size === 0) {
    return [];
  }
  const awaited = new Set(scene.runbook.groups.flatMap(({ after }) => after));
  return scene.runbook.groups.flatMap((group) => {
    const names = group.vms.flatMap((selector) =>
      'name' in selector && left.has(selector.name) ? [selector.name] : [],
    );
    return awaited.has(group.name) && names.length > 0
      ? [
          warning(
            'dependency-incomplete',
            group.name,
            `groups that wait for ${group.name} go on without ${listed(names)}`,
          ),
        ]
      : [];
  });
}

function commandFindings({ runbook, mode }: Scene): readonly Finding[] {
  return runbook.steps.flatMap(({ action, only }, index): Finding[] =>
    mode === 'drill' && action.uses === 'run' && only === undefined
      ? [
          {
            code: 'drill-runs-command',
            severity: 'info',
            subject: `step ${index + 1}`,
            message: `a drill runs ${action.with.command.join(' ')} too`,
            hint: 'leave drill out of the step’s `only` when it touches production',
          },
        ]
      : [],
  );
}
