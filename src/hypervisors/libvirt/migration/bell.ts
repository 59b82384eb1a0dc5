/** Wakes those who wait: when it is rung, when it is over for good, or when their time is up. */
export class Bell {
  #isOver = false;
  #isRung = false;
  readonly #wakers = new Set<() => void>();

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Something has happened: a wait that is under way ends, or else the next one does at once. */
  ring(): void {
    this.#isRung = true;
    this.#wake();
  }

  /** From now on no wait takes any time. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** Waits for a ring, yet never less than `leastMs`, so that a storm of events is answered once; at most `mostMs`. */
  async wait({ leastMs, mostMs }: { readonly leastMs: number; readonly mostMs: number }): Promise<void> {
    await this.rest(leastMs);
    await this.#sleep(mostMs - leastMs, () => this.#isOver || this.#isRung);
    this.#isRung = false;
  }

  /** Waits so long, or until it is over. */
  async rest(ms: number): Promise<void> {
    await this.#sleep(ms, () => this.#isOver);
  }

  async #sleep(ms: number, isAwake: () => boolean): Promise<void> {
    const until = performance.now() + ms;
    for (let leftMs = ms; leftMs > 0 && !isAwake(); leftMs = until - performance.now()) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#wakers.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, leftMs);
        this.#wakers.add(wake);
      });
    }
  }

  #wake(): void {
    for (const wake of this.#wakers) {
      wake();
    }
  }
}
