import { type Estate, hostsOf } from '../model/estate.js';
import type { Finding } from '../model/finding.js';
import { formatPlace } from '../model/place.js';
import type { Lane, PlanConflict, Stage } from '../model/plan.js';
import type { Group, ReadyCheck, Runbook } from '../model/runbook.js';
import { conflict, listed, warning } from './conflict.js';
import { formatSince } from './limits.js';
import { mapNetworks, needWithDisks, usedBytes, withLiveCpu } from './plan-need.js';
import { isReachable, type Scene } from './plan-scene.js';
import { step } from './plan-step.js';
import type { Subject } from './plan-subject.js';
import { checkState, confirmPlace, migrateStep, readySteps } from './plan-vm-steps.js';
import { type Decision, type PlacedWork, skip } from './plan-work.js';

/**
 * The runbook of `evacuate HOST`: all VMs of the host, live, to the other hosts of its site. Undefined when the estate has
 * no such host.
 */
export function runbookForHost(host: string, estate: Estate): Runbook | undefined {
  const site = hostsOf(estate)[host]?.site;
  if (site === undefined) {
    return undefined;
  }
  const group: Group = {
    name: 'all',
    priority: 3,
    after: [],
    vms: [{ glob: '*' }],
    move: { ladder: ['live', 'throttle', 'post-copy', 'pause'], maxDowntimeMs: 500, deadlineMs: 30 * 60_000 },
    ready: [],
  };
  return {
    name: `evacuate-${host}`,
    protect: { from: { site, host }, to: { site } },
    objectives: {},
    groups: [group],
    keepApart: [],
    keepTogether: [],
    limits: { perHost: 2, perLink: 4 },
    steps: [],
    triggers: [],
    guard: 'normal',
  };
}

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
  const { name, facts, place, stateThere, trouble, authority } = subject;
  if (trouble !== undefined) {
    return skip(name, trouble.code, trouble.message);
  }
  if (!scene.sourceHosts.includes(place.host)) {
    const isThere = scene.targetHosts.includes(place.host);
    return isThere
      ? skip(name, 'already-there', `already at ${formatSince(place, authority.since)}`)
      : skip(name, 'elsewhere', `it lives on ${formatPlace(place)}, outside of this runbook`);
  }
  if (stateThere !== 'running') {
    return skip(
      name,
      'not-running',
      `it is ${stateThere ?? 'not to be seen'} on ${place.host}: only running VMs are moved away`,
    );
  }
  if (group.move.ladder.every((rung) => rung === 'restart')) {
    return skip(
      name,
      'restart-only',
      `group ${group.name} allows it no rung but restart, and an evacuation moves live`,
    );
  }
  const mapped = mapNetworks(scene, facts);
  if ('unmapped' in mapped) {
    return skip(name, 'network-unmapped', mapped.unmapped);
  }
  return {
    work: {
      subject,
      way: 'host',
      need: withLiveCpu(scene, facts, needWithDisks(facts, mapped.networks)),
      hosts: scene.targetHosts,
    },
  };
}

export function evacuationLane(scene: Scene, work: PlacedWork): Lane {
  const { subject, target } = work;
  const { name, facts } = subject;
  const diskBytes = usedBytes(facts);
  const isCopied = scene.source.site !== scene.target.site || facts.disks.some(({ isShared }) => !isShared);
  return {
    id: `vm/${name}`,
    subject: { kind: 'vm', name },
    title: `move ${name} to ${target.host}`,
    after: [],
    steps: [
      checkState(work, 'running'),
      confirmPlace(work),
      migrateStep(scene, work, { copyStorage: isCopied ? 'all' : 'none', diskBytes }),
      ...readySteps({ name, id: facts.id, at: target, checks: agentChecks(work) }, 'ask'),
    ],
    recovery: [],
  };
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
      steps: [step('check', { title, input: { about: 'host-empty', host } })],
      recovery: [],
    };
  });
  return [{ id: 'confirm', title: `confirm that ${listed(scene.sourceHosts)} is empty`, isAlways: false, lanes }];
}

/** VMs that will still be on the hosts, since the runbook does not ask for them. */
export function evacuationFindings(scene: Scene, asked: ReadonlySet<string>): readonly Finding[] {
  return scene.sourceHosts.flatMap((host) => {
    const rest = scene.inventory.vms.filter(
      (vm) => vm.host === host && vm.seenOn === 'host' && vm.state !== 'shut-off' && !asked.has(vm.name),
    );
    return rest.length === 0
      ? []
      : [
          warning(
            'host-not-emptied',
            host,
            `${host} also runs ${listed(rest.map(({ name }) => name))}, of which the runbook says nothing`,
          ),
        ];
  });
}

/** A VM that has moved live runs on; whether its guest is well is asked of its agent, when it has one. */
function agentChecks({ subject, group }: PlacedWork): readonly ReadyCheck[] {
  if (!subject.facts.hasAgent) {
    return [];
  }
  const asked = group.ready.filter(({ probe }) => probe === 'guest-agent');
  return asked.length > 0 ? asked : [{ probe: 'guest-agent', withinMs: 60_000 }];
}
