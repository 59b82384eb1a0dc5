import type { VmFacts } from '../model/inventory.js';
import { formatPlace } from '../model/place.js';
import type { Lane, Step } from '../model/plan.js';
import type { Replica } from '../model/replica.js';
import type { Group } from '../model/runbook.js';
import { transferMs } from './estimate.js';
import { formatSince, usesOfHost, usesOfTransfer } from './limits.js';
import { mapNetworks, needOverOverlay, usedBytes, withLiveCpu } from './plan-need.js';
import { isReachable, type Scene } from './plan-scene.js';
import { step, transferTimeoutMs } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import {
  checkState,
  confirmPlace,
  defineStep,
  estimateOf,
  migrateStep,
  overlayStep,
  promoteStep,
  readyAtTarget,
  startStep,
  syncStep,
} from './plan-vm-steps.js';
import { type Decision, type PlacedWork, skip, type Way } from './plan-work.js';

/** Writes during a move end up in its overlay; expected are those of half a minute. */
const overlaySeconds = 30;

export function decideRelocation(scene: Scene, subject: Subject, group: Group): Decision {
  const { name, facts, place, stateThere, trouble, authority } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (scene.targetHosts.includes(place.host)) {
    return skip(name, 'already-there', `already at ${formatSince(place, authority.since)}`);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    return skip(name, 'elsewhere', `it lives on ${formatPlace(place)}, outside of this runbook`);
  }
  if (!isReachable(scene, place.host)) {
    return skip(name, 'source-unreachable', `its host ${place.host} cannot be reached`);
  }
  const way = wayOf(stateThere, group);
  if (way === undefined) {
    return skip(name, 'state-unfit', `it is ${stateThere ?? 'not to be seen'} on ${formatPlace(place)}`);
  }
  const [replica] = scene.replicas.get(name) ?? [];
  if (replica === undefined || (replica.points.length === 0 && replica.dataAsOf === undefined)) {
    const what = replica === undefined ? 'no replica' : 'no recovery point yet';
    return skip(
      name,
      replica === undefined ? 'no-replica' : 'no-recovery-point',
      `it has ${what} at ${scene.target.site}`,
    );
  }
  const mapped = mapNetworks(scene, facts);
  if ('unmapped' in mapped) {
    return skip(name, 'network-unmapped', mapped.unmapped);
  }
  const need = needOverOverlay(facts, mapped.networks);
  const stopped = { ...need, memoryBytes: 0, vcpus: 0 };
  return {
    work: {
      subject,
      way,
      need: way === 'live' ? withLiveCpu(scene, facts, need) : way === 'cold' ? stopped : need,
      hosts: [replica.host],
      deltaBytes: deltaBytes(scene, facts, replica),
    },
  };
}

/** A failback ends with the protection as it was: the disks that the VM leaves become its replica again. */
export function relocationLane(scene: Scene, work: PlacedWork): Lane {
  const { subject, target } = work;
  const { steps, recovery } = moveSteps(scene, work);
  return {
    id: `vm/${subject.name}`,
    subject: { kind: 'vm', name: subject.name },
    title: `relocate ${subject.name} to ${target.host}`,
    after: [],
    steps: scene.mode === 'failback' ? [...steps, protectAgain(scene, work)] : steps,
    recovery,
  };
}

function moveSteps(scene: Scene, work: PlacedWork): LaneSteps {
  switch (work.way) {
    case 'live':
      return liveSteps(scene, work);
    case 'restart':
      return restartSteps(scene, work);
    default:
      return coldSteps(scene, work);
  }
}

function protectAgain(scene: Scene, { subject, target, share, deltaBytes: bytes = 0 }: PlacedWork): Step {
  const { name, place } = subject;
  const estimateMs = transferMs(bytes, share.bytesPerSecond);
  return step('reverse', {
    title: `replicate ${name} from ${target.host} to ${place.host} again`,
    input: { vm: name, from: target, to: place },
    uses: usesOfTransfer(scene, target, place),
    timeoutMs: transferTimeoutMs(estimateMs),
    onFailure: 'ask',
    estimateMs,
  });
}

interface LaneSteps {
  readonly steps: readonly Step[];
  readonly recovery: readonly Step[];
}

/**
 * Once the VM has changed sides nothing is taken back: a check that then fails asks, and the overlay is undone only while
 * the authority is still at the old place.
 */
function liveSteps(scene: Scene, work: PlacedWork): LaneSteps {
  const { subject, target, deltaBytes: bytes = 0 } = work;
  const overlay = overlayStep(work, { purpose: 'move', point: 'newest' });
  const diskBytes = (subject.facts.dirtyBytesPerSecond ?? 0) * overlaySeconds;
  return {
    steps: [
      checkState(work, 'running'),
      confirmPlace(work),
      syncStep(scene, work, { id: 'sync', bytes }),
      overlay,
      migrateStep(scene, work, {
        title: `move ${subject.name} live from ${subject.place.host} to ${work.target.host}`,
        state: 'running',
        ladder: work.group.move.ladder.filter((rung) => rung !== 'restart'),
        copyStorage: 'overlay',
        durationMs: estimateOf(work, diskBytes).durationMs,
      }),
      ...readyAtTarget(work, 'ask'),
      step('cleanup', {
        title: `merge the disks of ${subject.name} on ${target.host}`,
        input: { what: 'merge', vm: subject.name, at: target, overlayStep: `vm/${subject.name}/overlay` },
        onFailure: 'ask',
      }),
    ],
    recovery: [
      {
        ...overlay,
        id: 'undo-overlay',
        action: 'undo',
        undoes: overlay.id,
        title: `remove the overlay of ${subject.name} from ${target.host}`,
        authority: { rule: 'needs-at', vm: subject.name, place: subject.place },
      },
    ],
  };
}

function restartSteps(scene: Scene, work: PlacedWork): LaneSteps {
  const { subject, deltaBytes: bytes = 0 } = work;
  const { name, place } = subject;
  const shutdown = shutdownStep(scene, work, `shut ${name} down on ${place.host}`);
  return {
    steps: [
      checkState(work, 'running'),
      confirmPlace(work),
      syncStep(scene, work, { id: 'sync', bytes }),
      shutdown,
      syncStep(scene, work, { id: 'final-sync', bytes: Math.ceil(bytes / 20) }),
      promoteStep(scene, work, { point: 'newest', deadHosts: [] }),
      overlayStep(work, { purpose: 'promoted', point: 'newest' }),
      defineStep(work),
      startStep(scene, work),
      ...readyAtTarget(work, 'ask'),
      retireSource(work),
    ],
    recovery: [
      {
        ...shutdown,
        id: 'undo-shutdown',
        action: 'undo',
        undoes: shutdown.id,
        title: `start ${name} again on ${place.host}`,
        authority: { rule: 'needs-at', vm: name, place },
      },
    ],
  };
}

/** It is off already; what its shutdown adds is that nothing starts it there any more (safety rule S2). */
function coldSteps(scene: Scene, work: PlacedWork): LaneSteps {
  const { name, place } = work.subject;
  return {
    steps: [
      checkState(work, 'shut-off'),
      shutdownStep(scene, work, `block the start of ${name} on ${place.host}`),
      syncStep(scene, work, { id: 'sync', bytes: work.deltaBytes ?? 0 }),
      promoteStep(scene, work, { point: 'newest', deadHosts: [] }),
      overlayStep(work, { purpose: 'promoted', point: 'newest' }),
      defineStep(work),
      retireSource(work),
    ],
    recovery: [],
  };
}

function shutdownStep(scene: Scene, { subject }: PlacedWork, title: string): Step {
  const { name, facts, place } = subject;
  return step('shutdown', {
    title,
    input: { vm: name, id: facts.id, at: place, hasAutostart: facts.hasAutostart },
    uses: usesOfHost(scene, place),
  });
}

function retireSource({ subject }: PlacedWork): Step {
  const { name, facts, place } = subject;
  return step('cleanup', {
    title: `retire the old ${name} on ${place.host}`,
    input: { what: 'source', vm: name, id: facts.id, at: place },
    onFailure: 'ask',
  });
}

function wayOf(state: VmFacts['state'] | undefined, { move }: Group): Way | undefined {
  if (state === 'running') {
    return move.ladder.some((rung) => rung !== 'restart') ? 'live' : 'restart';
  }
  return state === 'shut-off' ? 'cold' : undefined;
}

/**
 * What was written since the replica's data, as far as it can be told: at the rate of its newest increment, at most all
 * that the disks hold. Without an increment to tell a rate by, a hundredth of that.
 */
function deltaBytes(scene: Scene, facts: VmFacts, replica: Replica): number {
  const all = usedBytes(facts);
  const [newest, before] = replica.points.toSorted((a, b) => b.at - a.at);
  const isIncrement = newest !== undefined && newest.sizeBytes < all / 2;
  if (!isIncrement || before === undefined || newest.at <= before.at) {
    return Math.ceil(all / 100);
  }
  const ageMs = Math.max(0, scene.inventory.at - (replica.dataAsOf ?? newest.at));
  return Math.min(all, Math.ceil((newest.sizeBytes / (newest.at - before.at)) * ageMs));
}
