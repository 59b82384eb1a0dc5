import type { TransferProgress } from '../hypervisors/hypervisor.js';
import type { Clock } from '../model/clock.js';
import type { Entry } from '../model/entry.js';
import type { Estate } from '../model/estate.js';
import { type Failure, FailureError } from '../model/failure.js';
import type { Inventory } from '../model/inventory.js';
import type { ReplicaReport } from '../model/replica-report.js';
import type { Runbook } from '../model/runbook.js';
import type { Notifier } from '../notifiers/notifier.js';
import { JournalError } from '../stores/journal.js';
import { ProtectionJournal, type ProtectionJournalOptions, protectionLeaseMs } from './protection-journal.js';
import type { Replicas } from './replicas.js';
import {
  advanceReplicator,
  isAtRest,
  newReplicatorState,
  type ReplicatorEvent,
  type ReplicatorIntent,
  type ReplicatorRules,
  type ReplicatorState,
} from './replicator-core.js';
import { type Member, membersOf } from './replicator-members.js';
import { ReplicatorRates } from './replicator-rates.js';
import type { RpoTold } from './rpo-incidents.js';
import { RpoNotices } from './rpo-notices.js';

export interface ReplicatorOptions extends Omit<ProtectionJournalOptions, 'runbook' | 'names'> {
  readonly replicas: Pick<Replicas, 'cycle'>;
  readonly estate: Estate;
  readonly runbook: Runbook;
  /** Hosts, VMs and replicas as they are now. */
  readonly look: (signal: AbortSignal) => Promise<Inventory>;
  /** By VM, the run that asks that its replication holds. Default: none ever does. */
  readonly holds?: () => Promise<ReadonlyMap<string, string>>;
  /** One cycle for each VM, and the end. Default: until it is stopped. */
  readonly isOnce?: boolean;
  /** Tells people when VMs miss their RPO, as the runbook wants it; of one cycle each nothing is told. Default: nobody is told. */
  readonly notifier?: Notifier;
  /** Real time, for the lease. Without it the lease is not renewed. */
  readonly wallClock?: Clock;
}

export type ReplicatorNews =
  | { readonly news: 'entries'; readonly entries: readonly Entry[] }
  | { readonly news: 'progress'; readonly vm: string; readonly progress: TransferProgress }
  /** The world could not be looked at; what was known before still counts. */
  | { readonly news: 'blind'; readonly failure: Failure };

/** Replicas that are being tended. */
export interface Replicator {
  /** The newest state. */
  state(): ReplicatorState;
  readonly rules: ReplicatorRules;
  /** Calls back at everything that happens; the function returned stops it. */
  watch(listener: (news: ReplicatorNews) => void): () => void;
  /**
   * `done` once for each was asked for · `stopped`. Rejects when the journal fails or the lease is lost: no cycle is begun
   * after that, and those under way were told to end.
   */
  readonly ended: Promise<'done' | 'stopped'>;
  /** Begins no cycle any more and ends those under way at a safe point. May be called twice. */
  stop(): void;
  /** Whether entries are on their way into the journal; a simulated clock stands still meanwhile. */
  isBusy(): boolean;
}

/** Between two looks at hosts and replicas, ms. */
const lookEveryMs = 15_000;
/** Between two questions for runs that want it to hold, ms. */
const holdEveryMs = 2_000;
/** A cycle that gets no further for so long is ended and made again, ms. */
const stalledMs = 300_000;
/** A source that has been silent for so long counts as lost, ms. */
const lostAfterMs = 20_000;

/**
 * Tends the replicas of a runbook's VMs: looks, begins cycles when they are due, and journals what comes of them. Nothing of
 * an earlier process is trusted but what hosts and replicas show now, so a crash at any instant is mended by the next start.
 * Refused with a `FailureError` `locked` while somebody else tends them.
 */
export async function startReplicator(options: ReplicatorOptions): Promise<Replicator> {
  const { runbook, look } = options;
  const inventory = await look(new AbortController().signal);
  const members = membersOf({ runbook, estate: options.estate, inventory, known: new Map() });
  const names = members.map(({ vm }) => `replica/${vm}`);
  const journal = await ProtectionJournal.open({ ...options, runbook: runbook.name, names });
  return new ActiveReplicator(options, journal, inventory);
}

class ActiveReplicator implements Replicator {
  readonly rules: ReplicatorRules;
  readonly ended: Promise<'done' | 'stopped'>;
  readonly #options: ReplicatorOptions;
  readonly #journal: ProtectionJournal;
  readonly #before: ReadonlyMap<string, ReplicaReport>;
  readonly #rates: ReplicatorRates;
  readonly #notices: RpoNotices | undefined;
  readonly #listeners = new Set<(news: ReplicatorNews) => void>();
  readonly #cycles = new Map<string, AbortController>();
  readonly #timers = new Set<() => void>();
  readonly #over = new AbortController();
  #state = newReplicatorState;
  /** What happens, one after the other: each is journalled before the next. */
  #turn: Promise<void> = Promise.resolve();
  #heldBy: ReadonlyMap<string, string> = new Map();
  #forgetWake: () => void = () => undefined;
  #settle: { readonly resolve: (end: 'done' | 'stopped') => void; readonly reject: (error: unknown) => void };

  constructor(options: ReplicatorOptions, journal: ProtectionJournal, inventory: Inventory) {
    this.#options = options;
    this.#journal = journal;
    this.#before = journal.reports;
    this.#rates = new ReplicatorRates(options);
    const { objectives, limits } = options.runbook;
    this.rules = {
      ...(objectives.rpoMs === undefined ? {} : { rpoMs: objectives.rpoMs }),
      slots: slotsOf(options.estate, limits),
      isOnce: options.isOnce ?? false,
      lostAfterMs: options.isOnce ? 0 : lostAfterMs,
      closedUntil: (link, at) => this.#rates.closedUntil(link, at),
    };
    const { notifier, isOnce, clock, runbook } = options;
    this.#notices =
      notifier === undefined || isOnce
        ? undefined
        : new RpoNotices({
            notifier,
            runbook,
            clock,
            rules: this.rules,
            before: this.#before,
            onTold: (told) => this.#inTurn(() => this.#told(told)),
            onWake: () => this.#inTurn(async () => this.#notices?.see(this.#state)),
          });
    this.#settle = { resolve: () => undefined, reject: () => undefined };
    this.ended = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#begin(inventory).catch((error: unknown) => this.#abandon(error));
  }

  state(): ReplicatorState {
    return this.#state;
  }

  watch(listener: (news: ReplicatorNews) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#happen({ type: 'stop', at: this.#now() });
  }

  isBusy(): boolean {
    return this.#journal.isBusy;
  }

  async #begin(inventory: Inventory): Promise<void> {
    await this.#askForHolds();
    this.#see(inventory);
    this.#every(lookEveryMs, this.#options.clock, () => this.#look());
    this.#every(holdEveryMs, this.#options.clock, () => this.#askForHolds());
    if (this.#options.wallClock !== undefined) {
      this.#every(protectionLeaseMs / 3, this.#options.wallClock, () => this.#renew());
    }
  }

  #now(): number {
    return this.#options.clock.now();
  }

  async #look(): Promise<void> {
    try {
      this.#see(await this.#options.look(this.#over.signal));
    } catch (error) {
      if (!(error instanceof FailureError)) {
        throw error;
      }
      this.#tell({ news: 'blind', failure: error.failure });
    }
  }

  #see(inventory: Inventory): void {
    const { runbook, estate } = this.#options;
    const places = [...this.#before.values()].flatMap(({ vm, to }) => (to === undefined ? [] : [[vm, to] as const]));
    const routes = [...this.#state.vms.values()].flatMap(({ member: { vm, route } }) =>
      route === undefined ? [] : [[vm, route.to] as const],
    );
    const members = membersOf({ runbook, estate, inventory, known: new Map([...places, ...routes]) });
    this.#happen({ type: 'looked', at: this.#now(), members, heldBy: this.#heldBy });
  }

  async #askForHolds(): Promise<void> {
    this.#heldBy = (await this.#options.holds?.()) ?? new Map();
    if ([...this.#state.vms].some(([vm, { heldBy }]) => this.#heldBy.get(vm) !== heldBy)) {
      this.#happen({ type: 'held', at: this.#now(), by: this.#heldBy });
    }
  }

  async #renew(): Promise<void> {
    if (!(await this.#journal.renew())) {
      throw leaseLost(this.#options.runbook.name);
    }
  }

  /** Takes its turn after all that has happened before. */
  #happen(event: ReplicatorEvent): void {
    this.#inTurn(() => this.#take(event));
  }

  #inTurn(act: () => Promise<void>): void {
    this.#turn = this.#turn
      .then(async () => {
        if (!this.#over.signal.aborted) {
          await act();
        }
      })
      .catch((error: unknown) => this.#abandon(error));
  }

  async #told(told: RpoTold): Promise<void> {
    this.#tell({ news: 'entries', entries: await this.#journal.append([told]) });
    this.#notices?.see(this.#state);
  }

  async #take(event: ReplicatorEvent): Promise<void> {
    const step = advanceReplicator(this.#state, event, this.rules, this.#before);
    const entries = step.entries.length === 0 ? [] : await this.#journal.append(step.entries);
    this.#state = step.state;
    for (const intent of step.intents) {
      this.#act(intent);
    }
    this.#forgetWake();
    if (step.wakeAt !== undefined) {
      this.#forgetWake = this.#options.clock.at(step.wakeAt, () => this.#happen({ type: 'time', at: this.#now() }));
    }
    if (entries.length > 0) {
      this.#tell({ news: 'entries', entries });
    }
    this.#notices?.see(this.#state);
    if (isAtRest(this.#state) && (this.rules.isOnce || this.#state.isStopping)) {
      await this.#end(this.#state.isStopping ? 'stopped' : 'done');
    }
  }

  async #end(how: 'done' | 'stopped'): Promise<void> {
    this.#close();
    const told = (await this.#notices?.close()) ?? [];
    if (told.length > 0) {
      await this.#journal.append(told);
    }
    await this.#journal.close(how === 'done' ? 'done' : 'interrupted');
    this.#settle.resolve(how);
  }

  /** Without its journal or its lease it may do nothing more; what is under way is told to end. */
  #abandon(error: unknown): void {
    if (!this.#over.signal.aborted) {
      this.#close();
      void this.#notices?.close();
      this.#settle.reject(error);
    }
  }

  #close(): void {
    this.#over.abort(new FailureError(ended));
    this.#forgetWake();
    for (const forget of this.#timers) {
      forget();
    }
    for (const cycle of this.#cycles.values()) {
      cycle.abort(new FailureError(ended));
    }
  }

  #act(intent: ReplicatorIntent): void {
    if (intent.intent === 'end-cycle') {
      const why = { ...ended, message: `The cycle of ${intent.vm} was ended: ${intent.why}` };
      this.#cycles.get(intent.vm)?.abort(new FailureError(why));
      return;
    }
    const { vm } = intent;
    const tended = this.#state.vms.get(vm);
    if (tended?.cycle !== undefined) {
      void this.#cycle(tended.member, tended.cycle.route);
    }
  }

  async #cycle({ vm, replicate }: Member, route: NonNullable<Member['route']>): Promise<void> {
    const stop = new AbortController();
    this.#cycles.set(vm, stop);
    let watched = this.#watchStall(vm, stop);
    let doneBytes = -1;
    try {
      const request = { vm, ...route, replicate, ...this.#rates.shareOf(vm, route) };
      const result = await this.#options.replicas.cycle(request, stop.signal, (progress) => {
        if (progress.doneBytes !== doneBytes) {
          doneBytes = progress.doneBytes;
          watched();
          watched = this.#watchStall(vm, stop);
        }
        this.#tell({ news: 'progress', vm, progress });
      });
      this.#happen({ type: 'synced', at: this.#now(), vm, result });
    } catch (error) {
      this.#happen({ type: 'failed', at: this.#now(), vm, failure: failureOf(error, stop.signal) });
    } finally {
      watched();
      this.#cycles.delete(vm);
    }
  }

  #watchStall(vm: string, stop: AbortController): () => void {
    const { clock } = this.#options;
    return clock.at(clock.now() + stalledMs, () => stop.abort(new FailureError(stalled(vm))));
  }

  /** Does work again and again, so long after its last end; what it throws ends everything. */
  #every(ms: number, clock: Clock, work: () => Promise<void>): void {
    if (this.#over.signal.aborted) {
      return;
    }
    const forget = clock.at(clock.now() + ms, () => {
      this.#timers.delete(forget);
      work().then(
        () => this.#every(ms, clock, work),
        (error: unknown) => this.#abandon(error),
      );
    });
    this.#timers.add(forget);
  }

  #tell(news: ReplicatorNews): void {
    for (const listener of this.#listeners) {
      listener(news);
    }
  }
}

const ended: Failure = {
  code: 'call-aborted',
  kind: 'precondition',
  message: 'The replication was asked to end',
};

function stalled(vm: string): Failure {
  return {
    code: 'cycle-stalled',
    kind: 'transient',
    message: `The cycle of ${vm} got no further for ${stalledMs / 60_000} minutes, and was ended`,
    hint: 'see whether its hosts and the link between them are well; it is made again by itself',
  };
}

function leaseLost(runbook: string): JournalError {
  return new JournalError('lease-lost', `another process tends the replicas of ${runbook} now`, {
    hint: 'let one process at a time protect a runbook',
  });
}

/** What ended a cycle: why it was told to end counts for more than how that was answered. */
function failureOf(error: unknown, signal: AbortSignal): Failure {
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof FailureError) {
    return cause.failure;
  }
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return { code: 'bug', kind: 'bug', message: 'Lifeboat itself failed here', cause: text.slice(0, 4_000) };
}

/** As many slots for each host and link as the runbook allows. */
function slotsOf({ sites, links }: Estate, { perHost, perLink }: Runbook['limits']): Readonly<Record<string, number>> {
  const names = Object.keys(sites);
  const implied = names.flatMap((one) => names.filter((other) => one < other).map((other) => `${one}-${other}`));
  const hosts = Object.values(sites).flatMap((site) => Object.keys(site.hosts));
  return Object.fromEntries([
    ...hosts.map((host) => [`host/${host}`, perHost]),
    ...[...Object.keys(links), ...implied].map((link) => [`link/${link}`, perLink]),
  ]);
}
