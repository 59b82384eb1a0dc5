/**
 * Waits for quick answers awake. A local daemon answers most calls sooner than this thread falls asleep and is woken
 * again, which takes longer than the call itself; so the event loop keeps turning for a moment after a call was sent
 * instead of sleeping until something arrives. Timers and all other input go on as usual meanwhile.
 *
 * The cost is bounded: at most {@link WINDOW_MS} of CPU time for each call, and none while answers take longer than
 * that, as they do from hosts across a network.
 */

/** Milliseconds. About the time that Linux itself spins before it lets an idle virtual CPU halt. */
const WINDOW_MS = 0.2;

export class QuickAnswers {
  #sentAt = 0;
  #areQuick = false;
  #isAwake = false;

  constructor(private readonly isWaiting: () => boolean) {}

  /** A call was sent. */
  sent(): void {
    this.#sentAt = performance.now();
    if (this.#isAwake || !this.#areQuick) return;
    this.#isAwake = true;
    setImmediate(this.#turn);
  }

  /** Something has arrived: whether it came soon decides how the next call is waited for. */
  heard(): void {
    this.#areQuick = performance.now() - this.#sentAt < WINDOW_MS;
  }

  readonly #turn = (): void => {
    if (this.isWaiting() && performance.now() - this.#sentAt < WINDOW_MS) setImmediate(this.#turn);
    else this.#isAwake = false;
  };
}
