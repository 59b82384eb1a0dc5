import type { Clock } from '../model/clock.js';
import type { LinkRateAt, LocalOffset } from './rate-windows.js';
import { advance, ask, emptyBucket, type TokenBucket, waitMs, withdraw } from './token-bucket.js';

/** A transfer's part of a rate. */
export interface TransferRate {
  /**
   * Resolves when so many bytes may go; undefined when they may go at once. Rejects with the signal's reason as soon as it
   * is aborted, and then has taken nothing.
   */
  take(bytes: number, signal: AbortSignal): Promise<void> | undefined;
}

/** The controller's local time, by which windows of a link are meant. */
export const controllerOffset: LocalOffset = (at) => -new Date(at).getTimezoneOffset() * 60_000;

/**
 * Several rates that a transfer keeps to at once, such as its link's and its runbook's, taken one after the other. One that
 * is aborted in between has used up what the first ones let go.
 */
export function allOf(rates: readonly TransferRate[]): TransferRate {
  return {
    take(bytes, signal) {
      let taken: Promise<void> | undefined;
      for (const rate of rates) {
        taken = taken === undefined ? rate.take(bytes, signal) : taken.then(() => rate.take(bytes, signal));
      }
      return taken;
    },
  };
}

interface Waiter {
  readonly go: () => void;
}

/** The rate of one link over time, shared evenly by all transfers on it. It holds a timer only while somebody waits. */
export class LinkRate {
  readonly #clock: Clock;
  readonly #rateAt: (at: number) => LinkRateAt;
  readonly #waiters = new Map<number, Waiter>();
  #rate: LinkRateAt;
  #bucket: TokenBucket;
  #nextId = 0;
  #forgetTimer: () => void = () => undefined;

  constructor(clock: Clock, rateAtMoment: (at: number) => LinkRateAt) {
    this.#clock = clock;
    this.#rateAt = rateAtMoment;
    this.#rate = rateAtMoment(clock.now());
    this.#bucket = emptyBucket(clock.now());
  }

  /** The part of one transfer; `name` is nobody else's on this link. */
  join(name: string): TransferRate {
    return { take: (bytes, signal) => this.#take({ transfer: name, bytes }, signal) };
  }

  #take(
    request: { readonly transfer: string; readonly bytes: number },
    signal: AbortSignal,
  ): Promise<void> | undefined {
    this.#lookAtRate(this.#clock.now());
    if (this.#rate.bytesPerSecond === undefined && this.#waiters.size === 0) {
      return undefined;
    }
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      this.#nextId += 1;
      const id = this.#nextId;
      const onAbort = (): void => {
        this.#waiters.delete(id);
        this.#bucket = withdraw(this.#bucket, id);
        this.#letGo();
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const go = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiters.set(id, { go });
      this.#bucket = ask(this.#bucket, { id, ...request });
      this.#letGo();
    });
  }

  /** Lets go what may, and sets the timer for what is left: for the next token, or for the next rate if that is earlier. */
  #letGo(): void {
    this.#forgetTimer();
    const now = this.#clock.now();
    this.#lookAtRate(now);
    const { bucket, granted } = advance(this.#bucket, now, this.#rate.bytesPerSecond);
    this.#bucket = bucket;
    for (const id of granted) {
      this.#waiters.get(id)?.go();
      this.#waiters.delete(id);
    }
    if (this.#waiters.size > 0) {
      const tokenMs = waitMs(this.#bucket, this.#rate.bytesPerSecond ?? 0) ?? Number.POSITIVE_INFINITY;
      const at = Math.min(now + tokenMs, this.#rate.until ?? Number.POSITIVE_INFINITY);
      if (Number.isFinite(at)) {
        this.#forgetTimer = this.#clock.at(at, () => this.#letGo());
      }
    }
  }

  /** What has passed until a change is counted at the old rate. */
  #lookAtRate(now: number): void {
    const { until } = this.#rate;
    if (until !== undefined && until <= now) {
      this.#bucket = { ...this.#bucket, ...earned(this.#bucket, until, this.#rate.bytesPerSecond) };
      this.#rate = this.#rateAt(now);
    }
  }
}

function earned(bucket: TokenBucket, at: number, rate: number | undefined): Pick<TokenBucket, 'tokens' | 'at'> {
  const { tokens, at: until } = advance({ ...bucket, waiting: [] }, at, rate).bucket;
  return { tokens, at: until };
}
