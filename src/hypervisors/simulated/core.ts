import type { TransferProgress } from '../hypervisor.js';
import { type Effect, type EffectKind, isStray, observe } from './audit.js';
import type { Holdings } from './holdings.js';
import type { VirtualClock } from './virtual-clock.js';
import type { WorldEvent } from './world-event.js';
import type { WorldState } from './world-state.js';

/** Who awaits a call: lives and dies with the process that made it. */
export interface Waiter {
  resolve(value: unknown): void;
  reject(error: Error): void;
  progress?(progress: TransferProgress): void;
}

/** The one listener of a signal, and whom it tells. */
export interface Watcher {
  readonly each: Set<() => void>;
  readonly tell: () => void;
}

/** What the parts of a world share. */
export interface Core {
  readonly state: WorldState;
  readonly clock: VirtualClock;
  /** By the id of the call. */
  readonly waiters: Map<number, Waiter>;
  /** Who wants to know when a signal is aborted: many calls share one, and it has one listener of ours. */
  readonly watchers: WeakMap<AbortSignal, Watcher>;
  /** Forgets what is due for a transfer, by its id. */
  readonly dueTransfers: Map<number, () => void>;
  readonly holdings: Holdings;
  /** Isolated networks, as `SITE/NETWORK`. */
  readonly drillNetworks: ReadonlySet<string>;
  /** What the event that is happening now has changed. */
  readonly touched: {
    hasChanged: boolean;
    haveGuestsChanged: boolean;
    /** Which guests, and whether others may have, too. */
    readonly guests: Set<string>;
    areOthersConcerned: boolean;
    /** Whether a clone was ever seen where it can be taken for its VM: then everybody is looked at every time. */
    hasStrays: boolean;
  };
  /** Whether what happens now was asked for by a call, now or earlier. */
  isAsked: boolean;
}

export function nextId(core: Core): number {
  core.state.lastId += 1;
  return core.state.lastId;
}

/** Lets something happen later. A transfer has one thing due at a time: the newest. */
export function after(core: Core, ms: number, event: WorldEvent): void {
  schedule(core, core.clock.now() + Math.ceil(ms), event);
}

/** Lets something happen at a time. */
export function schedule(core: Core, at: number, event: WorldEvent): void {
  const forget = core.clock.schedule(at, event);
  if ('transfer' in event) {
    core.dueTransfers.get(event.transfer)?.();
    core.dueTransfers.set(event.transfer, forget);
  }
}

/** Writes down that the world was changed. */
export function note(core: Core, kind: EffectKind, about: Omit<Effect, 'at' | 'kind' | 'by'>): void {
  core.touched.hasChanged = true;
  core.state.audit.effects.push({
    at: core.clock.now(),
    kind,
    by: core.isAsked ? 'call' : 'world',
    ...about,
  });
}

/** Says that a guest may run, or no longer run: the observer looks when the event has happened, and mirrors follow. */
export function guestsChanged(core: Core, id?: string): void {
  core.touched.hasChanged = true;
  core.touched.haveGuestsChanged = true;
  if (id === undefined) {
    core.touched.areOthersConcerned = true;
  } else {
    core.touched.guests.add(id);
  }
}

/** Lets the observer look, when there is something to see. */
export function letObserve(core: Core): void {
  if (core.touched.haveGuestsChanged) {
    core.touched.haveGuestsChanged = false;
    const { drillNetworks, touched } = core;
    const hosts = Object.values(core.state.hosts);
    const changed = [...touched.guests];
    touched.hasStrays ||= hosts.some((host) =>
      changed.some((id) => {
        const guest = host.guests[id];
        return guest !== undefined && isStray(host, guest.definition, drillNetworks);
      }),
    );
    const isAll = touched.hasStrays || touched.areOthersConcerned;
    const view = { hosts, drillNetworks, ...(isAll ? {} : { changed: touched.guests }) };
    observe(core.state.audit, core.clock.now(), view);
    touched.guests.clear();
    touched.areOthersConcerned = false;
  }
}

/** Does what a call has asked for; what changes is its effect. */
export function asAsked<Result>(core: Core, act: () => Result): Result {
  core.isAsked = true;
  try {
    return act();
  } finally {
    core.isAsked = false;
  }
}
