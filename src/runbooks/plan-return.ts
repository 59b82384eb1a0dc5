import { formatPlace } from '../model/place.js';
import type { Stage } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { listed } from './conflict.js';
import { formatSince } from './limits.js';
import { decideMove } from './plan-move.js';
import { isReachable, type Scene } from './plan-scene.js';
import { step } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { type Decision, skip } from './plan-work.js';

/** Only a VM that is where the evacuation brought it goes back: whoever moved it since had a reason. */
export function decideReturn(scene: Scene, subject: Subject, group: Group): Decision {
  const { name, place, trouble, authority } = subject;
  const departure = scene.departed.get(name);
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (scene.targetHosts.includes(place.host)) {
    return skip(name, 'already-there', `already at ${formatSince(place, authority.since)}`);
  }
  if (departure?.to.host !== place.host) {
    const was = departure === undefined ? 'no evacuation has moved it' : `it was brought to ${departure.to.host}`;
    return skip(name, 'moved-since', `${was}, and lives on ${formatPlace(place)} now`);
  }
  return isReachable(scene, place.host)
    ? decideMove(scene, subject, { group, hosts: scene.targetHosts })
    : skip(name, 'source-unreachable', `its host ${place.host} cannot be reached`);
}

/** The host takes VMs again from the first step on. */
export function uncordonStage({ targetHosts }: Scene): Stage {
  return {
    id: 'uncordon',
    title: `let VMs be placed on ${listed(targetHosts)} again`,
    isAlways: false,
    lanes: targetHosts.map((host) => {
      const title = `lift the cordon of ${host}`;
      return {
        id: `host/${host}`,
        subject: { kind: 'host', name: host },
        title,
        after: [],
        steps: [step('cordon', { title, input: { host, lift: true } })],
        recovery: [],
      };
    }),
  };
}
