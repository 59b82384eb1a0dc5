import type { PlanConflict, Skipped } from '../model/plan.js';
import { conflict } from './conflict.js';
import type { Placement } from './place.js';
import { isReachable, type PlanInputs, type Scene } from './plan-scene.js';
import type { Subject } from './plan-subject.js';
import { skip } from './plan-work.js';
import type { Selection } from './select.js';
import { suggest } from './suggest.js';

/** Whether the request is about this VM of the runbook. */
export function isAskedFor({ request }: Scene, vm: string): boolean {
  return request.limitTo === undefined || limitsOf(request.limitTo).has(vm);
}

const limitSets = new WeakMap<readonly string[], ReadonlySet<string>>();

/** A set for each list, made once: it is asked for every VM. */
function limitsOf(limitTo: readonly string[]): ReadonlySet<string> {
  const known = limitSets.get(limitTo) ?? new Set(limitTo);
  limitSets.set(limitTo, known);
  return known;
}

/**
 * A name that no VM has is a mistake in the runbook, unless the VM may be on a host that cannot be seen: the rest of a
 * failover or a drill goes on without it. A VM that lives outside of the source is left alone.
 */
export function settleUnmatched(scene: Scene, { unmatched }: Selection<Subject>) {
  const lost = scene.sourceHosts.filter((host) => !isReachable(scene, host));
  const skipped: Skipped[] = [];
  const conflicts: PlanConflict[] = [];
  for (const found of unmatched) {
    const [elsewhere] = scene.sightings.get(found.subject) ?? [];
    if (elsewhere !== undefined) {
      skipped.push(
        skip(found.subject, 'elsewhere', `it lives on ${elsewhere.site}/${elsewhere.host}, outside of this runbook`)
          .skipped,
      );
    } else if (lost.length > 0 && (scene.mode === 'failover' || scene.mode === 'drill')) {
      const hint = found.hint === undefined ? '' : ` (${found.hint})`;
      skipped.push(
        skip(
          found.subject,
          'not-seen',
          `nothing is known of it: it has no replica, and ${lost.join(', ')} cannot be reached${hint}`,
        ).skipped,
      );
    } else if (scene.mode === 'return') {
      const lostText = lost.length > 0 ? `, and ${lost.join(', ')} cannot be reached` : '';
      skipped.push(skip(found.subject, 'vm-gone', `no host has it any more${lostText}`).skipped);
    } else {
      conflicts.push(lost.length > 0 ? { ...found, reason: 'unreachable' } : found);
    }
  }
  return { skipped, conflicts };
}

/** Names that the request is limited to and the runbook does not have. */
export function unknownLimits({ request }: Scene, selection: Selection<Subject>): readonly PlanConflict[] {
  const names = new Set(selection.groups.flatMap(({ vms }) => vms.map(({ name }) => name)));
  return (request.limitTo ?? [])
    .filter((name) => !names.has(name))
    .map((name) => {
      const near = suggest(name, [...names]);
      return conflict('invalid', {
        code: 'limit-unknown',
        subject: name,
        message: `the request is limited to ${name}, which is no VM of the runbook`,
        hint: near === undefined ? undefined : `did you mean ${near}?`,
      });
    });
}

/** Left alone without harm: there is nothing to do with them. */
const harmless = new Set(['already-there', 'elsewhere', 'not-asked-for']);
const unsafe = new Set(['authority-moving', 'authority-contested', 'authority-elsewhere', 'lives-twice', 'name-taken']);

/** Nothing is moved when not everything can be. */
export function strictConflicts(
  scene: Scene,
  skipped: readonly Skipped[],
  placement: Placement,
): readonly PlanConflict[] {
  const left = skipped
    .filter(({ code }) => !harmless.has(code))
    .map(({ vm, code, reason }) =>
      conflict(unsafe.has(code) ? 'safety' : code === 'source-unreachable' ? 'unreachable' : 'impossible', {
        code,
        subject: vm,
        message: `${vm} cannot be moved: ${reason}`,
        hint: `${scene.mode} moves all VMs or none; mend this, or limit the run to other VMs`,
      }),
    );
  const broken = placement.broken.map(({ code, subject, message }) =>
    conflict('impossible', { code, subject, message }),
  );
  return [...left, ...broken];
}

/** The runbook is about sites or hosts that are not there. */
export function scopeUnknown({ runbook }: PlanInputs): PlanConflict {
  const { from, to } = runbook.protect;
  const names = [from, to].map(({ site, host }) => (host === undefined ? site : `${site}/${host}`)).join(' and ');
  return conflict('invalid', {
    code: 'scope-unknown',
    subject: runbook.name,
    message: `the runbook is about ${names}, and the estate does not have both`,
    hint: 'compare `protect` with the sites and hosts of lifeboat.yaml',
    path: '/protect',
  });
}
