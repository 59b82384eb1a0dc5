/**
 * Lets one call at a time at each VM's replica, in the order in which they came. A merge is the only one that takes long;
 * whoever is urgent has it cut off first, and the next merge goes on with it.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #merges = new Map<string, AbortController>();

  async take<Answer>(vmId: string, act: () => Promise<Answer>): Promise<Answer> {
    const before = this.#last.get(vmId) ?? Promise.resolve();
    const turn = before.then(act, act);
    const ended = turn.catch(() => undefined);
    this.#last.set(vmId, ended);
    try {
      return await turn;
    } finally {
      if (this.#last.get(vmId) === ended) {
        this.#last.delete(vmId);
      }
    }
  }

  /** A turn that `cut` may end before its time. */
  async takeMerge<Answer>(vmId: string, signal: AbortSignal, act: (signal: AbortSignal) => Promise<Answer>) {
    const controller = new AbortController();
    return await this.take(vmId, async () => {
      this.#merges.set(vmId, controller);
      try {
        return await act(AbortSignal.any([signal, controller.signal]));
      } finally {
        this.#merges.delete(vmId);
      }
    });
  }

  cut(vmId: string): void {
    this.#merges.get(vmId)?.abort();
  }
}
