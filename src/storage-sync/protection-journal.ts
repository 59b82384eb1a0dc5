import type { Clock } from '../model/clock.js';
import type { Entry, NewEntry, ProtectionEntryBody } from '../model/entry.js';
import { FailureError } from '../model/failure.js';
import type { ReplicaReport } from '../model/replica-report.js';
import type { Journal } from '../stores/journal.js';
import type { Lease, LeaseKeeper } from '../stores/lease.js';
import { type ProtectionReports, protectionReports } from './protection-reports.js';

export interface ProtectionJournalOptions {
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
  readonly clock: Clock;
  /** Names this process to others. */
  readonly holder: string;
  /** Who asked for it. */
  readonly by: string;
  readonly runbook: string;
  /** What else nobody may do meanwhile: `replica/VM`. */
  readonly names: readonly string[];
  /** After so many entries the next journal is begun. Default 5,000. */
  readonly longestEntries?: number;
}

/** How long the lease lasts without being renewed, ms. */
export const protectionLeaseMs = 15_000;

const defaultLongest = 5_000;

/** The newest journal of a runbook's protection; undefined when it was never protected. */
export async function readProtection(
  journal: Pick<Journal, 'select' | 'read'>,
  runbook: string,
): Promise<(ProtectionReports & { readonly journal: string }) | undefined> {
  const id = await newestJournal(journal, runbook);
  const told = id === undefined ? undefined : protectionReports(await journal.read(id, 1));
  return id === undefined || told === undefined ? undefined : { ...told, journal: id };
}

async function newestJournal(journal: Pick<Journal, 'select'>, runbook: string): Promise<string | undefined> {
  const started = await journal.select(['protection.started']);
  return started.findLast(({ entry }) => entry.type === 'protection.started' && entry.runbook === runbook)?.runId;
}

/**
 * The journal that the tending of a runbook's replicas writes, and the lease by which one process at a time does. It is cut
 * into pieces, `protection/RUNBOOK/7`, each beginning with what all before it tell, so that the newest is all that has to be
 * read however long the protection goes on.
 */
export class ProtectionJournal {
  readonly #options: ProtectionJournalOptions;
  #lease: Lease;
  #entries: Entry[] = [];
  #pending = 0;

  private constructor(options: ProtectionJournalOptions, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
  }

  /** Rejects with a `FailureError` `locked` when somebody else tends them. */
  static async open(options: ProtectionJournalOptions): Promise<ProtectionJournal> {
    const before = await newestJournal(options.journal, options.runbook);
    const lease = await acquire(options, numberOf(before) + 1);
    const earlier = before === undefined ? undefined : protectionReports(await options.journal.read(before, 1));
    const opened = new ProtectionJournal(options, lease);
    await opened.#begin([...(earlier?.reports.values() ?? [])]);
    return opened;
  }

  /** What the journal tells, including its last append. */
  get reports(): ReadonlyMap<string, ReplicaReport> {
    return protectionReports(this.#entries)?.reports ?? new Map();
  }

  /** Whether entries are on their way into the journal. */
  get isBusy(): boolean {
    return this.#pending > 0;
  }

  /** Resolves when the entries would survive a power cut. Rejects with a `JournalError`; nothing may be done after that. */
  async append(bodies: readonly ProtectionEntryBody[]): Promise<readonly Entry[]> {
    const { clock, by, journal, longestEntries = defaultLongest } = this.#options;
    const at = clock.now();
    const entries = bodies.map((body): NewEntry => ({ ...body, at, author: by }));
    const guard = { expectedSeq: this.#entries.at(-1)?.seq ?? 0, fencingToken: this.#lease.token };
    this.#pending += 1;
    try {
      const stamped = await journal.append(this.#lease.runId, entries, guard);
      this.#entries.push(...stamped);
      if (this.#entries.length >= longestEntries && bodies.every(({ type }) => type !== 'protection.ended')) {
        await this.#continue();
      }
      return stamped;
    } finally {
      this.#pending -= 1;
    }
  }

  /** False when the lease was taken over: whoever did may be at work already. */
  renew(): Promise<boolean> {
    return this.#options.leases.renew(this.#lease, protectionLeaseMs);
  }

  async close(reason: 'done' | 'interrupted'): Promise<void> {
    await this.append([{ type: 'protection.ended', reason }]);
    await this.#options.leases.release(this.#lease);
  }

  /** Ends this piece and begins the next. Somebody who takes the lease in between has taken the protection over. */
  async #continue(): Promise<void> {
    const reports = [...this.reports.values()];
    const number = numberOf(this.#lease.runId) + 1;
    await this.append([{ type: 'protection.ended', reason: 'continued' }]);
    await this.#options.leases.release(this.#lease);
    this.#lease = await acquire(this.#options, number);
    this.#entries = [];
    await this.#begin(reports);
  }

  async #begin(reports: readonly ReplicaReport[]): Promise<void> {
    await this.append([{ type: 'protection.started', runbook: this.#options.runbook, reports }]);
  }
}

async function acquire(options: ProtectionJournalOptions, number: number): Promise<Lease> {
  const { leases, runbook, holder, names } = options;
  const answer = await leases.acquire({
    runId: `protection/${runbook}/${number}`,
    names: [`protection/${runbook}`, ...names],
    holder,
    ttlMs: protectionLeaseMs,
  });
  if (!('heldBy' in answer)) {
    return answer;
  }
  const { heldBy } = answer;
  throw new FailureError({
    code: 'locked',
    kind: 'precondition',
    message: heldBy.name.startsWith('replica/')
      ? `the replica of ${heldBy.name.slice('replica/'.length)} is tended for another runbook (${heldBy.runId}) by ${heldBy.holder}`
      : `the replicas of ${runbook} are tended by ${heldBy.holder}`,
    hint: 'see how they are with `lifeboat status RUNBOOK`, or end that process first',
  });
}

/** Which piece it is; 0 for none. */
function numberOf(id: string | undefined): number {
  return Number(id?.slice(id.lastIndexOf('/') + 1) ?? 0);
}
