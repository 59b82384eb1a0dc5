import type { Finding } from '../model/finding.js';
import type { Estimates, Skipped, Stage } from '../model/plan.js';
import { formatDuration } from '../model/units.js';
import { listed, warning } from './conflict.js';
import { evacuationFindings } from './plan-evacuation.js';
import { fenceFindings } from './plan-failover.js';
import { moveFindings } from './plan-move-findings.js';
import { groupedBy, isReachable, type Scene } from './plan-scene.js';
import { estimateOf } from './plan-vm-steps.js';
import type { PlacedWork } from './plan-work.js';

export interface PlannedParts {
  readonly scene: Scene;
  readonly works: readonly PlacedWork[];
  readonly stages: readonly Stage[];
  readonly estimates: Estimates;
  readonly skipped: readonly Skipped[];
  /** Names of the VMs that each group asks for. */
  readonly members: ReadonlyMap<string, readonly string[]>;
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
    ...convergenceFindings(works),
    ...moveFindings(scene, works),
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

function objectiveFindings({ scene, works, estimates }: PlannedParts): readonly Finding[] {
  const { rpoMs = Number.POSITIVE_INFINITY, rtoMs = Number.POSITIVE_INFINITY } = scene.runbook.objectives;
  const groups = new Map(works.map(({ subject, group }) => [subject.name, group.name]));
  const late = estimates.vms.filter(({ dataAgeMs = 0 }) => dataAgeMs > rpoMs);
  const findings = [...groupedBy(late, ({ vm }) => groups.get(vm) ?? vm)].map(([group, vms]) => {
    const ages = vms.map(({ dataAgeMs = 0 }) => dataAgeMs);
    const oldest = formatDuration(ages.reduce((most, age) => Math.max(most, age), 0));
    const names = listed(vms.map(({ vm }) => vm));
    return warning(
      'rpo-missed',
      group,
      `the data of ${names} is up to ${oldest} old; the objective is ${formatDuration(rpoMs)}`,
    );
  });
  const { durationMs } = estimates;
  const message = `the run is expected to take ${formatDuration(durationMs)}; the objective is ${formatDuration(rtoMs)}`;
  return durationMs > rtoMs ? [...findings, warning('rto-at-risk', scene.runbook.name, message)] : findings;
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
  const without = works.filter(
    ({ subject, group, way }) =>
      way !== 'host' &&
      way !== 'cold' &&
      !subject.facts.hasAgent &&
      group.ready.some(({ probe }) => probe === 'guest-agent'),
  );
  return [...groupedBy(without, ({ group }) => group.name)].map(([group, asked]) =>
    warning(
      'agent-missing',
      group,
      `group ${group} asks the guest agent of ${listed(asked.map(({ subject }) => subject.name))}, where there is none: that check will fail`,
    ),
  );
}

function convergenceFindings(works: readonly PlacedWork[]): readonly Finding[] {
  const slow = works.filter((work) => (work.way === 'live' || work.way === 'host') && !estimateOf(work, 0).converges);
  return [...groupedBy(slow, ({ group }) => group.name)].map(([group, moved]) => {
    const rungs = moved[0]?.group.move.ladder.slice(1).join(', ');
    return warning(
      'move-not-converging',
      group,
      `${listed(moved.map(({ subject }) => subject.name))}: memory is dirtied about as fast as it can be sent; after the first rung come ${rungs === undefined || rungs === '' ? 'no others' : rungs}`,
    );
  });
}

function dependencyFindings({ scene, skipped, members }: PlannedParts): readonly Finding[] {
  const left = new Set(
    skipped.filter(({ code }) => code !== 'already-there' && code !== 'not-asked-for').map(({ vm }) => vm),
  );
  const awaited = new Set(left.size === 0 ? [] : scene.runbook.groups.flatMap(({ after }) => after));
  return [...awaited].flatMap((group) => {
    const names = (members.get(group) ?? []).filter((name) => left.has(name));
    return names.length === 0
      ? []
      : [warning('dependency-incomplete', group, `groups that wait for ${group} go on without ${listed(names)}`)];
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
