import type { Estate } from '../model/estate.js';
import type { Finding } from '../model/finding.js';
import type { Lane, Plan, Step } from '../model/plan.js';
import { safetyViolations } from './invariant-safety.js';

const laneIdPattern = /^[A-Za-z0-9_/.:-]+$/;

/**
 * What is wrong with a plan, whoever made it: against the safety rules S1 to S4, and in its structure. Empty for every plan
 * that `plan` makes. With the estate the drill networks are known by name; without it, only that the clones of a site share
 * one network.
 */
export function violations(plan: Plan, estate?: Estate): readonly Finding[] {
  return [...structureViolations(plan), ...safetyViolations(plan, estate)];
}

function structureViolations(plan: Plan): readonly Finding[] {
  const findings: Finding[] = [];
  const stageIds = new Set<string>();
  const laneIds = new Set<string>();
  const vms = new Set<string>();
  for (const stage of plan.stages) {
    if (stageIds.has(stage.id)) {
      findings.push(broken('stage-twice', stage.id, 'two stages have this id'));
    }
    stageIds.add(stage.id);
    const earlier = new Set(laneIds);
    for (const lane of stage.lanes) {
      findings.push(...laneViolations(plan, lane, { earlier, isKnown: laneIds.has(lane.id) }));
      laneIds.add(lane.id);
      if (lane.subject.kind === 'vm' && !stage.isAlways) {
        if (vms.has(lane.subject.name)) {
          findings.push(broken('vm-twice', lane.subject.name, 'two lanes work on this VM'));
        }
        vms.add(lane.subject.name);
      }
    }
  }
  const both = plan.skipped.filter(({ vm }) => vms.has(vm));
  return [...findings, ...both.map(({ vm }) => broken('vm-twice', vm, 'it is both planned and skipped'))];
}

function laneViolations(
  plan: Plan,
  lane: Lane,
  known: { readonly earlier: ReadonlySet<string>; readonly isKnown: boolean },
): readonly Finding[] {
  const findings: Finding[] = [];
  if (known.isKnown) {
    findings.push(broken('lane-twice', lane.id, 'two lanes have this id'));
  }
  if (!laneIdPattern.test(lane.id)) {
    findings.push(broken('lane-id', lane.id, 'the id has characters that no lane id may have'));
  }
  if (lane.steps.length === 0) {
    findings.push(broken('lane-empty', lane.id, 'the lane has no step'));
  }
  for (const name of lane.after) {
    if (!known.earlier.has(name)) {
      findings.push(broken('after-later', lane.id, `it waits for ${name}, which is in no earlier stage`));
    }
  }
  const ids = new Set<string>();
  for (const step of [...lane.steps, ...lane.recovery]) {
    const subject = `${lane.id}/${step.id}`;
    if (ids.has(step.id)) {
      findings.push(broken('step-twice', subject, 'two steps of the lane have this id'));
    }
    ids.add(step.id);
    findings.push(...stepProblems(plan, lane, step).map((message) => broken('step-malformed', subject, message)));
  }
  return findings;
}

function stepProblems(plan: Plan, lane: Lane, step: Step): readonly string[] {
  const problems: string[] = [];
  if (!(step.retry.attempts >= 1) || !(step.timeoutMs > 0)) {
    problems.push('a step needs at least one attempt and some time');
  }
  for (const name of step.uses) {
    if (!((plan.slots[name] ?? 0) >= 1)) {
      problems.push(`the plan has no slots of ${name}`);
    }
  }
  if (step.action === 'undo' && !lane.steps.some(({ id, kind }) => id === step.undoes && kind === step.kind)) {
    problems.push('it takes back no step of this lane');
  }
  const disksFrom = step.kind === 'define' ? step.input['disksFrom'] : undefined;
  if (
    disksFrom !== undefined &&
    !stepsBefore(lane, step).some(({ id, kind }) => id === disksFrom && kind === 'overlay')
  ) {
    problems.push(`no earlier overlay step is called ${JSON.stringify(disksFrom)}`);
  }
  return problems;
}

function stepsBefore(lane: Lane, step: Step): readonly Step[] {
  return lane.steps.slice(0, Math.max(0, lane.steps.indexOf(step)));
}

function broken(code: string, subject: string, message: string): Finding {
  return { code, severity: 'blocker', subject, message };
}
