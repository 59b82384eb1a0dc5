import type { Estate } from '../../model/estate.js';
import { type Audit, isStray } from './audit.js';
import { forsakeAll } from './calls.js';
import { endOrphans } from './carries.js';
import { type Core, schedule } from './core.js';
import { handle } from './events.js';
import type { CallMatch, ScriptedFault, WorldFault } from './fault.js';
import { addCopies } from './first-copies.js';
import { firstState } from './first-state.js';
import { holdingsOf } from './holdings.js';
import { portsOf, type WorldPorts } from './ports.js';
import { VirtualClock } from './virtual-clock.js';
import type { WorldEvent } from './world-event.js';
import type { WorldSpec } from './world-spec.js';
import type { WorldState } from './world-state.js';

/** How far the clock may have gone on without anybody being told, ms. */
const tellEveryMs = 1_000;

/** A simulated world: sites, hosts, VMs and replicas that behave as libvirt's do, in a time of their own. */
export interface World extends WorldPorts {
  /** Move it, or nothing happens: every call takes virtual time. */
  readonly clock: VirtualClock;
  readonly estate: Estate;
  /** What an observer outside has seen so far. */
  audit(): Audit;
  /** Lets something go wrong now. */
  strike(fault: WorldFault): void;
  /** Adds a fault to those that will come; times count from the world's beginning, calls from its first. */
  script(fault: ScriptedFault): void;
  /** How many calls of a port's method there have been since the world's beginning. */
  callsOf(call: Pick<CallMatch, 'port' | 'method'>): number;
  /** The process that made the calls is gone: none of its promises settles any more, and its timers are dropped. What it set going goes on. */
  detach(): void;
  /** All of it as JSON: what is under way, what is due, the faults to come and what the observer has seen. */
  save(): string;
  /** Calls back after each event that changed something, and at least once for each virtual second in which any happened. One listener at a time. */
  onChange(listener: () => void): void;
}

export interface WorldInputs {
  readonly estate: Estate;
  readonly spec: WorldSpec;
  /** The same seed and the same calls give the same bytes. */
  readonly seed: number;
  /** Default: one that starts when the spec says. */
  readonly clock?: VirtualClock;
}

/** Makes a new world. Throws when the spec names a host or a VM that does not exist. */
export function createWorld({ estate, spec, seed, clock }: WorldInputs): World {
  const startAt = clock?.now() ?? spec.startAt;
  const state = firstState(estate, startAt === undefined ? spec : { ...spec, startAt }, seed);
  const core = coreOf(state, clock ?? new VirtualClock(state.startedAt));
  addCopies(core, spec);
  for (const scripted of spec.faults ?? []) {
    script(core, scripted);
  }
  return worldOf(core);
}

function script({ state, clock }: Core, scripted: ScriptedFault): void {
  if ('at' in scripted) {
    clock.schedule(state.startedAt + scripted.at, { event: 'fault', fault: scripted.fault });
  } else {
    state.faults = [...state.faults, scripted];
  }
}

interface SavedWorld {
  readonly format: 1;
  readonly now: number;
  readonly state: WorldState;
  readonly due: readonly { readonly at: number; readonly event: WorldEvent }[];
}

/** The world that was saved, exactly as it was; nobody awaits the calls that were under way. Throws on other text. */
export function restoreWorld(text: string): World {
  const saved = JSON.parse(text) as SavedWorld;
  if (saved.format !== 1) {
    throw new Error('This is not a simulated world that this version of Lifeboat has saved');
  }
  const core = coreOf(saved.state, new VirtualClock(saved.now));
  for (const { at, event } of saved.due) {
    schedule(core, at, event);
  }
  forsakeAll(core);
  endOrphans(core);
  return worldOf(core);
}

function coreOf(state: WorldState, clock: VirtualClock): Core {
  const drill = Object.values(state.estate.sites).flatMap(({ name, networks }) =>
    networks['drill'] === undefined ? [] : [`${name}/${networks['drill']}`],
  );
  const drillNetworks = new Set(drill);
  const hasStrays = Object.values(state.hosts).some((host) =>
    Object.values(host.guests).some(({ definition }) => isStray(host, definition, drillNetworks)),
  );
  return {
    state,
    clock,
    waiters: new Map(),
    watchers: new WeakMap(),
    dueTransfers: new Map(),
    holdings: holdingsOf(state),
    drillNetworks,
    touched: { hasChanged: false, haveGuestsChanged: false, guests: new Set(), areOthersConcerned: false, hasStrays },
    isAsked: false,
  };
}

function worldOf(core: Core): World {
  const { state, clock } = core;
  let tell = (): void => undefined;
  let toldAt = clock.now();
  const settle = (): void => {
    if (core.touched.hasChanged || clock.now() - toldAt >= tellEveryMs) {
      core.touched.hasChanged = false;
      toldAt = clock.now();
      tell();
    }
  };
  clock.serve({
    onEvent: (event) => {
      handle(core, event);
      settle();
    },
    onCaller: settle,
  });
  return {
    ...portsOf(core),
    clock,
    estate: state.estate,
    audit: () => structuredClone(state.audit),
    strike: (fault) => {
      handle(core, { event: 'fault', fault });
      settle();
    },
    script: (fault) => script(core, fault),
    callsOf: ({ port, method }) => state.callCounts[`${port}.${method}`] ?? 0,
    detach: () => {
      forsakeAll(core);
      endOrphans(core);
      clock.forgetCallers();
    },
    save: () => JSON.stringify({ format: 1, now: clock.now(), state, due: clock.scheduled() } satisfies SavedWorld),
    onChange: (listener) => {
      tell = listener;
    },
  };
}
