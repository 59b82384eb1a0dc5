type Look<Seen> = (host: string, signal: AbortSignal) => Promise<Seen>;

/**
 * The same looks at hosts, shared: all who ask at once are answered by one look, and whoever asks while it is under way by the
 * next one, together with all who ask meanwhile. So nobody is told what was seen before they asked, and a dozen lanes that want to know the same
 * cost two looks. Aborting ends the wait of the one who asked, and the look once nobody waits for it.
 */
export function shareLooks<Seen>(look: Look<Seen>): Look<Seen> {
  const hosts = new Map<string, HostLooks<Seen>>();
  return (host, signal) => {
    const looks = hosts.get(host) ?? new HostLooks((own) => look(host, own));
    hosts.set(host, looks);
    return looks.ask(signal);
  };
}

class HostLooks<Seen> {
  readonly #look: (signal: AbortSignal) => Promise<Seen>;
  #isLooking = false;
  #next: SharedLook<Seen> | undefined;

  constructor(look: (signal: AbortSignal) => Promise<Seen>) {
    this.#look = look;
  }

  ask(signal: AbortSignal): Promise<Seen> {
    if (signal.aborted) {
      return Promise.reject(signal.reason as Error);
    }
    // One that nobody waited for any more was given up before it began.
    const next = this.#next === undefined || this.#next.signal.aborted ? new SharedLook<Seen>() : this.#next;
    this.#next = next;
    const answer = next.join(signal);
    queueMicrotask(() => this.#begin());
    return answer;
  }

  #begin(): void {
    const next = this.#next;
    if (this.#isLooking || next === undefined) {
      return;
    }
    this.#next = undefined;
    if (next.signal.aborted) {
      return;
    }
    this.#isLooking = true;
    const looking = this.#look(next.signal).finally(() => {
      this.#isLooking = false;
      this.#begin();
    });
    void next.settle(looking);
  }
}

interface Waiter<Seen> {
  readonly resolve: (seen: Seen) => void;
  readonly reject: (error: unknown) => void;
}

/** One look and those who wait for it. */
class SharedLook<Seen> {
  readonly #controller = new AbortController();
  readonly #waiting = new Map<AbortSignal, Waiter<Seen>[]>();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  join(signal: AbortSignal): Promise<Seen> {
    return new Promise((resolve, reject) => {
      const same = this.#waiting.get(signal);
      if (same !== undefined) {
        same.push({ resolve, reject });
        return;
      }
      this.#waiting.set(signal, [{ resolve, reject }]);
      signal.addEventListener('abort', this.#leave);
    });
  }

  async settle(looking: Promise<Seen>): Promise<void> {
    try {
      const seen = await looking;
      this.#all().forEach(({ resolve }) => resolve(seen));
    } catch (error) {
      this.#all().forEach(({ reject }) => reject(error));
    }
  }

  readonly #leave = ({ target }: Event): void => {
    const signal = target as AbortSignal;
    const left = this.#waiting.get(signal) ?? [];
    this.#waiting.delete(signal);
    signal.removeEventListener('abort', this.#leave);
    left.forEach(({ reject }) => reject(signal.reason));
    if (this.#waiting.size === 0) {
      this.#controller.abort(signal.reason);
    }
  };

  #all() {
    const all = [...this.#waiting.values()].flat();
    for (const signal of this.#waiting.keys()) {
      signal.removeEventListener('abort', this.#leave);
    }
    this.#waiting.clear();
    return all;
  }
}
