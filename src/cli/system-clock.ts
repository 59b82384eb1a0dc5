import type { Clock } from '../model/clock.js';

/** What a timer of Node's holds at most; one set for longer fires at once. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at: (at, callback) => {
    let timer: NodeJS.Timeout;
    // Timers follow the monotonic clock, and may fire a millisecond before the wall clock says so, or before it is set back.
    const wait = (): void => {
      timer = setTimeout(
        () => (Date.now() < at ? wait() : callback()),
        Math.min(Math.max(0, at - Date.now()), longestTimerMs),
      );
    };
    wait();
    return () => clearTimeout(timer);
  },
};
