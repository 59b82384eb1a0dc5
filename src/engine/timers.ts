import type { Clock } from '../model/clock.js';

/**
 * The timers that a run's machines ask for, one for each lane. They are durable because the journal implies them: each
 * stands in the state as the time until which a lane waits, and is set again when a run is taken up.
 */
export class Timers {
  readonly #clock: Clock;
  readonly #fire: (timer: string) => void;
  readonly #set = new Map<string, () => void>();

  constructor(clock: Clock, fire: (timer: string) => void) {
    this.#clock = clock;
    this.#fire = fire;
  }

  /** Replaces an earlier one of the same name. */
  set(timer: string, dueAt: number): void {
    this.clear(timer);
    const forget = this.#clock.at(dueAt, () => {
      this.#set.delete(timer);
      this.#fire(timer);
    });
    this.#set.set(timer, forget);
  }

  clear(timer: string): void {
    this.#set.get(timer)?.();
    this.#set.delete(timer);
  }

  clearAll(): void {
    for (const forget of this.#set.values()) {
      forget();
    }
    this.#set.clear();
  }
}
