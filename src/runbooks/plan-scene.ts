import type { Authority } from '../model/authority.js';
import type { Departure } from '../model/departure.js';
import { type Estate, hostsOf, linkBetween, type Site } from '../model/estate.js';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import type { Mode } from '../model/mode.js';
import type { Plan } from '../model/plan.js';
import type { Replica } from '../model/replica.js';
import type { RunRequest } from '../model/request.js';
import type { Runbook, Scope } from '../model/runbook.js';
import { type Outlook, outlooksOf } from './outlook.js';

export interface PlanInputs {
  readonly runbook: Runbook;
  readonly estate: Estate;
  readonly inventory: Inventory;
  readonly request: RunRequest;
  readonly digests: Plan['digests'];
  /** Of a return: where the VMs of the runbook have gone. */
  readonly departures?: readonly Departure[];
}

/** The inputs of a plan, indexed once, and which way it goes. */
export interface Scene extends PlanInputs {
  /** A planned failover is a relocation. */
  readonly mode: Mode;
  /** Where the VMs are and where they go, in this mode: failback and reverse go the other way round. */
  readonly source: Scope;
  readonly target: Scope;
  readonly sourceHosts: readonly string[];
  readonly targetHosts: readonly string[];
  readonly targetSite: Site;
  readonly hosts: ReadonlyMap<string, HostFacts>;
  readonly sightings: ReadonlyMap<string, readonly VmFacts[]>;
  readonly ledger: ReadonlyMap<string, Authority>;
  /** By VM, the replicas at the target site that a run could use, the newest data first. */
  readonly replicas: ReadonlyMap<string, readonly Replica[]>;
  /** By VM, where an evacuation has brought it; empty but for a return. */
  readonly departed: ReadonlyMap<string, Departure>;
  /** What was found between two hosts, by `source→target`. */
  readonly outlooks: ReadonlyMap<string, Outlook>;
  /** By VM and host (`db-1 north-1`), when it left it the last time. */
  readonly leftAt: ReadonlyMap<string, number>;
  /** The link between source and target; undefined within one site. */
  readonly link?: { readonly name: string; readonly bytesPerSecond?: number };
}

/** Undefined when the runbook names a site or host that the estate does not have. */
export function sceneOf(inputs: PlanInputs): Scene | undefined {
  const { runbook, estate, inventory, request } = inputs;
  const mode = request.mode === 'failover' && request.isPlanned === true ? 'relocate' : request.mode;
  const isBackwards = mode === 'failback' || mode === 'reverse';
  const { from, to } = runbook.protect;
  const [source, target] = isBackwards ? [to, from] : [from, to];
  const departures = mode === 'return' ? (inputs.departures ?? []) : [];
  const targetSite = estate.sites[target.site];
  const sourceHosts = mode === 'return' ? [...new Set(departures.map((one) => one.to.host))] : hostsIn(estate, source);
  const targetHosts = hostsIn(estate, target);
  if (targetSite === undefined || sourceHosts === undefined || targetHosts === undefined) {
    return undefined;
  }
  const isOneSite = source.site === target.site;
  return {
    ...inputs,
    mode,
    source,
    target,
    sourceHosts,
    targetHosts:
      isOneSite && mode !== 'balance' ? targetHosts.filter((host) => !sourceHosts.includes(host)) : targetHosts,
    targetSite,
    hosts: new Map(inventory.hosts.map((host) => [host.name, host])),
    sightings: groupedBy(inventory.vms, ({ name }) => name),
    ledger: new Map(inventory.authority.map((authority) => [authority.vm, authority])),
    replicas: replicasAt(target.site, inventory),
    departed: new Map(departures.map((one) => [one.vm, one])),
    outlooks: outlooksOf(inventory.prospects ?? []),
    leftAt: new Map((inventory.formerPlaces ?? []).map(({ vm, host, at }) => [`${vm} ${host}`, at])),
    ...(isOneSite ? {} : { link: linkAt(estate, source.site, target.site, request.at) }),
  };
}

/** Whether the host answered when the inventory was read. */
export function isReachable(scene: Scene, host: string): boolean {
  const facts = scene.hosts.get(host);
  return facts !== undefined && facts.unreachable === undefined;
}

export function groupedBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

function hostsIn(estate: Estate, { site, host }: Scope): readonly string[] | undefined {
  if (host !== undefined) {
    return hostsOf(estate)[host]?.site === site ? [host] : undefined;
  }
  const found = estate.sites[site];
  return found === undefined ? undefined : Object.keys(found.hosts);
}

function replicasAt(site: string, inventory: Inventory): ReadonlyMap<string, readonly Replica[]> {
  const here = inventory.replicas.filter((replica) => replica.site === site);
  const newestFirst = here.toSorted(
    (a, b) => (b.dataAsOf ?? 0) - (a.dataAsOf ?? 0) || (a.host < b.host ? -1 : a.host > b.host ? 1 : 0),
  );
  return groupedBy(newestFirst, ({ vm }) => vm);
}

/** The link and its rate at a moment; windows are in the controller's local time. */
function linkAt(estate: Estate, one: string, other: string, at: number): NonNullable<Scene['link']> {
  const { name, bytesPerSecond, windows } = linkBetween(estate, one, other);
  const moment = new Date(at);
  const day = (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[moment.getDay()];
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const window = windows.find(
    ({ days, fromMinute, toMinute }) =>
      day !== undefined && days.includes(day) && fromMinute <= minute && minute < toMinute,
  );
  const rate = window?.bytesPerSecond ?? bytesPerSecond;
  return { name, ...(rate === undefined ? {} : { bytesPerSecond: rate }) };
}
