import type { Inbox } from '../inbox.js';
import type { FoldCache, Journal } from '../journal.js';
import type { LeaseKeeper } from '../lease.js';
import { createMemoryInbox } from './inbox.js';
import { createMemoryJournal } from './journal.js';
import { createMemoryLeases } from './lease.js';

export interface MemoryStore {
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  readonly inbox: Inbox;
  readonly cache: FoldCache;
  /** Does nothing: several engines of one process may share a store, as several processes share a file. */
  close(): void;
}

export interface MemoryStoreOptions {
  /** The clock by which leases lapse, in ms since the epoch. Default: the machine's. */
  readonly now?: () => number;
  /** Which holders have ended, so that their leases lapse at once. Default: none. */
  readonly isHolderDead?: (holder: string) => boolean;
}

/** A store for simulated runs and tests. Nothing of it survives the process. */
export function createMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { now = Date.now, isHolderDead = () => false } = options;
  const leases = createMemoryLeases(now, isHolderDead);
  const folds = new Map<string, { readonly seq: number; readonly state: string }>();
  return {
    journal: createMemoryJournal((runId) => leases.tokenOf(runId)),
    leases,
    inbox: createMemoryInbox(),
    cache: {
      save: (runId, seq, state) => {
        folds.set(runId, { seq, state });
      },
      load: (runId) => folds.get(runId),
    },
    close: () => {},
  };
}
