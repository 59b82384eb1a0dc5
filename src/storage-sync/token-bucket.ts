/**
 * A rate that several transfers share: a token bucket with a queue, as plain data and pure functions. A request is let go
 * while there are tokens, and may leave a debt that those after it wait for; so large requests pass too, and over any time
 * no more is let go than the rate gives, a burst, and one request.
 *
 * Transfers that wait have equal shares, however many requests each of them has waiting: a request's turn is that of the
 * transfer's last one, plus its bytes, but no earlier than the turn of what is being let go (start-time fair queueing).
 */
export interface TokenBucket {
  /** Bytes that may go at once; negative while there is a debt. */
  readonly tokens: number;
  /** Moment of that count, ms since the epoch. */
  readonly at: number;
  readonly waiting: readonly WaitingRequest[];
  /** Turn of the request that was let go last. */
  readonly turn: number;
  /** Where each transfer's next turn begins, of transfers that are ahead of `turn`. */
  readonly next: Readonly<Record<string, number>>;
}

export interface WaitingRequest {
  readonly id: number;
  readonly transfer: string;
  readonly bytes: number;
  readonly turn: number;
}

/** What goes at once after a pause, in time of the rate: it evens out timers that come late. */
export const burstMs = 100;

export function emptyBucket(at: number): TokenBucket {
  return { tokens: 0, at, waiting: [], turn: 0, next: {} };
}

/** A request joins those that wait. Its id is the caller's, and no other waiting request's. */
export function ask(bucket: TokenBucket, request: Omit<WaitingRequest, 'turn'>): TokenBucket {
  const turn = Math.max(bucket.turn, bucket.next[request.transfer] ?? 0);
  return {
    ...bucket,
    waiting: [...bucket.waiting, { ...request, turn }],
    next: { ...bucket.next, [request.transfer]: turn + request.bytes },
  };
}

/** A request is withdrawn; nothing happens when it does not wait. */
export function withdraw(bucket: TokenBucket, id: number): TokenBucket {
  return { ...bucket, waiting: bucket.waiting.filter((request) => request.id !== id) };
}

/**
 * Time has passed at a rate (absent: no limit), and requests are let go: their ids, in order. Time that goes backwards
 * counts as none.
 */
export function advance(
  bucket: TokenBucket,
  now: number,
  bytesPerSecond: number | undefined,
): { readonly bucket: TokenBucket; readonly granted: readonly number[] } {
  const at = Math.max(now, bucket.at);
  let tokens = tokensAt(bucket, at, bytesPerSecond);
  let { waiting, turn } = bucket;
  const granted: number[] = [];
  for (let first = firstOf(waiting); first !== undefined && tokens > 0; first = firstOf(waiting)) {
    const chosen = first;
    tokens -= chosen.bytes;
    turn = Math.max(turn, chosen.turn);
    waiting = waiting.filter((request) => request !== chosen);
    granted.push(chosen.id);
  }
  const next = Object.fromEntries(Object.entries(bucket.next).filter(([, begin]) => begin > turn));
  return { bucket: { tokens: Number.isFinite(tokens) ? tokens : 0, at, waiting, turn, next }, granted };
}

/** ms until the next request can be let go at this rate; undefined when none waits, or when the rate is 0. */
export function waitMs({ tokens, waiting }: TokenBucket, bytesPerSecond: number): number | undefined {
  if (waiting.length === 0 || bytesPerSecond <= 0) {
    return undefined;
  }
  return tokens > 0 ? 0 : Math.floor((-tokens * 1_000) / bytesPerSecond) + 1;
}

function tokensAt(bucket: TokenBucket, at: number, bytesPerSecond: number | undefined): number {
  if (bytesPerSecond === undefined) {
    return Number.POSITIVE_INFINITY;
  }
  const gained = ((at - bucket.at) * bytesPerSecond) / 1_000;
  return Math.min(bucket.tokens + gained, (burstMs * bytesPerSecond) / 1_000);
}

function firstOf(waiting: readonly WaitingRequest[]): WaitingRequest | undefined {
  let first: WaitingRequest | undefined;
  for (const request of waiting) {
    if (first === undefined || request.turn < first.turn) {
      first = request;
    }
  }
  return first;
}
