import type { Authority } from '../model/authority.js';
import type { Entry } from '../model/entry.js';

/** The newest authority of every VM that was ever moved, from the journal of all runs. */
export function authorityLedger(
  entries: readonly { readonly runId: string; readonly entry: Entry }[],
): ReadonlyMap<string, Authority> {
  const ledger = new Map<string, Authority>();
  for (const { entry } of entries) {
    if (entry.type === 'authority.moved' && entry.authority.epoch >= (ledger.get(entry.authority.vm)?.epoch ?? 0)) {
      ledger.set(entry.authority.vm, entry.authority);
    }
  }
  return ledger;
}
