import type { Lane, Plan, Step } from '../../model/plan.js';

/** Attempts beyond two tell nothing new. */
const attemptsWalked = 2;

/** Equal for lanes whose paths are the same but for names. */
export function likeness(lane: Lane): string {
  const words = [...lane.steps, ...lane.recovery].map(
    ({ kind, action, onFailure, isSkippable, authority, retry, input }) => [
      kind,
      action,
      onFailure,
      isSkippable,
      authority?.rule,
      authority?.rule === 'takes' ? authority.deadHosts.length : 0,
      retry.attempts > 1,
      input['state'],
      kind === 'migrate' && (input['ladder'] as readonly string[] | undefined)?.includes('restart') === true,
    ],
  );
  return JSON.stringify([lane.subject.kind, words]);
}

/**
 * The plan of one lane alone: with the proofs of death that it needs, the stages that run always for its subject, and
 * no others.
 */
export function reducedPlan(plan: Plan, lane: Lane): Plan {
  const deadHosts = lane.steps.flatMap(({ authority }) =>
    authority?.rule === 'takes' ? [authority.from.host, ...authority.deadHosts] : [],
  );
  const isNeeded = (other: Lane, isAlways: boolean): boolean =>
    other.id === lane.id ||
    (isAlways && other.subject.name === lane.subject.name) ||
    other.steps.some(({ kind, input }) => kind === 'fence' && deadHosts.some((host) => host === input['host']));
  const stages = plan.stages
    .map((stage) => ({
      ...stage,
      lanes: stage.lanes.filter((other) => isNeeded(other, stage.isAlways)).map(reducedLane),
    }))
    .filter(({ lanes }) => lanes.length > 0);
  const kept = new Set(stages.flatMap(({ lanes }) => lanes.map(({ id }) => id)));
  return {
    ...plan,
    stages: stages.map((stage) => ({
      ...stage,
      lanes: stage.lanes.map((one) => ({ ...one, after: one.after.filter((id) => kept.has(id)) })),
    })),
    authority: plan.authority.filter(({ vm }) => vm === lane.subject.name),
    skipped: [],
  };
}

function reducedLane(lane: Lane): Lane {
  const reduced = (step: Step): Step => ({
    ...step,
    retry: { ...step.retry, attempts: Math.min(step.retry.attempts, attemptsWalked) },
  });
  return { ...lane, steps: lane.steps.map(reduced), recovery: lane.recovery.map(reduced) };
}
