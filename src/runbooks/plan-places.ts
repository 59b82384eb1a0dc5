import type { Finding } from '../model/finding.js';
import type { Inventory } from '../model/inventory.js';
import type { PlanConflict, Skipped } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { roomsOf } from './capacity.js';
import type { Order } from './order.js';
import { type Candidate, type Placement, type PlaceRequest, place } from './place.js';
import type { Scene } from './plan-scene.js';
import type { Subject } from './plan-subject.js';
import type { Work } from './plan-work.js';
import { selectSets } from './select.js';

/** What is to be placed. */
export interface ToPlace {
  readonly levels: Order;
  readonly works: readonly { readonly work: Work; readonly group: Group }[];
  readonly subjects: readonly Subject[];
}

/** Where the works go. */
export interface Placed {
  readonly placement: Placement;
  /** What is said of works that have no place and are not refused one; all have when left out. */
  readonly left?: Omit<Skipped, 'vm'>;
  /** Hosts that the run empties, where the runbook does not name them. */
  readonly freed?: readonly string[];
  readonly findings?: readonly Finding[];
}

/** Where they go, or why there can be no plan. */
export type Places = Placed | { readonly conflicts: readonly PlanConflict[] };

/** Finds a host for each work. Reversing needs no room: the VM's old disks are where they are. */
export function placesOf(scene: Scene, toPlace: ToPlace): Placed {
  if (scene.mode !== 'reverse') {
    return { placement: place(placeRequest(scene, toPlace)) };
  }
  const hosts = new Map(
    toPlace.works.flatMap(({ work }) => work.hosts.slice(0, 1).map((host) => [work.subject.name, host])),
  );
  return { placement: { hosts, refused: new Map(), broken: [] } };
}

/** The works level by level, the rooms there are, and the rules of affinity with all VMs that they are about. */
export function placeRequest(scene: Scene, { levels, works, subjects }: ToPlace): PlaceRequest {
  const levelOf = new Map(levels.levels.flatMap(({ groups }, index) => groups.map((name) => [name, index])));
  const candidates: Candidate[][] = levels.levels.map(() => []);
  for (const { work, group } of works) {
    const { subject, need, hosts, terms } = work;
    const candidate = { vm: subject.name, need, hosts, ...(terms === undefined ? {} : { terms }) };
    candidates[levelOf.get(group.name) ?? 0]?.push(candidate);
  }
  const moving = new Set(works.map(({ work }) => work.subject.name));
  const known = new Map(subjects.map((subject) => [subject.name, subject]));
  const vms = [...scene.sightings].map(
    ([name, [first]]) => known.get(name) ?? { name, tags: first?.tags ?? [], place: first },
  );
  const residents = new Map(
    vms.flatMap(({ name, place: at }) => (at === undefined || moving.has(name) ? [] : [[name, at.host] as const])),
  );
  return {
    levels: candidates,
    rooms: roomsOf(scene.targetHosts, inventoryThen(scene)),
    apart: selectSets(scene.runbook.keepApart, vms),
    together: selectSets(scene.runbook.keepTogether, vms),
    residents,
  };
}

/** By the time that VMs return, the cordon of their host has been lifted. */
function inventoryThen({ mode, inventory, targetHosts }: Scene): Inventory {
  return mode === 'return'
    ? {
        ...inventory,
        hosts: inventory.hosts.map((host) => (targetHosts.includes(host.name) ? { ...host, isCordoned: false } : host)),
      }
    : inventory;
}
