import type { Authority } from '../model/authority.js';
import type { Entry } from '../model/entry.js';
import type { FormerPlace } from '../model/inventory.js';
import type { Place } from '../model/place.js';

type Journalled = readonly { readonly runId: string; readonly entry: Entry }[];

/** The newest authority of every VM that was ever moved, from the journal of all runs. */
export function authorityLedger(entries: Journalled): ReadonlyMap<string, Authority> {
  const ledger = new Map<string, Authority>();
  for (const authority of authorities(entries)) {
    if (authority.epoch >= (ledger.get(authority.vm)?.epoch ?? 0)) {
      ledger.set(authority.vm, authority);
    }
  }
  return ledger;
}

/**
 * Hosts that VMs have left and not come back to, with the last time they did, from the same entries: what is of a VM on
 * such a host is its own and stale.
 */
export function formerPlaces(entries: Journalled): readonly FormerPlace[] {
  const homes = new Map<string, { readonly epoch: number; readonly place: Place }>();
  const left = new Map<string, FormerPlace>();
  for (const authority of authorities(entries)) {
    const { vm, epoch, since } = authority;
    const home = homes.get(vm);
    if (authority.state !== 'contested' && epoch >= (home?.epoch ?? 0)) {
      const place = authority.state === 'at' ? authority.place : authority.from;
      if (home !== undefined && home.place.host !== place.host) {
        left.set(`${vm} ${home.place.host}`, { vm, host: home.place.host, at: since });
      }
      left.delete(`${vm} ${place.host}`);
      homes.set(vm, { epoch, place });
    }
  }
  return [...left.values()];
}

function authorities(entries: Journalled): readonly Authority[] {
  return entries.flatMap(({ entry }) => (entry.type === 'authority.moved' ? [entry.authority] : []));
}
