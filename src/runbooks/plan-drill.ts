import type { Lane, PlanConflict, Stage } from '../model/plan.js';
import { conflict } from './conflict.js';
import { freshId } from './fresh-id.js';
import { usesOfHost, usesOfRun } from './limits.js';
import { needOverOverlay } from './plan-need.js';
import { pointFor } from './plan-point.js';
import type { Scene } from './plan-scene.js';
import { step } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { checkReplica, confirmPlace, overlayStep, readySteps } from './plan-vm-steps.js';
import { type Decision, type PlacedWork, skip } from './plan-work.js';

/** The logical name of a site's isolated network; the only one that a clone may be attached to (safety rule S3). */
export const drillNetwork = 'drill';

export function drillRefusals({ targetSite }: Scene): readonly PlanConflict[] {
  return targetSite.networks[drillNetwork] === undefined
    ? [
        conflict('safety', {
          code: 'drill-network-missing',
          subject: targetSite.name,
          message: `site ${targetSite.name} has no network named ${drillNetwork}, and a clone may be attached to no other`,
          hint: `give the site an isolated network in the estate: \`networks: { ${drillNetwork}: br-drill }\``,
        }),
      ]
    : [];
}

/** Only the replica counts: what the VM itself does meanwhile does not matter to a clone. */
export function decideDrill(scene: Scene, subject: Subject): Decision {
  const { name, facts, place } = subject;
  if (scene.targetHosts.includes(place.host) && subject.authority.epoch > 0) {
    return skip(
      name,
      'already-there',
      `it lives on ${place.host} now, so that its replica there is its disk; reverse first`,
    );
  }
  const found = pointFor(scene, name);
  if ('skipped' in found) {
    return found;
  }
  const isolated = scene.targetSite.networks[drillNetwork] ?? '';
  return {
    work: {
      subject,
      way: 'clone',
      need: needOverOverlay(
        facts,
        facts.networks.map(() => isolated),
      ),
      hosts: [found.replica.host],
      point: found.point,
      ...(found.dataAsOf === undefined ? {} : { dataAsOf: found.dataAsOf }),
    },
  };
}

/** A clone of its own UUID and name on the isolated network, over an overlay that nothing else uses. */
export function drillLane(scene: Scene, work: PlacedWork): Lane {
  const { subject, target, need, group, point = 'newest' } = work;
  const { facts } = subject;
  const clone = cloneOf(scene, work);
  return {
    id: `vm/${subject.name}`,
    subject: { kind: 'vm', name: subject.name },
    title: `rehearse ${subject.name} on ${target.host}`,
    after: [],
    steps: [
      checkReplica(work, point),
      confirmPlace(work),
      overlayStep(work, { purpose: 'clone', point }),
      step('define', {
        title: `define the clone ${clone.name} on ${target.host}`,
        input: {
          at: target,
          definition: {
            id: clone.id,
            name: clone.name,
            memoryBytes: facts.memoryBytes,
            vcpus: facts.vcpus,
            ...(facts.cpuModel === undefined ? {} : { cpuModel: facts.cpuModel }),
            networks: need.networks,
            hasAgent: facts.hasAgent,
            tags: facts.tags,
            hasAutostart: false,
            cloneOf: facts.id,
          },
          disksFrom: 'overlay',
        },
      }),
      step('start', {
        title: `start the clone ${clone.name} on ${target.host}`,
        input: { vm: clone.name, id: clone.id, at: target },
        uses: usesOfHost(scene, target),
      }),
      ...readySteps({ name: clone.name, id: clone.id, at: target, checks: group.ready }, 'fail'),
    ],
    recovery: [],
  };
}

/** Removes every clone, whatever became of its lane. It can be repeated, and a person decides when it fails. */
export function drillCleanup(scene: Scene, works: readonly PlacedWork[]): readonly Stage[] {
  const lanes = works.map((work): Lane => {
    const { subject, target } = work;
    const clone = cloneOf(scene, work);
    const title = `remove the clone of ${subject.name} from ${target.host}`;
    return {
      id: `cleanup/${subject.name}`,
      subject: { kind: 'vm', name: subject.name },
      title,
      after: [],
      steps: [
        step('cleanup', {
          title,
          input: {
            what: 'clone',
            vm: clone.name,
            id: clone.id,
            at: target,
            vmOverlay: subject.name,
            overlayStep: `vm/${subject.name}/overlay`,
          },
          uses: usesOfRun(scene),
          onFailure: 'ask',
        }),
      ],
      recovery: [],
    };
  });
  return lanes.length === 0 ? [] : [{ id: 'cleanup', title: 'remove the clones', isAlways: true, lanes }];
}

/** Another for every drill, and the same each time this plan is made. */
function cloneOf({ request, digests }: Scene, { subject }: PlacedWork): { readonly id: string; readonly name: string } {
  const id = freshId(`${subject.facts.id} ${request.at} ${digests.inventory}`);
  return { id, name: `drill-${subject.name}-${id.slice(0, 6)}` };
}
