import type { Place } from './place.js';

/**
 * Which place may run a VM. It moves only by a journal entry that cites its proof; the epoch grows by one with each
 * move. `moving` is journalled before a live migration starts, since libvirt starts the target first: meanwhile the VM
 * must not be started cold anywhere.
 */
export type Authority = {
  readonly vm: string;
  readonly epoch: number;
  readonly since: number;
  readonly proof: Proof;
} & (
  | { readonly state: 'at'; readonly place: Place }
  | { readonly state: 'moving'; readonly from: Place; readonly to: Place }
  | { readonly state: 'contested'; readonly places: readonly Place[] }
);

/** Why authority is where it is. A lost connection is never one of these (safety rule S2). */
export type Proof =
  | { readonly kind: 'observed-running'; readonly place: Place; readonly at: number }
  | { readonly kind: 'observed-stopped'; readonly place: Place; readonly at: number }
  | { readonly kind: 'migration-completed'; readonly from: Place; readonly to: Place; readonly at: number }
  | { readonly kind: 'migration-started'; readonly from: Place; readonly to: Place; readonly at: number }
  | { readonly kind: 'fenced-off'; readonly host: string; readonly agent: string; readonly at: number }
  | {
      readonly kind: 'attested';
      readonly host: string;
      readonly by: string;
      readonly reason: string;
      readonly at: number;
    };
