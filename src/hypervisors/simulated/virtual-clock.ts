import type { Clock } from '../../model/clock.js';
import { type Due, EventQueue } from './event-queue.js';
import type { WorldEvent } from './world-event.js';

export interface RunOptions {
  /** A time (ms since the epoch), a promise that settles, or a condition that becomes true. Without it: until nothing is due. */
  readonly until?: number | Promise<unknown> | (() => boolean);
  /** Virtual seconds per real second. Infinity (the default) waits for nothing. */
  readonly speed?: number;
  /** Whether everybody outside has come to rest, such as a journal without a commit under way. Default: always. */
  readonly isQuiet?: () => boolean;
  /** The clock goes no further than this (ms since the epoch), whatever `until` says. */
  readonly limitAt?: number;
}

/** `reached` what `until` named · `idle` nothing is due that could still bring it · `limit` time ran out. */
export type RunEnd = 'reached' | 'idle' | 'limit';

type Payload = { readonly callback: () => void } | { readonly event: WorldEvent };

/** How many of the world's own events may pass before the event loop gets its turn, when none of them calls out. */
const eventsPerTurn = 256;

/** Real time between two looks at a slowed clock: what a person asks for meanwhile is heard this soon. */
const sliceMs = 40;

/**
 * Time that moves only when it is told to. Events happen in the order of their time, and those of the same time in the
 * order in which they were asked for, so that the same calls give the same run.
 */
export class VirtualClock implements Clock {
  #now: number;
  readonly #queue = new EventQueue<Payload>();
  #onEvent: (event: WorldEvent) => void = () => undefined;
  #onCaller: () => void = () => undefined;
  #hasCalledOut = true;

  constructor(startAt: number) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  at(at: number, callback: () => void): () => void {
    const due = this.#queue.insert(Math.max(at, this.#now), { callback });
    return () => {
      due.isForgotten = true;
    };
  }

  /** Asks for an event of the world's own: plain data, so that it can be saved. The function returned forgets it. */
  schedule(at: number, event: WorldEvent): () => void {
    const due = this.#queue.insert(Math.max(at, this.#now), { event });
    return () => {
      due.isForgotten = true;
    };
  }

  /** Who handles the world's events, and who is told after a caller's callback. One world per clock. */
  serve(handlers: { readonly onEvent: (event: WorldEvent) => void; readonly onCaller: () => void }): void {
    this.#onEvent = handlers.onEvent;
    this.#onCaller = handlers.onCaller;
  }

  /** The world's events to come, in their order. Callers' callbacks are not among them: they end with their process. */
  scheduled(): readonly { readonly at: number; readonly event: WorldEvent }[] {
    return this.#queue.list().flatMap(({ at, payload }) => ('event' in payload ? [{ at, event: payload.event }] : []));
  }

  /** Drops every callback that a caller has asked for; the world's own events stay. */
  forgetCallers(): void {
    for (const due of this.#queue.list()) {
      due.isForgotten ||= 'callback' in due.payload;
    }
  }

  /** Says that something outside has been called, so that it gets its turn before time moves on. */
  calledOut(): void {
    this.#hasCalledOut = true;
  }

  /** When the next event is due; undefined when none is. */
  nextAt(): number | undefined {
    return this.#queue.peek()?.at;
  }

  /** Moves to the next event and lets it happen. Returns false, and moves nothing, when none is due. */
  advance(): boolean {
    const due = this.#queue.take();
    if (due === undefined) {
      return false;
    }
    this.#happen(due);
    return true;
  }

  /**
   * Lets events happen until what is asked for is reached. All that is due at one instant happens before the event loop
   * gets its turn and everybody outside comes to rest, so that answers of the same instant are journalled together, and
   * what they lead to happens at that instant too.
   */
  async run(options: RunOptions = {}): Promise<RunEnd> {
    const { isQuiet = () => true, limitAt = Number.POSITIVE_INFINITY, speed = Number.POSITIVE_INFINITY } = options;
    const isReached = watch(options.until);
    const stopAt = typeof options.until === 'number' ? Math.min(options.until, limitAt) : limitAt;
    this.#hasCalledOut = true;
    for (let count = 1; ; count += 1) {
      if (this.#hasCalledOut || count % eventsPerTurn === 0) {
        this.#hasCalledOut = false;
        await comeToRest(isQuiet);
      }
      if (isReached()) {
        return 'reached';
      }
      const next = this.nextAt();
      if (next === undefined || next > stopAt) {
        if (Number.isFinite(speed) && Number.isFinite(stopAt) && (await this.#drift(stopAt, speed)) === 'slice') {
          continue;
        }
        return this.#stop(next, stopAt, options.until);
      }
      if (Number.isFinite(speed) && next > this.#now && (await this.#drift(next, speed)) === 'slice') {
        continue;
      }
      do {
        this.advance();
      } while (this.nextAt() === next);
    }
  }

  #stop(next: number | undefined, stopAt: number, until: RunOptions['until']): RunEnd {
    if (Number.isFinite(stopAt)) {
      this.#now = Math.max(this.#now, stopAt);
    }
    if (typeof until === 'number' && stopAt === until) {
      return 'reached';
    }
    return next === undefined ? 'idle' : 'limit';
  }

  async #drift(to: number, speed: number): Promise<'slice' | 'there'> {
    const leftMs = (to - this.#now) / speed;
    const waitMs = Math.min(leftMs, sliceMs);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.#hasCalledOut = true;
    if (leftMs > sliceMs) {
      this.#now = Math.min(to, Math.ceil(this.#now + waitMs * speed));
      return 'slice';
    }
    return 'there';
  }

  #happen({ at, payload }: Due<Payload>): void {
    this.#now = at;
    if ('event' in payload) {
      this.#onEvent(payload.event);
      return;
    }
    this.#hasCalledOut = true;
    payload.callback();
    this.#onCaller();
  }
}

async function comeToRest(isQuiet: () => boolean): Promise<void> {
  do {
    await new Promise((resolve) => setImmediate(resolve));
  } while (!isQuiet());
}

function watch(until: RunOptions['until']): () => boolean {
  if (typeof until === 'function') {
    return until;
  }
  if (until === undefined || typeof until === 'number') {
    return () => false;
  }
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  until.then(settle, settle);
  return () => isSettled;
}
