import { conflict, listed } from './conflict.js';
import { type Placement, place } from './place.js';
import { copyOf, usedBytesOf } from './plan-disks.js';
import { type Places, placeRequest, type ToPlace } from './plan-places.js';
import { isReachable, type Scene } from './plan-scene.js';
import type { Work } from './plan-work.js';

/** Of so many hosts, those that are cheapest to empty, sets are tried. */
const hostsMax = 10;

/**
 * The hosts whose VMs are cheapest to move away, such that all of them have a place elsewhere and no rule of affinity
 * is broken. A host that is cordoned already comes first, since it is to be emptied anyway.
 */
export function freeHosts(scene: Scene, toPlace: ToPlace): Places {
  const count = scene.runbook.balance?.freeHosts ?? 0;
  const movable = new Map(toPlace.works.map(({ work }) => [work.subject.name, work]));
  const offers = scene.sourceHosts.map((host) => offerOf(scene, host, movable));
  const willing = offers
    .filter(({ against }) => against === undefined)
    .toSorted((one, other) => Number(other.isCordoned) - Number(one.isCordoned) || one.cost - other.cost);
  const sets = setsOf(willing.slice(0, Math.max(hostsMax, count)), count)
    .filter((set) => set.length === count)
    .toSorted((one, other) => cordonedIn(other) - cordonedIn(one) || costOf(one) - costOf(other));
  const reasons = offers.flatMap(({ host, against }) => (against === undefined ? [] : [`${host}: ${against}`]));
  for (const set of sets) {
    const freed = set.map(({ host }) => host);
    const placement = placedWithout(scene, toPlace, freed);
    const [refused] = placement.refused;
    if (refused === undefined && placement.broken.length === 0) {
      return { placement, freed, left: { code: 'stays', reason: 'its host is not to be emptied' } };
    }
    const why = refused === undefined ? placement.broken[0]?.message : `${refused[0]} has no place: ${refused[1]}`;
    reasons.push(`without ${listed(freed)} ${why ?? ''}`);
  }
  return {
    conflicts: [
      conflict('impossible', {
        code: 'no-host-free',
        subject: scene.target.site,
        message: `${count === 1 ? 'no host' : `no ${count} hosts`} of ${scene.target.site} can be emptied: ${reasons.slice(0, 5).join('; ') || 'there are not so many'}`,
        hint: 'make room, or ask for fewer hosts',
        path: '/protect/free',
      }),
    ],
  };
}

/** What it costs to empty a host, or what stands against it. */
interface Offer {
  readonly host: string;
  readonly isCordoned: boolean;
  readonly cost: number;
  readonly against?: string;
}

function offerOf(scene: Scene, host: string, movable: ReadonlyMap<string, Work>): Offer {
  const vms = scene.inventory.vms.filter((vm) => vm.host === host && vm.seenOn === 'host');
  const [bound] = vms.filter(({ name }) => !movable.has(name));
  const isCordoned = scene.hosts.get(host)?.isCordoned === true;
  const cost = vms.reduce((sum, vm) => sum + vm.memoryBytes + usedBytesOf(copyOf(scene, vm).disks), 0);
  const against = isReachable(scene, host)
    ? bound && `${bound.name} is not moved by this runbook`
    : 'it cannot be reached';
  return { host, isCordoned, cost, ...(against === undefined ? {} : { against }) };
}

function placedWithout(scene: Scene, { levels, works, subjects }: ToPlace, freed: readonly string[]): Placement {
  const leaving = works
    .filter(({ work }) => freed.includes(work.subject.place.host))
    .map(({ work, group }) => ({
      group,
      work: { ...work, hosts: work.hosts.filter((host) => !freed.includes(host)) },
    }));
  return place(placeRequest(scene, { levels, works: leaving, subjects }));
}

/** All sets of `count` of them, in the order that they stand in. */
function setsOf(offers: readonly Offer[], count: number): readonly (readonly Offer[])[] {
  if (count === 0) {
    return [[]];
  }
  return offers.flatMap((first, index) => setsOf(offers.slice(index + 1), count - 1).map((rest) => [first, ...rest]));
}

function costOf(set: readonly Offer[]): number {
  return set.reduce((sum, { cost }) => sum + cost, 0);
}

function cordonedIn(set: readonly Offer[]): number {
  return set.filter(({ isCordoned }) => isCordoned).length;
}
