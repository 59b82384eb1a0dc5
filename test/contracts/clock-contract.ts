import { describe, expect, it } from '@jest/globals';
import { type Clock, sleep } from '../../src/model/clock.js';

/** What a clock must be given to prove its promises. */
export interface ClockDriver {
  readonly clock: Clock;
  /** Lets time pass until the promise settles. */
  readonly answered: <Answer>(promise: Promise<Answer>) => Promise<Answer>;
}

/** The promises of the Clock port, for every driver. */
export function describeClock(name: string, makeDriver: () => ClockDriver): void {
  describe(`${name} as a clock`, () => {
    const due = (clock: Clock, at: number) =>
      new Promise<number>((resolve) => clock.at(at, () => resolve(clock.now())));

    it('calls back once, at or after the time', async () => {
      const { clock, answered } = makeDriver();
      const at = clock.now() + 20;
      let calls = 0;
      clock.at(at, () => {
        calls += 1;
      });
      expect(await answered(due(clock, at + 20))).toBeGreaterThanOrEqual(at + 20);
      expect(calls).toBe(1);
    });

    it('calls back for a time that has passed, and never before the call has returned', async () => {
      const { clock, answered } = makeDriver();
      let hasReturned = false;
      const late = new Promise<boolean>((resolve) => clock.at(clock.now() - 1_000, () => resolve(hasReturned)));
      hasReturned = true;
      expect(await answered(late)).toBe(true);
    });

    it('does not call back what was forgotten, and may be told twice', async () => {
      const { clock, answered } = makeDriver();
      let calls = 0;
      const forget = clock.at(clock.now() + 5, () => {
        calls += 1;
      });
      forget();
      forget();
      await answered(due(clock, clock.now() + 20));
      expect(calls).toBe(0);
    });

    it('calls back in the order of the times', async () => {
      const { clock, answered } = makeDriver();
      const seen: number[] = [];
      const now = clock.now();
      const all = [30, 10, 20].map(async (ms) => {
        await due(clock, now + ms);
        seen.push(ms);
      });
      await answered(Promise.all(all));
      expect(seen).toEqual([10, 20, 30]);
    });

    it('lets a sleeper sleep, and wakes it with the reason when it is aborted', async () => {
      const { clock, answered } = makeDriver();
      const before = clock.now();
      await answered(sleep(clock, 15));
      expect(clock.now() - before).toBeGreaterThanOrEqual(15);
      const abort = new AbortController();
      const asleep = sleep(clock, 3_600_000, abort.signal);
      abort.abort(new Error('enough'));
      await expect(asleep).rejects.toThrow('enough');
    });
  });
}
