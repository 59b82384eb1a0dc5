import { linkBetween } from '../model/estate.js';
import { formatPlace, type Place } from '../model/place.js';
import type { Lane } from '../model/plan.js';
import type { Limits } from '../model/runbook.js';
import { defaultBytesPerSecond } from './estimate.js';
import type { Scene } from './plan-scene.js';

/** Resources of a step that moves bytes from one place to another. */
export function usesOfTransfer(scene: Scene, from: Place, to: Place): readonly string[] {
  const link = from.site === to.site ? [] : [`link/${linkBetween(scene.estate, from.site, to.site).name}`];
  return [`host/${from.host}`, `host/${to.host}`, ...link, ...usesOfRun(scene)];
}

/** Resources of a step that keeps a host busy, such as a start. */
export function usesOfHost(scene: Scene, place: Place): readonly string[] {
  return [`host/${place.host}`, ...usesOfRun(scene)];
}

/** The run as a whole counts only when the runbook limits it. */
export function usesOfRun({ runbook }: Scene): readonly string[] {
  return runbook.limits.perRun === undefined ? [] : ['run'];
}

/** Slots of every resource that a step of these lanes uses. */
export function slotsOf(lanes: Iterable<Lane>, limits: Limits): Readonly<Record<string, number>> {
  const names = new Set<string>();
  for (const lane of lanes) {
    for (const steps of [lane.steps, lane.recovery]) {
      for (const { uses } of steps) {
        for (const name of uses) {
          names.add(name);
        }
      }
    }
  }
  return Object.fromEntries([...names].toSorted().map((name) => [name, slots(name, limits)]));
}

/** What one transfer has of the bandwidth when as many run at once as the limits allow. */
export interface Share {
  /** What the link is expected to carry for it: of 1 Gbit/s where the estate gives no rate. */
  readonly bytesPerSecond: number;
  /** Whether nobody has said what the link carries or the run may use, so that it is taken for 1 Gbit/s. */
  readonly isAssumed: boolean;
  /** What it may use of the runbook's limit for all of them together; absent without a limit. */
  readonly limitBytesPerSecond?: number;
}

/**
 * All of them have the same share, also when fewer are left, so that their sum stays within the limit at any moment. How
 * many can run at once: each holds a slot of its source, one of its target, and between sites one of the link.
 */
export function shareOf({ link, runbook }: Scene, transfers: readonly Transfer[]): Share {
  const { perHost, perLink, perRun = transfers.length, bytesPerSecond: limit } = runbook.limits;
  const sources = new Set(transfers.map(({ source }) => source));
  const targets = new Set(transfers.map(({ target }) => target));
  const byHosts = perHost * Math.min(sources.size, targets.size, new Set([...sources, ...targets]).size / 2);
  const bySlots = Math.floor(link === undefined ? byHosts : Math.min(byHosts, perLink));
  const atOnce = Math.max(1, Math.min(transfers.length, perRun, bySlots));
  const carried =
    link === undefined
      ? defaultBytesPerSecond / Math.min(atOnce, perHost)
      : (link.bytesPerSecond ?? defaultBytesPerSecond) / atOnce;
  const allowed = limit === undefined ? Number.POSITIVE_INFINITY : limit / atOnce;
  return {
    bytesPerSecond: Math.max(1, Math.floor(Math.min(carried, allowed))),
    isAssumed: limit === undefined && link?.bytesPerSecond === undefined,
    ...(limit === undefined ? {} : { limitBytesPerSecond: Math.max(1, Math.floor(allowed)) }),
  };
}

/** A VM's way, by the names of its hosts. */
export interface Transfer {
  readonly source: string;
  readonly target: string;
}

/** `south/south-1 since 2026-…`. */
export function formatSince(place: Place, since: number): string {
  return `${formatPlace(place)} since ${new Date(since).toISOString()}`;
}

function slots(name: string, limits: Limits): number {
  if (name === 'run') {
    return limits.perRun ?? 1;
  }
  return name.startsWith('link/') ? limits.perLink : limits.perHost;
}
