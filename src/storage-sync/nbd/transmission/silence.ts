/**
 * Notices a server that says nothing while requests are in flight. One timer, set anew only when it fires, so that
 * hearing something costs one look at the clock.
 */
export class Silence {
  #timer: NodeJS.Timeout | undefined;
  #heardAt = 0;

  constructor(
    /** How long may be silent, in milliseconds; 0 for any time. */
    private readonly limitMs: number,
    private readonly onSilent: () => void,
  ) {}

  /** Something is waited for from now on. */
  start(): void {
    this.heard();
    if (this.limitMs > 0 && this.#timer === undefined) this.#arm(this.limitMs);
  }

  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Nothing is waited for any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const leftMs = this.#heardAt + this.limitMs - performance.now();
      if (leftMs > 0) this.#arm(leftMs);
      else this.onSilent();
    }, ms);
  }
}
