import type { VmFacts } from '../model/inventory.js';
import type { Lane, Step } from '../model/plan.js';
import type { Group, ReadyCheck, Rung } from '../model/runbook.js';
import type { Need } from './capacity.js';
import { type Forecast, forecastCold, forecastLive, forecastRestart } from './forecast.js';
import { pairOf } from './outlook.js';
import { copyOf, usedBytesOf } from './plan-disks.js';
import { mapNetworks, needWithDisks, withLiveCpu } from './plan-need.js';
import { isReachable, type Scene } from './plan-scene.js';
import { transferTimeoutMs } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { checkState, confirmPlace, migrateStep, readySteps } from './plan-vm-steps.js';
import { type Decision, type HostTerms, type PlacedWork, skip, type Way } from './plan-work.js';

/** Moves of VMs as they are to other hosts: what an evacuation, a return and a balance have in common. */

/** Whether and how the VM can go to one of these hosts. Those that run go live where they can; those that are off stay off. */
export function decideMove(
  scene: Scene,
  subject: Subject,
  { group, hosts }: { readonly group: Group; readonly hosts: readonly string[] },
): Decision {
  const { name, facts, place, stateThere } = subject;
  const ladder = ladderOf(scene, group);
  const way = wayOf(stateThere, ladder);
  if (way === undefined) {
    const seen = stateThere ?? 'not to be seen';
    return skip(name, 'state-unfit', `it is ${seen} on ${place.host}: only VMs that run or are shut off are moved`);
  }
  const mapped = mapNetworks(scene, facts);
  if ('unmapped' in mapped) {
    return skip(name, 'network-unmapped', mapped.unmapped);
  }
  const asked = { scene, subject, ladder, way, networks: mapped.networks };
  const need = needOn(undefined, asked);
  const terms = hosts.flatMap((host) => {
    const own = termsOn(host, asked);
    return own === undefined ? [] : [[host, own] as const];
  });
  return {
    work: {
      subject,
      way,
      need: way === 'host' ? withLiveCpu(scene, facts, need) : need,
      hosts,
      ...(terms.length === 0 ? {} : { terms: new Map(terms) }),
    },
  };
}

/** The group's rungs, a restart last if it may be one at all: evening out the load is not worth a stop. */
export function ladderOf({ mode, runbook }: Scene, { move }: Group): readonly Rung[] {
  const live = move.ladder.filter((rung) => rung !== 'restart');
  const isWorthAStop = mode !== 'balance' || (runbook.balance?.freeHosts ?? 0) > 0;
  return isWorthAStop && move.ladder.includes('restart') ? [...live, 'restart'] : live;
}

function wayOf(state: Subject['stateThere'], ladder: readonly Rung[]): Way | undefined {
  if (state === 'running') {
    return ladder.some((rung) => rung !== 'restart') ? 'host' : 'host-restart';
  }
  return state === 'shut-off' ? 'host-cold' : undefined;
}

interface Asked {
  readonly scene: Scene;
  readonly subject: Subject;
  readonly ladder: readonly Rung[];
  readonly way: Way;
  readonly networks: readonly string[];
}

/** What it needs on a host, or on any of which nothing special is known. */
function needOn(host: string | undefined, { scene, subject, way, networks }: Asked): Need {
  const need = needWithDisks(subject.facts, networks, copyOf(scene, subject.facts, host).disks);
  return way === 'host-cold' ? { ...need, memoryBytes: 0, vcpus: 0 } : need;
}

/**
 * What is different on one host. Two hosts that were looked at are judged by what was found; of others only the names of
 * their CPUs are known.
 */
function termsOn(host: string, asked: Asked): HostTerms | undefined {
  const { scene, subject, ladder, way } = asked;
  const { facts, place } = subject;
  const outlook = scene.outlooks.get(pairOf(place.host, host));
  const isLive = way === 'host';
  const mayRestart = isLive && ladder.includes('restart');
  if (outlook === undefined) {
    const why = mayRestart ? cpuLacking(scene, host, facts) : undefined;
    return why === undefined ? undefined : byRestart(why, needOn(undefined, asked));
  }
  const need = needOn(host, asked);
  const found = outlook.obstacles(facts.id).filter(({ severity }) => severity === 'blocker');
  const against = mayRestart || !isLive ? found.filter(({ blocks }) => blocks === 'any') : found;
  if (against.length > 0) {
    return { need, ruledOut: `${host}: ${against.map(({ message }) => message).join('; ')}` };
  }
  const [first] = isLive ? found : [];
  return first === undefined ? { need } : byRestart(first.message, need);
}

function byRestart(reason: string, need: Need): HostTerms {
  return { need, way: 'host-restart', why: `a live move cannot be: ${reason}`, isLast: true };
}

/** Why the VM, as it runs, cannot run there; none when it cannot be told. */
function cpuLacking(scene: Scene, host: string, facts: VmFacts): string | undefined {
  const there = scene.hosts.get(host);
  const cpuModel = facts.cpuModel === undefined ? scene.hosts.get(facts.host)?.cpuModel : undefined;
  return cpuModel === undefined ||
    cpuModel === '' ||
    there === undefined ||
    !isReachable(scene, host) ||
    [there.cpuModel, ...there.cpuModels].includes(cpuModel)
    ? undefined
    : `${host} does not offer the CPU ${cpuModel}, with which it runs`;
}

/** What the lane of a move does. A VM that its last rung has shut down is started again when the lane fails. */
export function moveLane(scene: Scene, work: PlacedWork): Lane {
  const { subject, target, way } = work;
  const { name } = subject;
  const move = hostMoveStep(scene, work);
  return {
    id: `vm/${name}`,
    subject: { kind: 'vm', name },
    title: `move ${name} to ${target.host}`,
    after: [],
    steps: [
      checkState(work, way === 'host-cold' ? 'shut-off' : 'running'),
      confirmPlace(work),
      move,
      ...readySteps({ name, id: subject.facts.id, at: target, checks: checksAfter(scene, work) }, 'ask'),
    ],
    recovery: mayStop(scene, work)
      ? [{ ...move, id: 'undo-migrate', action: 'undo', undoes: move.id, title: `see that ${name} runs again` }]
      : [],
  };
}

/** How the move of this VM is expected to go. */
export function forecastOf(scene: Scene, work: PlacedWork): Forecast {
  const { subject, group, share, way, target, why = 'its ladder has no other rung' } = work;
  const { facts } = subject;
  const load = {
    memoryBytes: facts.memoryBytes,
    diskBytes: usedBytesOf(copyOf(scene, facts, target.host).disks),
    dirtyBytesPerSecond: facts.dirtyBytesPerSecond,
    bytesPerSecond: share.bytesPerSecond,
    isAssumed: share.isAssumed,
    maxDowntimeMs: group.move.maxDowntimeMs,
  };
  switch (way) {
    case 'host-cold':
      return forecastCold(load);
    case 'host-restart':
      return { ...forecastRestart(load), why };
    default:
      return forecastLive(ladderOf(scene, group), load);
  }
}

function hostMoveStep(scene: Scene, work: PlacedWork): Step {
  const { subject, target, way, group } = work;
  const { name, facts, place } = subject;
  const { copyStorage, shared } = copyOf(scene, facts, target.host);
  const isOff = way === 'host-cold';
  const { durationMs } = forecastOf(scene, work);
  const ends = `from ${place.host} to ${target.host}`;
  const how = isOff ? `carry ${name}, which is shut off,` : `move ${name} ${way === 'host' ? 'live' : 'by a restart'}`;
  return migrateStep(scene, work, {
    title: `${how} ${ends}`,
    state: isOff ? 'shut-off' : 'running',
    ladder: isOff ? [] : way === 'host' ? ladderOf(scene, group) : ['restart'],
    copyStorage,
    ...(shared.length === 0 ? {} : { shared }),
    ...(isWrittenOver(scene, work) ? { replacesStale: true } : {}),
    durationMs,
    // A deadline is for VMs that people wait for.
    ...(isOff ? { timeoutMs: Math.max(group.move.deadlineMs, transferTimeoutMs(durationMs)) } : {}),
  });
}

/** Whether disks of the VM may lie at its target from an earlier life there, where its disks are copied to. */
export function isWrittenOver(scene: Scene, { subject, target }: PlacedWork): boolean {
  return (
    scene.leftAt.has(`${subject.name} ${target.host}`) && copyOf(scene, subject.facts, target.host).disks.length > 0
  );
}

/**
 * A VM that has moved live runs on; whether its guest is well is asked of its agent, when it has one. One that may have been
 * started anew on its way has to pass all checks of its group.
 */
function checksAfter(scene: Scene, work: PlacedWork): readonly ReadyCheck[] {
  const { subject, group, way } = work;
  if (way === 'host-cold') {
    return [];
  }
  const { hasAgent } = subject.facts;
  const asked = mayStop(scene, work)
    ? group.ready.filter(({ probe }) => hasAgent || way === 'host-restart' || probe !== 'guest-agent')
    : group.ready.filter(({ probe }) => hasAgent && probe === 'guest-agent');
  const isAgentAsked = asked.some(({ probe }) => probe === 'guest-agent');
  return hasAgent && !isAgentAsked ? [{ probe: 'guest-agent', withinMs: 60_000 }, ...asked] : asked;
}

function mayStop(scene: Scene, { way, group }: PlacedWork): boolean {
  return way === 'host-restart' || (way === 'host' && ladderOf(scene, group).includes('restart'));
}
