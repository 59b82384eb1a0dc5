import type { Finding } from '../model/finding.js';
import { formatPlace } from '../model/place.js';
import type { Lane, PlanConflict, Stage } from '../model/plan.js';
import { conflict, listed, warning } from './conflict.js';
import { formatSince } from './limits.js';
import { mapNetworks, needOverOverlay } from './plan-need.js';
import { pointFor } from './plan-point.js';
import { groupedBy, isReachable, type Scene } from './plan-scene.js';
import { step } from './plan-step.js';
import { isLive, type Subject } from './plan-subject.js';
import {
  checkReplica,
  checkState,
  confirmPlace,
  defineStep,
  overlayStep,
  promoteStep,
  readyAtTarget,
  startStep,
} from './plan-vm-steps.js';
import { type Decision, type PlacedWork, skip } from './plan-work.js';

/** The source is not lost while a host of it answers and runs a VM: a failover would start a second copy (safety rule S2). */
export function failoverRefusals(scene: Scene, subjects: readonly Subject[]): readonly PlanConflict[] {
  const own = subjects.filter(({ place }) => scene.sourceHosts.includes(place.host));
  const live = own.flatMap(({ name }) =>
    (scene.sightings.get(name) ?? []).filter(
      (vm) => vm.site === scene.source.site && isLive(vm) && isReachable(scene, vm.host),
    ),
  );
  return [...groupedBy(live, ({ host }) => host)].map(([host, vms]) =>
    conflict('safety', {
      code: 'source-alive',
      subject: host,
      message: `${host} answers and runs ${listed(vms.map(({ name }) => name))}: its site is not lost`,
      hint: `\`lifeboat failover --planned\` moves them live and loses nothing; or limit the failover to the VMs of hosts that are lost`,
    }),
  );
}

export function decideFailover(scene: Scene, subject: Subject): Decision {
  const { name, facts, place, trouble } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    return decideAtTarget(scene, subject);
  }
  if (isReachable(scene, place.host)) {
    const what = subject.stateThere ?? 'not there';
    return skip(name, 'source-alive', `its host ${place.host} answers, where it is ${what}; relocate it instead`);
  }
  return decidePromotion(scene, subject, facts);
}

/** An earlier run has taken its authority to the target already. What ran there is never replaced by a recovery point. */
function decideAtTarget(scene: Scene, subject: Subject): Decision {
  const { name, facts, place, stateThere, authority } = subject;
  if (place.site !== scene.target.site || !scene.targetHosts.includes(place.host)) {
    return skip(name, 'elsewhere', `it lives on ${formatPlace(place)}, outside of this runbook`);
  }
  if (!isReachable(scene, place.host)) {
    return skip(name, 'target-unreachable', `its authority is at ${formatPlace(place)}, which cannot be reached`);
  }
  if (stateThere === undefined) {
    return decidePromotion(scene, subject, facts, [place.host]);
  }
  if (stateThere === 'crashed' || stateThere === 'unknown') {
    return skip(name, 'state-unfit', `it is ${stateThere} on ${formatPlace(place)}; look at it there first`);
  }
  if (stateThere === 'shut-off') {
    const need = { ...needOverOverlay(facts, facts.networks), diskBytes: 0 };
    return { work: { subject, way: 'resume', need, hosts: [place.host] } };
  }
  return skip(name, 'already-there', `already at ${formatSince(place, authority.since)}`);
}

function decidePromotion(scene: Scene, subject: Subject, facts: Subject['facts'], hosts?: readonly string[]): Decision {
  const found = pointFor(scene, subject.name);
  if ('skipped' in found) {
    return found;
  }
  const mapped = mapNetworks(scene, facts);
  if ('unmapped' in mapped) {
    return skip(subject.name, 'network-unmapped', mapped.unmapped);
  }
  const { replica, dataAsOf } = found;
  // The newest state may be younger than any point that the plan has seen, and is what a failover is for.
  const point = scene.request.point === undefined ? 'newest' : found.point;
  return {
    work: {
      subject,
      way: 'promote',
      need: needOverOverlay(facts, mapped.networks),
      hosts: hosts ?? [replica.host],
      point,
      ...(dataAsOf === undefined ? {} : { dataAsOf }),
    },
  };
}

/** The hosts whose death has to be proven before the VM may start: those that might still run it and cannot be seen. */
export function deadHostsOf(scene: Scene, { lastHosts }: Subject): readonly string[] {
  return lastHosts.filter((host) => !isReachable(scene, host));
}

export function failoverLane(scene: Scene, work: PlacedWork): Lane {
  const { subject, target, point = 'newest' } = work;
  const isTaken = !scene.sourceHosts.includes(subject.place.host);
  const deadHosts = isTaken ? [] : deadHostsOf(scene, subject);
  return {
    id: `vm/${subject.name}`,
    subject: { kind: 'vm', name: subject.name },
    title: `bring up ${subject.name} on ${target.host}`,
    after: deadHosts.map((host) => `host/${host}`),
    steps:
      work.way === 'resume'
        ? [checkState(work, 'shut-off'), startStep(scene, work), ...readyAtTarget(work, 'fail')]
        : [
            checkReplica(work, point),
            confirmPlace(work),
            promoteStep(scene, work, { point, deadHosts }),
            overlayStep(work, { purpose: 'promoted', point }),
            defineStep(work),
            startStep(scene, work),
            ...readyAtTarget(work, 'fail'),
          ],
    recovery: [],
  };
}

/** A proof of death for each host that the lanes wait for. */
export function proofsStage(scene: Scene, works: readonly PlacedWork[]): readonly Stage[] {
  const hosts = new Set(
    works
      .filter(({ subject }) => scene.sourceHosts.includes(subject.place.host))
      .flatMap(({ subject }) => deadHostsOf(scene, subject)),
  );
  const lanes = [...hosts].toSorted().map((host): Lane => {
    const title = `prove that ${host} is off`;
    return {
      id: `host/${host}`,
      subject: { kind: 'host', name: host },
      title,
      after: [],
      steps: [step('fence', { title, input: { host }, onFailure: 'ask', isSkippable: false })],
      recovery: [],
    };
  });
  return lanes.length === 0 ? [] : [{ id: 'proofs', title: 'proofs of death', isAlways: false, lanes }];
}

/** Hosts that nothing but an operator's word can prove dead. */
export function fenceFindings(scene: Scene, stages: readonly Stage[]): readonly Finding[] {
  const attested = new Set(scene.request.attested?.map(({ host }) => host));
  const devices = new Map(
    Object.values(scene.estate.sites).flatMap(({ hosts }) =>
      Object.values(hosts).map(({ name, fence }) => [name, fence]),
    ),
  );
  return stages
    .filter(({ id }) => id === 'proofs')
    .flatMap(({ lanes }) => lanes.map(({ subject }) => subject.name))
    .filter((host) => devices.get(host) === undefined && !attested.has(host))
    .map((host) =>
      warning(
        'fence-missing',
        host,
        `${host} has no fence device: the run will wait until an operator attests that it is off`,
        `give ${host} a \`fence\` in the estate, or start with \`--attest ${host}\``,
      ),
    );
}
