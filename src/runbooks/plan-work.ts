import type { Place } from '../model/place.js';
import type { Skipped, VmEstimate } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import type { PlannedPoint } from '../model/step-input.js';
import type { Need } from './capacity.js';
import type { Share } from './limits.js';
import type { Subject } from './plan-subject.js';

/**
 * How a VM is dealt with: `live` onto its replica · `restart` the same with a stop between · `cold` a VM that is shut off
 * · `host` live to another host, its disks with it where they are not shared · `promote` from its replica · `resume` a
 * failover that got as far as a VM at its new place · `clone` for a drill · `reverse` the replication.
 */
export type Way = 'live' | 'restart' | 'cold' | 'host' | 'promote' | 'resume' | 'clone' | 'reverse';

/** Something to be done with a VM, if there is a place for it. */
export interface Work {
  readonly subject: Subject;
  readonly way: Way;
  readonly need: Need;
  /** Hosts of the target that may be asked. */
  readonly hosts: readonly string[];
  readonly point?: PlannedPoint;
  /** Moment of the data that it starts from. */
  readonly dataAsOf?: number;
  /** Bytes that still have to cross the link before the VM can change sides. */
  readonly deltaBytes?: number;
}

/** A work with its place. */
export interface PlacedWork extends Work {
  readonly group: Group;
  readonly target: Place;
  readonly share: Share;
}

export type Decision = { readonly work: Work } | { readonly skipped: Skipped };

export function skip(vm: string, code: string, reason: string): { readonly skipped: Skipped } {
  return { skipped: { vm, code, reason } };
}

/** What the estimates call it. */
export const methods: Readonly<Record<Way, VmEstimate['method']>> = {
  live: 'live',
  host: 'live',
  restart: 'restart',
  resume: 'restart',
  cold: 'cold',
  promote: 'promote',
  clone: 'clone',
  reverse: 'reverse',
};
