import type { Place } from '../model/place.js';
import type { Step } from '../model/plan.js';
import type { ReadyCheck } from '../model/runbook.js';
import type { DefineInput, MigrateInput, OverlayInput, PlannedPoint } from '../model/step-input.js';
import { estimateMove, type MoveEstimate, transferMs } from './estimate.js';
import { usesOfHost, usesOfRun, usesOfTransfer } from './limits.js';
import type { Scene } from './plan-scene.js';
import { step, transferTimeoutMs } from './plan-step.js';
import type { PlacedWork } from './plan-work.js';

/** The steps that several ways share. Each says where it acts, as a person on call would. */

export function checkState({ subject }: PlacedWork, state: 'running' | 'shut-off'): Step {
  const { name, facts, place } = subject;
  return step('check', {
    title: `see that ${name} is ${state} on ${place.host}`,
    input: { about: 'vm-state', state, vm: name, id: facts.id, at: place },
  });
}

export function checkReplica(work: PlacedWork, point: PlannedPoint): Step {
  const { subject, target } = work;
  return step('check', {
    title: `see that the replica of ${subject.name} on ${target.host} can be used`,
    input: { about: 'replica', vm: subject.name, at: target, point },
  });
}

export function confirmPlace({ subject, target, need }: PlacedWork): Step {
  const { name, facts } = subject;
  return step('place', {
    title: `see that ${target.host} has room for ${name}`,
    input: { vm: name, id: facts.id, at: target, ...need },
  });
}

export function syncStep(scene: Scene, work: PlacedWork, draft: { readonly id: string; readonly bytes: number }): Step {
  const { subject, target } = work;
  const estimateMs = transferMs(draft.bytes, work.share.bytesPerSecond) + 1_000;
  return step('sync', {
    id: draft.id,
    title: `bring the replica of ${subject.name} on ${target.host} up to date`,
    input: { vm: subject.name, from: subject.place, to: target },
    uses: usesOfTransfer(scene, subject.place, target),
    timeoutMs: transferTimeoutMs(estimateMs),
    estimateMs,
  });
}

/** Takes the authority from the old place. `deadHosts` empty: the VM itself must have been observed stopped. */
export function promoteStep(
  scene: Scene,
  work: PlacedWork,
  draft: { readonly point: PlannedPoint; readonly deadHosts: readonly string[] },
): Step {
  const { subject, target } = work;
  const isThere = subject.place.site === target.site && subject.place.host === target.host;
  return step('promote', {
    title: `promote the replica of ${subject.name} on ${target.host}`,
    input: { vm: subject.name, at: target, point: draft.point },
    uses: usesOfRun(scene),
    authority: isThere
      ? { rule: 'needs-at', vm: subject.name, place: target }
      : { rule: 'takes', vm: subject.name, from: subject.place, to: target, deadHosts: draft.deadHosts },
  });
}

export function overlayStep({ subject, target }: PlacedWork, draft: Pick<OverlayInput, 'purpose' | 'point'>): Step {
  return step('overlay', {
    title: `make a writable overlay for ${subject.name} on ${target.host}`,
    input: { vm: subject.name, at: target, ...draft },
  });
}

/** The VM as it was, with the networks of its new place. */
export function defineStep({ subject, target, need }: PlacedWork): Step {
  const { name, facts } = subject;
  const definition: DefineInput['definition'] = {
    id: facts.id,
    name,
    memoryBytes: facts.memoryBytes,
    vcpus: facts.vcpus,
    ...(facts.cpuModel === undefined ? {} : { cpuModel: facts.cpuModel }),
    networks: need.networks,
    hasAgent: facts.hasAgent,
    tags: facts.tags,
    hasAutostart: facts.hasAutostart,
  };
  return step('define', {
    title: `define ${name} on ${target.host}`,
    input: { at: target, definition, disksFrom: 'overlay' },
  });
}

/** Starts the VM where its authority is by then, and nowhere else (safety rule S1). */
export function startStep(scene: Scene, { subject, target }: PlacedWork): Step {
  return step('start', {
    title: `start ${subject.name} on ${target.host}`,
    input: { vm: subject.name, id: subject.facts.id, at: target },
    uses: usesOfHost(scene, target),
    authority: { rule: 'needs-at', vm: subject.name, place: target },
  });
}

export function readySteps(
  about: { readonly name: string; readonly id: string; readonly at: Place; readonly checks: readonly ReadyCheck[] },
  onFailure: Step['onFailure'],
): Step[] {
  const { name, id, at, checks } = about;
  return checks.map((check, index) =>
    step('ready', {
      id: `ready-${index + 1}`,
      title: `wait until ${name} answers: ${textOf(check)}`,
      input: { vm: name, id, at, check },
      timeoutMs: check.withinMs,
      attempts: 1,
      onFailure,
      // The first check waits for the boot; when it has passed, the others mostly pass at once.
      estimateMs: Math.min(check.withinMs, index === 0 ? 15_000 : 1_000),
    }),
  );
}

export function readyAtTarget({ subject, target, group }: PlacedWork, onFailure: Step['onFailure']): Step[] {
  const { name, facts } = subject;
  return readySteps({ name, id: facts.id, at: target, checks: group.ready }, onFailure);
}

interface MoveDraft extends Pick<MigrateInput, 'state' | 'ladder' | 'copyStorage' | 'shared' | 'replacesStale'> {
  readonly title: string;
  readonly durationMs: number;
  /** The deadline of the group when left out. */
  readonly timeoutMs?: number;
}

/** To the target, by whichever way; the authority goes with it. */
export function migrateStep(scene: Scene, work: PlacedWork, draft: MoveDraft): Step {
  const { subject, target, group, share } = work;
  const { name, facts, place } = subject;
  const { title, durationMs, timeoutMs = group.move.deadlineMs, ...how } = draft;
  return step('migrate', {
    title,
    input: {
      vm: name,
      id: facts.id,
      from: place,
      to: target,
      ...how,
      maxDowntimeMs: group.move.maxDowntimeMs,
      ...(share.limitBytesPerSecond === undefined ? {} : { bytesPerSecond: share.limitBytesPerSecond }),
    },
    uses: usesOfTransfer(scene, place, target),
    timeoutMs,
    authority: { rule: 'moves', vm: name, from: place, to: target },
    estimateMs: durationMs,
  });
}

/** How the live move of this VM would go. */
export function estimateOf({ subject, group, share }: PlacedWork, diskBytes: number): MoveEstimate {
  return estimateMove({
    memoryBytes: subject.facts.memoryBytes,
    diskBytes,
    dirtyBytesPerSecond: subject.facts.dirtyBytesPerSecond ?? 0,
    bytesPerSecond: share.bytesPerSecond,
    maxDowntimeMs: group.move.maxDowntimeMs,
  });
}

function textOf(check: ReadyCheck): string {
  switch (check.probe) {
    case 'guest-agent':
      return 'guest agent';
    case 'tcp':
      return `TCP port ${check.port}`;
    case 'http':
      return check.url;
    case 'command':
      return check.command.join(' ');
    default:
      return check satisfies never;
  }
}
