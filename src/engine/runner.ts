import type { Entry, EntryBody, NewEntry, StepReference } from '../model/entry.js';
import { FailureError } from '../model/failure.js';
import type { Intent } from '../model/intent.js';
import type { OperatorMove } from '../model/request.js';
import { type FoldedRun, freezeRun, type NoticeEvent, waitsForOperator } from '../state-machines/index.js';
import type { Lease } from '../stores/lease.js';
import { batchOf } from './batch.js';
import type { ActiveRun, MoveAuthor, RunEvent } from './engine.js';
import type { EngineOptions } from './engine-options.js';
import type { Executor, Outcome } from './executor.js';
import { MoveHall } from './move-feed.js';
import { moveRefusal } from './move-refusal.js';
import { noticeOf } from './notice.js';
import { plannedStep } from './planned-step.js';
import { Timers } from './timers.js';

/** A folded state is kept after so many entries, so that a long run is taken up quickly. */
const entriesBetweenFolds = 5_000;

/** How long one notice may take before it counts as failed, in milliseconds. */
const noticeLimitMs = 30_000;

const noticeTooLate = new FailureError({
  code: 'timed-out',
  kind: 'transient',
  message: `the notice was not taken within ${noticeLimitMs / 1_000} s`,
  hint: 'check `mail` in lifeboat.yaml',
});

export interface RunnerOptions extends EngineOptions {
  readonly executor: Executor;
  readonly lease: Lease;
  readonly state: FoldedRun;
  readonly history: readonly Entry[];
  readonly onEnd: () => void;
}

/**
 * One run being run. The order is always the same: append durably, then act, then append the outcome. What happens
 * while an append is under way waits for the next one, so that many lanes share one.
 */
export class Runner implements ActiveRun {
  readonly runId: string;
  readonly ended: Promise<'finished' | 'waiting'>;
  readonly #options: RunnerOptions;
  readonly #timers: Timers;
  readonly #moves = new MoveHall();
  readonly #listeners = new Set<(event: RunEvent) => void>();
  readonly #acting = new Map<string, AbortController>();
  readonly #notices = new Set<Promise<void>>();
  #state: FoldedRun;
  #happened: NewEntry[] = [];
  #awaiting: ((isDurable: boolean) => void)[] = [];
  #isAppending = false;
  #appending: Promise<unknown> = Promise.resolve();
  #isOver = false;
  #lastFold: number;
  #end: (ending: 'finished' | 'waiting') => void = () => undefined;
  #break: (error: unknown) => void = () => undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.runId = options.state.runId;
    this.#state = options.state;
    this.#lastFold = options.state.seq;
    this.#moves.add(options.history);
    this.#timers = new Timers(options.ports.clock, (timer) => this.happen({ type: 'timer.fired', timer }));
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#break = reject;
    });
    // Whoever started the run asks for its end a moment later; until then a failure is no stray rejection.
    this.ended.catch(() => undefined);
  }

  state(): FoldedRun {
    return this.#state;
  }

  watch(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether entries are on their way into the journal. */
  get isBusy(): boolean {
    return !this.#isOver && (this.#isAppending || this.#happened.length > 0);
  }

  /** Journals what happened, with all that follows from it, and acts on that. Ignored once the run is over or let go. */
  happen(body: EntryBody): void {
    void this.happenAll([body], 'engine');
  }

  /** The same for what belongs together; resolves with whether it is durable: false once the run is over or let go. */
  happenAll(bodies: readonly EntryBody[], author: string): Promise<boolean> {
    if (this.#isOver) {
      return Promise.resolve(false);
    }
    const at = this.#options.ports.clock.now();
    this.#happened.push(...bodies.map((body) => ({ ...body, at, author })));
    if (!this.#isAppending) {
      this.#isAppending = true;
      queueMicrotask(() => void this.#appendAll());
    }
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  /**
   * Journals an operator's move; false when the run was over before it could be. Rejects with a FailureError when the run
   * does not offer it now.
   */
  async receive(move: OperatorMove, { by, reason }: MoveAuthor): Promise<boolean> {
    const refusal = moveRefusal(this.#state, move, by);
    if (refusal !== undefined) {
      throw new FailureError(refusal);
    }
    return this.happenAll([{ type: 'operator.moved', move, reason }], by);
  }

  async letGo(): Promise<void> {
    await this.#over('waiting');
  }

  async #appendAll(): Promise<void> {
    try {
      while (this.#happened.length > 0 && !this.#isOver) {
        const [happened, awaiting] = [this.#happened, this.#awaiting];
        this.#happened = [];
        this.#awaiting = [];
        let isDurable = false;
        try {
          await this.#append(happened);
          isDurable = true;
        } finally {
          awaiting.forEach((resolve) => resolve(isDurable));
        }
      }
    } catch (error) {
      this.abandon(error);
    } finally {
      this.#isAppending = false;
    }
    await this.#rest();
  }

  /** Ends when nothing is left to do, once everyone has been told; what comes of that is journalled first. */
  async #rest(): Promise<void> {
    const ending = this.#ending();
    if (ending !== undefined) {
      await Promise.all(this.#notices);
      if (!this.#isAppending && ending === this.#ending()) {
        await this.#over(ending);
      }
    }
  }

  #ending(): 'finished' | 'waiting' | undefined {
    if (this.#state.phase === 'finished') {
      return 'finished';
    }
    return this.#options.keepsWaiting !== true && waitsForOperator(this.#state) ? 'waiting' : undefined;
  }

  async #append(happened: readonly NewEntry[]): Promise<void> {
    const { journal, cache } = this.#options.store;
    const batch = batchOf(this.#state, happened, this.#options.ports.clock.now());
    const guard = { expectedSeq: this.#state.seq, fencingToken: this.#options.lease.token };
    this.#appending = journal.append(this.runId, batch.entries, guard);
    await this.#appending;
    this.#state = batch.state;
    this.#moves.add(batch.entries);
    if (batch.state.seq - this.#lastFold >= entriesBetweenFolds) {
      this.#lastFold = batch.state.seq;
      cache.save(this.runId, batch.state.seq, freezeRun(batch.state));
    }
    this.#emit({ event: 'entries', entries: batch.entries });
    for (const intent of this.#isOver ? [] : batch.intents) {
      this.#act(intent);
    }
  }

  #act(intent: Intent): void {
    switch (intent.intent) {
      case 'start-step':
        this.#perform(intent, (signal) =>
          this.#options.executor.run(this.#execution(intent, signal, intent.isAttached)),
        );
        break;
      case 'observe-step':
        this.#perform(intent, (signal) => this.#options.executor.observe(this.#execution(intent, signal, false)));
        break;
      case 'cancel-step':
        this.#acting.get(nameOf(intent))?.abort(
          new FailureError({
            code: intent.reason === 'timeout' ? 'timed-out' : 'cancelled',
            kind: 'outcome-unknown',
            message:
              intent.reason === 'timeout'
                ? `it did not end within ${plannedStep(this.#state, intent).timeoutMs / 1_000} s`
                : 'an operator cancelled it',
          }),
        );
        break;
      case 'set-timer':
        this.#timers.set(intent.timer, intent.dueAt);
        break;
      case 'clear-timer':
        this.#timers.clear(intent.timer);
        break;
      case 'notify':
        this.#tell(intent.event);
        break;
      case 'finish-run':
        throw new Error('the end of a run is journalled, not acted on');
    }
  }

  #execution(reference: StepReference, signal: AbortSignal, isAttached: boolean) {
    const { lane, step } = reference;
    const index = this.#state.machines?.compiled.laneIndexes.get(lane) ?? -1;
    return {
      reference: { lane, step },
      state: this.#state,
      isAttached,
      moves: this.#moves.feed(reference, this.#state.lanes[index]?.stepStartedAt ?? 0),
      signal,
      progress: (progress: Extract<RunEvent, { readonly event: 'progress' }>['progress']) =>
        this.#emit({ event: 'progress', lane, step, progress }),
    };
  }

  #perform(reference: StepReference, act: (signal: AbortSignal) => Promise<Outcome>): void {
    const controller = new AbortController();
    const name = nameOf(reference);
    this.#acting.set(name, controller);
    void act(controller.signal).then((outcome) => {
      if (this.#acting.get(name) === controller) {
        this.#acting.delete(name);
      }
      this.happen(outcome);
    });
  }

  #tell(event: NoticeEvent): void {
    if (this.#state.plan?.notify?.includes(event) !== true) {
      return;
    }
    const sending = this.#send(event)
      .then(
        () => this.happen({ type: 'notice.sent', event, to: 'the configured recipients' }),
        (error: unknown) => {
          if (!(error instanceof FailureError)) {
            throw error;
          }
          this.happen({ type: 'notice.failed', event, failure: error.failure });
        },
      )
      .catch((error: unknown) => this.abandon(error))
      .finally(() => this.#notices.delete(sending));
    this.#notices.add(sending);
  }

  /** Gives up in time: a run's end waits for its notices, and a mail server that says nothing must not keep it open. */
  async #send(event: NoticeEvent): Promise<void> {
    const { notifier, clock } = this.#options.ports;
    const limit = new AbortController();
    const late = new Promise<never>((_, reject) => {
      limit.signal.addEventListener('abort', () => reject(limit.signal.reason as Error), { once: true });
    });
    const forget = clock.at(clock.now() + noticeLimitMs, () => limit.abort(noticeTooLate));
    try {
      await Promise.race([notifier.send(noticeOf(this.#state, event), limit.signal), late]);
    } finally {
      forget();
    }
  }

  #emit(event: RunEvent): void {
    for (const listener of this.#listeners) {
      listener(event);
    }
  }

  /** Ends at once and for good: nothing is done after the journal has failed, since nothing could be written down first. */
  abandon(error: unknown): void {
    this.#isOver = true;
    this.#timers.clearAll();
    for (const controller of this.#acting.values()) {
      controller.abort(error);
    }
    this.#awaiting.forEach((resolve) => resolve(false));
    this.#options.onEnd();
    this.#break(error);
  }

  async #over(ending: 'finished' | 'waiting'): Promise<void> {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#timers.clearAll();
    // What is being appended was still ours to write; its failure is told by whoever awaits it.
    await Promise.allSettled([this.#appending]);
    await this.#options.store.leases.release(this.#options.lease);
    this.#options.onEnd();
    this.#end(ending);
  }
}

function nameOf({ lane, step }: StepReference): string {
  return `${lane}/${step}`;
}
