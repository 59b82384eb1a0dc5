import type { Clock } from '../model/clock.js';
import type { Estate } from '../model/estate.js';
import type { Plan } from '../model/plan.js';
import type { Ports } from '../steps/step-type.js';
import type { Inbox } from '../stores/inbox.js';
import type { FoldCache, Journal } from '../stores/journal.js';
import type { LeaseKeeper } from '../stores/lease.js';

export interface EngineOptions {
  readonly ports: Ports;
  readonly estate: Estate;
  readonly store: {
    readonly journal: Journal;
    readonly leases: LeaseKeeper;
    readonly inbox: Inbox;
    readonly cache: FoldCache;
  };
  /** Names this process to others: who has a lease. */
  readonly holder: string;
  /** A name that no run of the journal has yet. */
  readonly newRunId: (plan: Plan) => string;
  /** Real time, for the lease and the inbox. Without it the lease is not renewed and other processes are not heard. */
  readonly wallClock?: Clock;
  /** Goes on waiting when only an operator can go on; default false: `ended` then resolves as `waiting`. */
  readonly keepsWaiting?: boolean;
}

/** How long a lease lasts without being renewed, in milliseconds. */
export const leaseMs = 15_000;
