import type { Link, RateWindow, Weekday } from '../model/estate.js';

/** What a link carries at a moment. */
export interface LinkRateAt {
  /** Absent: no limit. 0: nothing. */
  readonly bytesPerSecond?: number;
  /** From this moment on (ms since the epoch) it is another rate; absent when none follows within eight days. */
  readonly until?: number;
}

/** How far local time is ahead of UTC at a moment, ms. It may change from moment to moment, as summer time does. */
export type LocalOffset = (at: number) => number;

const minuteMs = 60_000;
const dayMinutes = 1_440;
/** A week has every window once, and a day is left for a change of the clocks. */
const horizonMinutes = 8 * dayMinutes;
/** The epoch was a Thursday. */
const days: readonly Weekday[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'];

/**
 * The rate of a link at a moment: that of the first window that local time is in, else the link's own. A window that
 * does not end after it begins goes on over midnight, into the morning after its days. When the clocks are put forward,
 * an hour and the part of a window in it do not exist; when they are put back, they come twice.
 */
export function rateAt(
  link: Pick<Link, 'bytesPerSecond' | 'windows'>,
  at: number,
  localOffset: LocalOffset,
): LinkRateAt {
  const bytesPerSecond = rateIn(link, at + localOffset(at));
  const until = link.windows.length === 0 ? undefined : changeAfter(link, { at, localOffset, bytesPerSecond });
  return { ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }), ...(until === undefined ? {} : { until }) };
}

/** Windows and clocks change with full minutes only, so it is enough to look at these. */
function changeAfter(
  link: Pick<Link, 'bytesPerSecond' | 'windows'>,
  now: { readonly at: number; readonly localOffset: LocalOffset; readonly bytesPerSecond: number | undefined },
): number | undefined {
  const first = Math.floor(now.at / minuteMs) + 1;
  for (let minute = first; minute <= first + horizonMinutes; minute += 1) {
    const moment = minute * minuteMs;
    if (rateIn(link, moment + now.localOffset(moment)) !== now.bytesPerSecond) {
      return moment;
    }
  }
  return undefined;
}

function rateIn(
  { bytesPerSecond, windows }: Pick<Link, 'bytesPerSecond' | 'windows'>,
  local: number,
): number | undefined {
  const minutes = Math.floor(local / minuteMs);
  const day = Math.floor(minutes / dayMinutes);
  const minute = minutes - day * dayMinutes;
  return (windows.find((window) => isIn(window, day, minute)) ?? { bytesPerSecond }).bytesPerSecond;
}

function isIn(window: RateWindow, day: number, minute: number): boolean {
  const { fromMinute, toMinute } = window;
  const isDay = (one: number): boolean => window.days.includes(days[((one % 7) + 7) % 7] ?? 'mon');
  if (fromMinute < toMinute) {
    return isDay(day) && fromMinute <= minute && minute < toMinute;
  }
  return (isDay(day) && fromMinute <= minute) || (isDay(day - 1) && minute < toMinute);
}
