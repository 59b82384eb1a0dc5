import type { Authority, Proof } from '../model/authority.js';
import type { VmFacts } from '../model/inventory.js';
import { formatPlace, type Place } from '../model/place.js';
import { isReachable, type Scene } from './plan-scene.js';

/** A VM of the runbook: what is known of it, and where it may run. */
export interface Subject {
  readonly name: string;
  readonly tags: readonly string[];
  /** Seen on the host where it lives, or else the best description there is. */
  readonly facts: VmFacts;
  readonly authority: Authority;
  /** Where it lives: the place of its authority, or where it was last seen. */
  readonly place: Place;
  /** What it does there now; undefined when nobody sees it there. */
  readonly stateThere?: VmFacts['state'];
  /** Hosts of the protected side on which a copy may still run, as far as anything says. */
  readonly lastHosts: readonly string[];
  /** Why nothing may be done with it before a person has looked. */
  readonly trouble?: { readonly code: string; readonly message: string };
}

/** The VMs that the runbook's selectors may ask for: those that live in the source, and those it has moved away from there. */
export function subjectsOf(scene: Scene): readonly Subject[] {
  const subjects: Subject[] = [];
  for (const [name, sightings] of scene.sightings) {
    if (belongs(scene, name, sightings)) {
      subjects.push(subjectOf(scene, name, sightings));
    }
  }
  return subjects.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether the VM can still have a live copy: anything but an observed stop. */
export function isLive(vm: VmFacts): boolean {
  return vm.seenOn === 'host' && (vm.state === 'running' || vm.state === 'paused' || vm.state === 'unknown');
}

/**
 * A VM of the recovery site that Lifeboat never moved is nobody's business here, even when a glob fits its name. So on
 * the way back, and for VMs that have left the source, the ledger or a replica has to vouch for it.
 */
function belongs(scene: Scene, name: string, sightings: readonly VmFacts[]): boolean {
  const { source, target, mode } = scene;
  const ledger = scene.ledger.get(name);
  const isInSource = sightings.some(({ site, host }) => site === source.site && scene.sourceHosts.includes(host));
  if (mode === 'failback' || mode === 'reverse') {
    const isVouchedFor = ledger !== undefined || scene.replicas.has(name);
    return isVouchedFor && sightings.some(({ site }) => site === source.site || site === target.site);
  }
  if (mode === 'return') {
    return scene.departed.has(name);
  }
  const isReplicated = scene.replicas.has(name) && sightings.some(({ seenOn }) => seenOn === 'replica');
  const hasMoved = ledger?.state === 'at' && scene.targetHosts.includes(ledger.place.host) && source.host === undefined;
  return isInSource || isReplicated || hasMoved;
}

function subjectOf(scene: Scene, name: string, sightings: readonly VmFacts[]): Subject {
  const ledger = scene.ledger.get(name);
  const home = homeOf(scene, ledger, sightings);
  const there = sightings.filter((vm) => vm.seenOn === 'host' && isAt(vm, home.place));
  const [seen] = there.toSorted((a, b) => Number(isLive(b)) - Number(isLive(a)));
  const facts = seen ?? sightings.find(isLive) ?? newest(sightings);
  const stranger = sightings.find((vm) => vm.id !== facts.id && vm.seenOn === 'host' && vm.site === scene.target.site);
  const trouble =
    home.trouble ??
    (stranger === undefined
      ? undefined
      : {
          code: 'name-taken',
          message: `another VM of this name (${stranger.id}) is on ${formatPlace(stranger)}`,
        });
  return {
    name,
    tags: facts.tags,
    facts,
    authority: home.authority,
    place: home.place,
    ...(seen === undefined ? {} : { stateThere: seen.state }),
    lastHosts: lastHosts(scene, ledger, sightings),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

interface Home {
  readonly place: Place;
  readonly authority: Authority;
  readonly trouble?: NonNullable<Subject['trouble']>;
}

/**
 * Where the ledger says. A VM that was moved by hand inside its site is taken where it is seen, if it is certain that it
 * has left the old place; on another site it is more likely an old copy that somebody has started.
 */
function homeOf(scene: Scene, ledger: Authority | undefined, sightings: readonly VmFacts[]): Home {
  const live = sightings.filter(isLive);
  const [first] = live;
  if (ledger?.state === 'moving') {
    const way = `${formatPlace(ledger.from)} to ${formatPlace(ledger.to)}`;
    const message = `it is under way from ${way} since ${instant(ledger.since)}; resume or settle that run first`;
    return { place: ledger.from, authority: ledger, trouble: { code: 'authority-moving', message } };
  }
  if (ledger?.state === 'contested') {
    const places = ledger.places.map(formatPlace).join(' and ');
    const message = `its authority is contested between ${places}; a person has to decide first`;
    return {
      place: ledger.places[0] ?? placeOf(newest(sightings)),
      authority: ledger,
      trouble: { code: 'authority-contested', message },
    };
  }
  if (live.length > 1) {
    const message = doubleText(live, ledger?.place);
    const place = ledger?.place ?? placeOf(live[0] ?? newest(sightings));
    return {
      place,
      authority: ledger ?? firstAuthority(live[0] ?? newest(sightings)),
      trouble: { code: 'lives-twice', message },
    };
  }
  if (ledger === undefined) {
    const vm = first ?? likeliest(scene, sightings);
    const place = vm.seenOn === 'host' ? placeOf(vm) : lastPlace(scene, vm);
    return { place, authority: firstAuthority({ ...vm, ...place }) };
  }
  if (first === undefined || isAt(first, ledger.place)) {
    return { place: ledger.place, authority: ledger };
  }
  if (first.site !== ledger.place.site || !isReachable(scene, ledger.place.host)) {
    const message = `it is live on ${formatPlace(first)}, but its authority is at ${formatPlace(ledger.place)}`;
    return { place: ledger.place, authority: ledger, trouble: { code: 'authority-elsewhere', message } };
  }
  return { place: placeOf(first), authority: { ...firstAuthority(first), epoch: ledger.epoch + 1 } };
}

function doubleText(live: readonly VmFacts[], rightful: Place | undefined): string {
  const stale = live.filter((vm) => rightful !== undefined && !isAt(vm, rightful)).map(formatPlace);
  return rightful !== undefined && stale.length < live.length
    ? `its authority is at ${formatPlace(rightful)}, and it is live on ${stale.join(' and ')} too: stop it there first`
    : `it is live on ${live.map(formatPlace).join(' and ')} at once`;
}

/** Nothing is live: the definition on a host of the source, else any host, else what a recovery point says. */
function likeliest(scene: Scene, sightings: readonly VmFacts[]): VmFacts {
  const onHosts = sightings.filter(({ seenOn }) => seenOn === 'host');
  const inSource = onHosts.filter(({ site }) => site === scene.source.site);
  return inSource[0] ?? onHosts[0] ?? newest(sightings);
}

/** A recovery point may lie where it is read, not where its VM ran. */
function lastPlace({ source, sourceHosts }: Scene, vm: VmFacts): Place {
  return vm.site === source.site ? placeOf(vm) : { site: source.site, host: sourceHosts[0] ?? vm.host };
}

function firstAuthority(vm: VmFacts): Authority {
  const place = placeOf(vm);
  const kind: Proof['kind'] =
    vm.state === 'shut-off' || vm.state === 'crashed' ? 'observed-stopped' : 'observed-running';
  return {
    vm: vm.name,
    epoch: 0,
    since: vm.observedAt,
    proof: { kind, place, at: vm.observedAt },
    state: 'at',
    place,
  };
}

/** All hosts of the source when nothing says on which of them it ran: one too many is proven dead rather than one too few. */
function lastHosts(scene: Scene, ledger: Authority | undefined, sightings: readonly VmFacts[]): readonly string[] {
  const known = new Set<string>();
  const add = ({ site, host }: Place): void => {
    if (site === scene.source.site) {
      known.add(host);
    }
  };
  for (const sighting of sightings) {
    add(sighting);
  }
  if (ledger?.state === 'at') {
    add(ledger.place);
  }
  return known.size > 0 ? [...known].toSorted() : scene.sourceHosts;
}

function newest(sightings: readonly VmFacts[]): VmFacts {
  return sightings.reduce((best, vm) => (vm.observedAt > best.observedAt ? vm : best));
}

function isAt(vm: Place, place: Place): boolean {
  return vm.site === place.site && vm.host === place.host;
}

function placeOf({ site, host }: Place): Place {
  return { site, host };
}

function instant(at: number): string {
  return new Date(at).toISOString();
}
