import type { Place } from '../model/place.js';
import type { Skipped, VmEstimate } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import type { PlannedPoint } from '../model/step-input.js';
import type { Need } from './capacity.js';
import type { Share } from './limits.js';
import type { Terms } from './place.js';
import type { Subject } from './plan-subject.js';

/**
 * How a VM is dealt with: `live` onto its replica · `restart` the same with a stop between · `cold` a VM that is shut off
 * · `host` live to another host, its disks with it where they are not shared · `host-restart` the same with a stop between
 * · `host-cold` the same, shut off as it is · `promote` from its replica · `resume` a failover that got as far as a VM at its
 * new place · `clone` for a drill · `reverse` the replication.
 */
export type Way =
  | 'live'
  | 'restart'
  | 'cold'
  | 'host'
  | 'host-restart'
  | 'host-cold'
  | 'promote'
  | 'resume'
  | 'clone'
  | 'reverse';

/** Something to be done with a VM, if there is a place for it. */
export interface Work {
  readonly subject: Subject;
  readonly way: Way;
  readonly need: Need;
  /** Hosts of the target that may be asked. */
  readonly hosts: readonly string[];
  /** What is different on some of these hosts. */
  readonly terms?: ReadonlyMap<string, HostTerms>;
  /** Why it goes this way, where another was to be expected. */
  readonly why?: string;
  readonly point?: PlannedPoint;
  /** Moment of the data that it starts from. */
  readonly dataAsOf?: number;
  /** Bytes that still have to cross the link before the VM can change sides. */
  readonly deltaBytes?: number;
}

/** What is different about a work on one host. */
export interface HostTerms extends Terms {
  readonly way?: Way;
  readonly why?: string;
}

/** A work with its place, on the terms of that host. */
export interface PlacedWork extends Work {
  readonly group: Group;
  readonly target: Place;
  readonly share: Share;
}

export type Decision = { readonly work: Work } | { readonly skipped: Skipped };

export function skip(vm: string, code: string, reason: string): { readonly skipped: Skipped } {
  return { skipped: { vm, code, reason } };
}

/** The work as it is on one host. */
export function onTerms(work: Work, host: string): Work {
  const { need, way, why } = work.terms?.get(host) ?? {};
  return {
    ...work,
    ...(need === undefined ? {} : { need }),
    ...(way === undefined ? {} : { way }),
    ...(why === undefined ? {} : { why }),
  };
}

/** What the estimates call it. */
export const methods: Readonly<Record<Way, VmEstimate['method']>> = {
  live: 'live',
  host: 'live',
  'host-restart': 'restart',
  'host-cold': 'cold',
  restart: 'restart',
  resume: 'restart',
  cold: 'cold',
  promote: 'promote',
  clone: 'clone',
  reverse: 'reverse',
};
