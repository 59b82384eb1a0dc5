import type { Finding } from '../model/finding.js';
import { formatPlace } from '../model/place.js';
import type { Lane, PlanConflict, Stage } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { conflict, listed, warning } from './conflict.js';
import { formatSince } from './limits.js';
import { decideMove } from './plan-move.js';
import { isReachable, type Scene } from './plan-scene.js';
import { step } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { type Decision, skip } from './plan-work.js';

export function evacuationRefusals(scene: Scene): readonly PlanConflict[] {
  const unreachable = scene.sourceHosts.filter((host) => !isReachable(scene, host));
  const conflicts = unreachable.map((host) =>
    conflict('unreachable', {
      code: 'host-unreachable',
      subject: host,
      message: `${host} cannot be reached, so that nothing can be moved away from it`,
      hint: 'mend the connection, or when the host is lost use failover',
    }),
  );
  return scene.targetHosts.length > 0
    ? conflicts
    : [
        ...conflicts,
        conflict('invalid', {
          code: 'no-other-host',
          subject: scene.target.site,
          message: `site ${scene.target.site} has no host besides those to be emptied`,
          hint: 'evacuate to another site, or one host at a time',
          path: '/protect/to',
        }),
      ];
}

export function decideEvacuation(scene: Scene, subject: Subject, group: Group): Decision {
  const { name, place, trouble, authority } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    const isThere = scene.targetHosts.includes(place.host);
    return isThere
      ? skip(name, 'already-there', `already at ${formatSince(place, authority.since)}`)
      : skip(name, 'elsewhere', `it lives on ${formatPlace(place)}, outside of this runbook`);
  }
  return decideMove(scene, subject, { group, hosts: scene.targetHosts });
}

/** Nothing new is placed on the hosts from the first step on. */
export function cordonStage(scene: Scene): Stage {
  return {
    id: 'cordon',
    title: `cordon ${listed(scene.sourceHosts)}`,
    isAlways: false,
    lanes: scene.sourceHosts.map((host) => ({
      id: `host/${host}`,
      subject: { kind: 'host', name: host },
      title: `cordon ${host}`,
      after: [],
      steps: [step('cordon', { title: `cordon ${host}`, input: { host } })],
      recovery: [],
    })),
  };
}

/** A host is empty when it has been seen empty. Not asked of a run that was limited to some of the VMs. */
export function confirmStage(scene: Scene): readonly Stage[] {
  if (scene.request.limitTo !== undefined) {
    return [];
  }
  const lanes = scene.sourceHosts.map((host): Lane => {
    const title = `see that ${host} is empty`;
    return {
      id: `host/${host}:empty`,
      subject: { kind: 'host', name: host },
      title,
      after: [],
      // A VM whose move has just ended may need a moment to be gone; one that has not moved is not waited for.
      steps: [step('check', { title, input: { about: 'host-empty', host }, timeoutMs: 15_000 })],
      recovery: [],
    };
  });
  return [{ id: 'confirm', title: `confirm that ${listed(scene.sourceHosts)} is empty`, isAlways: false, lanes }];
}

/** VMs that will still be on the hosts, since the runbook does not ask for them. */
export function evacuationFindings(scene: Scene, asked: ReadonlySet<string>): readonly Finding[] {
  return scene.sourceHosts.flatMap((host) => {
    const rest = scene.inventory.vms.filter((vm) => vm.host === host && vm.seenOn === 'host' && !asked.has(vm.name));
    return rest.length === 0
      ? []
      : [
          warning(
            'host-not-emptied',
            host,
            `${host} also has ${listed(rest.map(({ name }) => name))}, of which the runbook says nothing`,
          ),
        ];
  });
}
