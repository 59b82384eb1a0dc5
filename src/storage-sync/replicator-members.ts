import { type Estate, linkBetween } from '../model/estate.js';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import { formatPlace, type Place } from '../model/place.js';
import type { Replica } from '../model/replica.js';
import type { Replicate, Runbook, Scope } from '../model/runbook.js';
import { groupedBy } from '../runbooks/plan-scene.js';
import { select } from '../runbooks/select.js';

/** One VM that its runbook wants replicated, as it was seen. */
export interface Member {
  readonly vm: string;
  readonly replicate: Replicate;
  /** From the host where it lives to the one that has or gets its replica; absent when that is not known. */
  readonly route?: { readonly from: Place; readonly to: Place };
  /** Resources of which a cycle takes a slot each: `host/…`, `link/…`. */
  readonly uses: readonly string[];
  readonly replica?: Replica;
  /** The host where it lives does not answer. */
  readonly isSourceSilent: boolean;
  /** The host that has its replica, or could have it or the VM, does not answer. */
  readonly isTargetSilent: boolean;
  /** Why it cannot be replicated as it is written. */
  readonly needs?: string;
  /** Why no cycle can begin now. */
  readonly waits?: string;
}

export interface Sight {
  readonly runbook: Runbook;
  readonly estate: Estate;
  readonly inventory: Inventory;
  /** Where the journal says that replicas are: a replica is not sought elsewhere because its host does not answer. */
  readonly known: ReadonlyMap<string, Place>;
}

/**
 * The VMs of the groups that have `replicate`, in the order of the runbook, each with where it is copied from and to. A VM is
 * copied from where its authority is, never from an old copy of it; a replica is the one that is elsewhere. One that has
 * none gets it on the host of the recovery site with the most room, once all of them have answered.
 */
export function membersOf(sight: Sight): readonly Member[] {
  const { runbook, inventory } = sight;
  const homes = homesOf(inventory);
  const { groups, unmatched } = select(
    runbook,
    homes.map(({ facts }) => facts),
  );
  const placing = new Placing(sight);
  const home = new Map(homes.map((one) => [one.facts.name, one]));
  const silent = inventory.hosts.some(({ unreachable }) => unreachable !== undefined);
  return groups.flatMap(({ group: { name, replicate, vms: selectors }, vms }) => {
    if (replicate === undefined) {
      return [];
    }
    const seen = vms.map((facts) => memberOf(home.get(facts.name) ?? { facts }, replicate, sight, placing));
    const named = new Set(selectors.flatMap((selector) => ('name' in selector ? [selector.name] : [])));
    const missing = unmatched.map(({ subject }) => subject).filter((subject) => named.has(subject));
    const absent = missing.map((vm): Member => {
      const why = silent ? `no host that answers has it` : `group ${name} names it, and no host has it`;
      return {
        vm,
        replicate,
        uses: [],
        isSourceSilent: false,
        isTargetSilent: silent,
        ...(silent ? { waits: why } : { needs: why }),
      };
    });
    return [...seen, ...absent];
  });
}

interface Home {
  readonly facts: VmFacts;
  /** Why it is not known where it lives. */
  readonly doubt?: string;
}

/** Each VM once: where its authority is, else where it was seen; an old copy elsewhere does not count. */
function homesOf({ vms, authority }: Inventory): readonly Home[] {
  const ledger = new Map(authority.map((one) => [one.vm, one]));
  return [...groupedBy(vms, ({ name }) => name)].flatMap(([name, sightings]): readonly Home[] => {
    const own = ledger.get(name);
    const [first] = sightings;
    if (first === undefined) {
      return [];
    }
    if (own?.state === 'at') {
      const { place } = own;
      const there = sightings.find(({ site, host }) => site === place.site && host === place.host);
      return [{ facts: there ?? { ...first, ...place, seenOn: 'replica' } }];
    }
    if (own !== undefined) {
      const doubt = own.state === 'moving' ? 'it is being moved' : 'both sides may have it: see `lifeboat authority`';
      return [{ facts: first, doubt }];
    }
    const hosts = sightings.filter(({ seenOn }) => seenOn === 'host');
    const running = hosts.filter(({ state }) => state !== 'shut-off');
    const [one, other] = running.length === 1 ? running : hosts;
    return other === undefined
      ? [{ facts: one ?? first }]
      : [{ facts: first, doubt: `it was seen on ${hosts.map(formatPlace).join(' and ')}` }];
  });
}

function memberOf({ facts, doubt }: Home, replicate: Replicate, sight: Sight, placing: Placing): Member {
  const { name: vm, site, host } = facts;
  const { inventory, runbook } = sight;
  const source = inventory.hosts.find((one) => one.name === host);
  const isSourceSilent = source?.unreachable !== undefined;
  const base = { vm, replicate, uses: [], isSourceSilent, isTargetSilent: false };
  if (doubt !== undefined) {
    return { ...base, waits: doubt };
  }
  const replica = replicaOf(facts, sight);
  const seen = { ...base, ...(replica === undefined ? {} : { replica }) };
  if (facts.seenOn === 'replica' && !isSourceSilent) {
    return { ...seen, needs: `${host} has no VM of this name any more; its replica is kept` };
  }
  if (replica === undefined && !isWithin(facts, runbook.protect.from)) {
    const next = site === runbook.protect.to.site ? ': replicate it the other way round with `lifeboat reverse`' : '';
    return { ...seen, needs: `it lives at ${formatPlace(facts)}, which the runbook does not protect${next}` };
  }
  const place = replica === undefined ? placing.placeFor(facts) : { site: replica.site, host: replica.host };
  if (typeof place === 'string') {
    return {
      ...seen,
      waits: place,
      isTargetSilent: inventory.hosts.some(({ unreachable }) => unreachable !== undefined),
    };
  }
  const from = { site, host };
  const target = inventory.hosts.find((one) => one.name === place.host);
  const link = site === place.site ? [] : [`link/${linkBetween(sight.estate, site, place.site).name}`];
  return {
    ...seen,
    route: { from, to: place },
    uses: [`host/${host}`, `host/${place.host}`, ...link],
    ...(target?.unreachable === undefined ? {} : { isTargetSilent: true, waits: `${place.host} does not answer` }),
  };
}

/** Its newest replica elsewhere; one that burns down with the VM protects nothing. */
function replicaOf(facts: VmFacts, { inventory, runbook, known }: Sight): Replica | undefined {
  const isInSite = runbook.protect.from.site === runbook.protect.to.site;
  const elsewhere = inventory.replicas.filter(
    ({ vm, site, host }) => vm === facts.name && (site !== facts.site || (isInSite && host !== facts.host)),
  );
  const usual = known.get(facts.name);
  return (
    elsewhere.find(({ host }) => host === usual?.host) ??
    elsewhere.toSorted((one, other) => (other.dataAsOf ?? 0) - (one.dataAsOf ?? 0))[0]
  );
}

function isWithin({ site, host }: Place, scope: Scope): boolean {
  return site === scope.site && (scope.host === undefined || host === scope.host);
}

/** Chooses hosts for replicas that are not there yet. */
class Placing {
  readonly #sight: Sight;
  readonly #promised = new Map<string, number>();

  constructor(sight: Sight) {
    this.#sight = sight;
  }

  /** The host, or why none can be named now. */
  placeFor({ name, host: home, disks }: VmFacts): Place | string {
    const { runbook, inventory, known } = this.#sight;
    const hosts = inventory.hosts.filter((one) => one.name !== home && isWithin(placeOf(one), runbook.protect.to));
    const usual = hosts.find((one) => one.name === known.get(name)?.host);
    const silent = hosts.find(({ unreachable }) => unreachable !== undefined);
    if (usual === undefined && silent !== undefined) {
      return `${silent.name} does not answer, so that it is not known whether it has the replica`;
    }
    const room = (one: HostFacts): number => one.diskFreeBytes - (this.#promised.get(one.name) ?? 0);
    const best = usual ?? hosts.toSorted((a, b) => room(b) - room(a) || (a.name < b.name ? -1 : 1))[0];
    if (best === undefined) {
      return `the recovery site ${runbook.protect.to.site} has no host for its replica`;
    }
    const bytes = disks.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
    this.#promised.set(best.name, (this.#promised.get(best.name) ?? 0) + bytes);
    return placeOf(best);
  }
}

function placeOf({ site, name }: HostFacts): Place {
  return { site, host: name };
}
