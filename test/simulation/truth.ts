import type { World } from '../../src/hypervisors/simulated/world.js';
import { restoreWorld } from '../../src/hypervisors/simulated/world.js';
import type { WorldEvent } from '../../src/hypervisors/simulated/world-event.js';
import type { Guest, HostState, WorldState } from '../../src/hypervisors/simulated/world-state.js';
import type { Place } from '../../src/model/place.js';

/** A world as nobody in it can see it: all of its state at one moment. */
export interface Truth {
  readonly now: number;
  readonly state: WorldState;
  readonly due: readonly { readonly at: number; readonly event: WorldEvent }[];
}

export function truthOf(world: World): Truth {
  return JSON.parse(world.save()) as Truth;
}

/** Dead, and not about to come back. */
export function isCertainlyDead({ state, due }: Truth, name: string): boolean {
  const host = state.hosts[name];
  const isBooting = due.some(
    ({ event }) => event.event === 'host-up' && event.host === name && event.boot === host?.boot && host.hasPower,
  );
  return host?.isUp === false && !isBooting;
}

/** Every copy of a VM that is live and will stay so, by the VM's name. Clones are not counted. */
export function livePlaces({ state }: Truth): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  for (const { host, guest } of guestsOf(state)) {
    const { name, cloneOf } = guest.definition;
    if (host.isUp && guest.state === 'running' && !guest.isShuttingDown && cloneOf === undefined) {
      places.set(name, [...(places.get(name) ?? []), { site: host.site, host: host.name }]);
    }
  }
  return places;
}

export function guestsOf(state: WorldState): readonly { readonly host: HostState; readonly guest: Guest }[] {
  return Object.values(state.hosts).flatMap((host) => Object.values(host.guests).map((guest) => ({ host, guest })));
}

/**
 * The same world with everything mended that is not the disaster itself: VMs behave, disks have room, fences work,
 * commands succeed, the link is whole, and no fault is still to come. Hosts that are off stay off.
 */
export function mended(world: World, keepsCut: boolean): World {
  const { now, state, due } = truthOf(world);
  world.detach();
  for (const nature of Object.values(state.nature)) {
    nature.isAgentSilent = false;
    nature.neverBoots = false;
    nature.ignoresShutdown = false;
    nature.dirtyBytesPerSecond = Math.min(nature.dirtyBytesPerSecond, 1e6);
    delete nature.flaps;
  }
  for (const host of Object.values(state.hosts)) {
    host.fence = 'works';
    host.diskFreeBytes = Math.max(host.diskFreeBytes, 2 ** 40);
  }
  for (const link of Object.values(state.links)) {
    link.bytesPerSecond = 1.25e9;
  }
  state.darkSites.length = 0;
  state.faults = [];
  state.commands = [];
  const calm = due.filter(({ event }) => event.event !== 'fault');
  const healed = restoreWorld(JSON.stringify({ format: 1, now, state, due: calm }));
  if (!keepsCut) {
    healed.strike({ kind: 'link-healed', link: 'north-south' });
  }
  return healed;
}
