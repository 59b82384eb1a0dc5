import type { Finding } from '../model/finding.js';
import type { Lane, Plan, PlanConflict, Skipped } from '../model/plan.js';
import type { Group, Policy, Runbook } from '../model/runbook.js';
import { estimatesOf } from './estimate-run.js';
import { shareOf, slotsOf } from './limits.js';
import { type Order, order } from './order.js';
import { isAskedFor, scopeUnknown, settleUnmatched, strictConflicts, unknownLimits } from './plan-conflicts.js';
import { findingsOf } from './plan-findings.js';
import { type ModeRules, modeRules, otherMode } from './plan-mode.js';
import { type Placed, placesOf } from './plan-places.js';
import { groupedBy, type PlanInputs, type Scene, sceneOf } from './plan-scene.js';
import { stagesOf } from './plan-stages.js';
import { type Subject, subjectsOf } from './plan-subject.js';
import { onTerms, type PlacedWork, skip, type Work } from './plan-work.js';
import { type Selection, select } from './select.js';

export type { PlanInputs } from './plan-scene.js';

/**
 * Decides all of a run before anything is done. The same inputs give the same plan, byte by byte. What stands in the way
 * comes back as conflicts, as many of them at once as can be told.
 */
export function plan(inputs: PlanInputs): Plan | readonly PlanConflict[] {
  const scene = sceneOf(inputs);
  if (scene === undefined) {
    return [scopeUnknown(inputs)];
  }
  const rules = modeRules[scene.mode];
  const misused = otherMode(scene);
  if (misused.length > 0) {
    return misused;
  }
  const subjects = subjectsOf(scene);
  const selection = select(scene.runbook, subjects);
  const ordered = order(scene.runbook.groups);
  const missing = settleUnmatched(scene, selection);
  const asked = selection.groups.flatMap(({ vms }) => vms).filter(({ name }) => isAskedFor(scene, name));
  const conflicts = [
    ...selection.conflicts,
    ...ordered.conflicts,
    ...missing.conflicts,
    ...unknownLimits(scene, selection),
    ...rules.refusals(scene, asked),
  ];
  if (conflicts.length > 0) {
    return conflicts;
  }
  const decided = decide(scene, rules, selection);
  const placed = (rules.places ?? placesOf)(scene, { levels: ordered, works: decided.works, subjects });
  if ('conflicts' in placed) {
    return placed.conflicts;
  }
  const { placement } = placed;
  const refused = decided.works.flatMap(({ work }) => leftOut(work.subject.name, placed));
  const skipped = [...missing.skipped, ...decided.skipped, ...refused];
  const strict = rules.isStrict ? strictConflicts(scene, skipped, placement) : [];
  if (strict.length > 0) {
    return strict;
  }
  const places = new Map(scene.targetHosts.map((host) => [host, { site: scene.target.site, host }]));
  const share = shareOf(
    scene,
    decided.works.flatMap(({ work: { subject } }) => {
      const target = placement.hosts.get(subject.name);
      return target === undefined ? [] : [{ source: subject.place.host, target }];
    }),
  );
  const works = decided.works.flatMap(({ work, group }): PlacedWork[] => {
    const target = places.get(placement.hosts.get(work.subject.name) ?? '');
    return target === undefined ? [] : [{ ...onTerms(work, target.host), group, share, target }];
  });
  return assemble({
    scene: placed.freed === undefined ? scene : { ...scene, sourceHosts: placed.freed },
    rules,
    members: new Map(selection.groups.map(({ group, vms }) => [group.name, vms.map(({ name }) => name)])),
    ordered,
    works,
    skipped,
    findings: [...selection.findings, ...ordered.findings, ...placement.broken, ...(placed.findings ?? [])],
  });
}

/** Why a VM that could take part has no place. */
function leftOut(vm: string, { placement, left }: Placed): readonly Skipped[] {
  const reason = placement.refused.get(vm);
  if (reason !== undefined) {
    return [skip(vm, 'no-room', `no host has a place for it: ${reason}`).skipped];
  }
  return placement.hosts.has(vm) || left === undefined ? [] : [{ vm, ...left }];
}

interface Decided {
  readonly works: readonly { readonly work: Work; readonly group: Group }[];
  readonly skipped: readonly Skipped[];
}

function decide(scene: Scene, rules: ModeRules, selection: Selection<Subject>): Decided {
  const works: { work: Work; group: Group }[] = [];
  const skipped: Skipped[] = [];
  for (const { group, vms } of selection.groups) {
    for (const subject of vms) {
      const decision = isAskedFor(scene, subject.name)
        ? rules.decide(scene, subject, group)
        : skip(subject.name, 'not-asked-for', 'the request is limited to other VMs');
      if ('work' in decision) {
        works.push({ work: decision.work, group });
      } else {
        skipped.push(decision.skipped);
      }
    }
  }
  return { works, skipped };
}

function assemble(parts: {
  readonly scene: Scene;
  readonly rules: ModeRules;
  readonly members: ReadonlyMap<string, readonly string[]>;
  readonly ordered: Order;
  readonly works: readonly PlacedWork[];
  readonly skipped: readonly Skipped[];
  readonly findings: readonly Finding[];
}): Plan {
  const { scene, rules, ordered, works, skipped } = parts;
  const { runbook, request, mode, digests } = scene;
  const lanes = new Map<string, Lane[]>();
  for (const work of works) {
    const lane = rules.lane(scene, work);
    const known = lanes.get(work.group.name);
    if (known === undefined) {
      lanes.set(work.group.name, [lane]);
    } else {
      known.push(lane);
    }
  }
  const stages = stagesOf(scene, {
    levels: ordered.levels,
    lanes,
    before: works.length === 0 && !rules.isAboutHosts ? [] : rules.before(scene, works),
    after: rules.after(scene, works),
  });
  const slots = slotsOf(
    stages.flatMap((stage) => stage.lanes),
    runbook.limits,
  );
  const estimates = estimatesOf({ scene, stages, slots, works });
  return {
    version: 1,
    runbook: runbook.name,
    mode,
    request,
    madeAt: request.at,
    digests,
    stages,
    skipped,
    findings: [...parts.findings, ...findingsOf({ scene, works, stages, estimates, skipped, members: parts.members })],
    slots,
    onLaneFailure: rules.onLaneFailure,
    authority: works.map(({ subject }) => subject.authority),
    objectives: runbook.objectives,
    ...(mode === 'evacuate' && works.length > 0 ? { policy: policyOf(runbook, works) } : {}),
    estimates,
    ...(runbook.notify === undefined ? {} : { notify: runbook.notify.on }),
  };
}

/** Each group with the VMs that go, by their names, so that the same ones can be brought back. */
function policyOf({ groups, keepApart, keepTogether, limits }: Runbook, works: readonly PlacedWork[]): Policy {
  const members = groupedBy(works, ({ group }) => group.name);
  return {
    groups: groups.flatMap((group) => {
      const vms = (members.get(group.name) ?? []).map(({ subject: { name } }) => ({ name }));
      return vms.length === 0 ? [] : [{ ...group, vms }];
    }),
    keepApart,
    keepTogether,
    limits,
  };
}
