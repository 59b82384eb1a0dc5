import type { ScriptedFault, WorldFault } from '../../src/hypervisors/simulated/fault.js';
import type { Chance } from './chance.js';

/** What goes wrong at north before a failover. */
export type Disaster =
  | { readonly kind: 'site-dies'; readonly withFences: boolean }
  /** Every host dies, and its power device still says `on`. */
  | { readonly kind: 'hosts-die'; readonly hosts: readonly string[] }
  /** Nothing dies: the link is cut, and its hosts run on unseen. */
  | { readonly kind: 'partition' };

/** Something that happens to the run from outside, so long after its start. */
export type Event = { readonly afterMs: number } & (
  | { readonly event: 'fault'; readonly fault: WorldFault }
  /** On the call that is so many further than those made by then. */
  | { readonly event: 'call-fault'; readonly scripted: Extract<ScriptedFault, { readonly onCall: object }> }
  /** An operator does something that the run offers. */
  | { readonly event: 'impulse' }
  /** The engine's process dies, at rest or around its next append but so many. */
  | { readonly event: 'crash'; readonly appends: number; readonly when: 'at-rest' | 'before-append' | 'after-append' }
);

/** Most runs end within a minute or two of virtual time, and what is to meet them has to come early. */
export function momentOf(chance: Chance): number {
  return chance.between(0, chance.pick([500, 5_000, 20_000, 60_000, 240_000]));
}
