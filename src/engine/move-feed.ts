import type { Entry, StepReference } from '../model/entry.js';
import type { MoveFeed, ReceivedMove } from '../steps/step-type.js';

/** The operators' moves of a run, for the steps that wait for them. */
export class MoveHall {
  readonly #received: ReceivedMove[] = [];
  readonly #waiting = new Set<() => void>();

  /** Takes in what has become durable. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.type === 'operator.moved') {
        this.#received.push({ move: entry.move, by: entry.author, at: entry.at, reason: entry.reason });
      }
    }
    for (const wake of this.#waiting) {
      wake();
    }
  }

  /** The moves since a moment that name the step's lane or none. */
  feed({ lane }: StepReference, since: number): MoveFeed {
    const concerns = ({ move, at }: ReceivedMove): boolean =>
      at >= since && (!('lane' in move) || move.lane === undefined || move.lane === lane);
    const received = (): readonly ReceivedMove[] => this.#received.filter(concerns);
    let given = received().length;
    return {
      received: received(),
      next: (signal) =>
        new Promise((resolve, reject) => {
          const settle = (): void => {
            const move = received()[given];
            if (move !== undefined) {
              given += 1;
              stop();
              resolve(move);
            }
          };
          const onAbort = (): void => {
            stop();
            reject(signal.reason as Error);
          };
          const stop = (): void => {
            this.#waiting.delete(settle);
            signal.removeEventListener('abort', onAbort);
          };
          if (signal.aborted) {
            reject(signal.reason as Error);
            return;
          }
          this.#waiting.add(settle);
          signal.addEventListener('abort', onAbort, { once: true });
          settle();
        }),
    };
  }
}
