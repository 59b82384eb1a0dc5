import type { CycleSeen } from '../model/replica-report.js';
import { formatDuration, formatRate, formatSize } from '../model/units.js';

export type { CycleSeen };

export interface Objective {
  readonly rpoMs: number;
  readonly everyMs: number;
}

/** How old the data will get when the guest goes on as in the last cycles. */
export interface RpoForecast {
  readonly churnBytesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Age of the data just before a point is published; absent when each cycle takes longer than the one before. */
  readonly worstAgeMs?: number;
  readonly isAttainable: boolean;
  /** When it is not: the longest `every` that would do, given what the link carries; absent when none does. */
  readonly everyMs?: number;
  /** When it is not: what the link would have to carry for `every` to do; absent when no rate is enough. */
  readonly neededBytesPerSecond?: number;
}

/** Cycles looked at: what a guest does now is told by two, and one burst alone is forgotten after as many. */
const cyclesSeen = 2;

/**
 * The forecast from the newest cycles (the last of the list); undefined before the first delta is complete.
 *
 * A delta of a period P takes T = other + churn · P / rate. The next cycle begins `every` after this one, or at its end
 * when that is later: P = max(every, T). Just before a point is published its predecessor is P + T old. Where T would be
 * longer than `every`, T = other / (1 - churn / rate), which only settles while the link carries more than is written.
 * Blocks that are written again and again are carried once in a longer period, so a longer one is judged too badly,
 * never too well.
 */
export function forecastRpo(cycles: readonly CycleSeen[], { rpoMs, everyMs }: Objective): RpoForecast | undefined {
  const seen = cycles.slice(-cyclesSeen);
  const sum = (of: (cycle: CycleSeen) => number): number => seen.reduce((total, cycle) => total + of(cycle), 0);
  const bytes = sum((cycle) => cycle.bytes);
  const churn =
    bytes /
    Math.max(
      1,
      sum(({ intervalMs }) => intervalMs),
    );
  const rate =
    Math.max(1, bytes) /
    Math.max(
      1,
      sum(({ transferMs }) => transferMs),
    );
  if (seen.length === 0) {
    return undefined;
  }
  const otherMs = sum((cycle) => cycle.otherMs) / seen.length;
  const worstAgeMs = worstAge({ load: churn / rate, otherMs, everyMs });
  const isAttainable = worstAgeMs !== undefined && worstAgeMs <= rpoMs;
  const rates = { churnBytesPerSecond: Math.round(churn * 1_000), bytesPerSecond: Math.round(rate * 1_000) };
  return {
    ...rates,
    ...(worstAgeMs === undefined ? {} : { worstAgeMs: Math.round(worstAgeMs) }),
    isAttainable,
    ...(isAttainable ? {} : remedies({ churn, rate, otherMs, rpoMs, everyMs })),
  };
}

/** `RPO not attainable: …`, with what would do; undefined while it is attainable. */
export function formatForecast(forecast: RpoForecast, { rpoMs, everyMs }: Objective): string | undefined {
  if (forecast.isAttainable) {
    return undefined;
  }
  const { churnBytesPerSecond, bytesPerSecond, worstAgeMs, everyMs: shorter, neededBytesPerSecond } = forecast;
  const written = `${formatSize(churnBytesPerSecond)}/s are written and ${formatSize(bytesPerSecond)}/s carried`;
  const grown = worstAgeMs === undefined ? 'without end' : `to ${formatDuration(worstAgeMs)}`;
  const remedy = [
    ...(shorter === undefined ? [] : [`sync every ${formatDuration(shorter)}`]),
    ...(neededBytesPerSecond === undefined
      ? []
      : [`give it ${formatRate(neededBytesPerSecond)} at every ${formatDuration(everyMs)}`]),
    'mirror it',
    'allow a longer RPO',
  ];
  return `RPO not attainable: ${written}, so its data grows ${grown} old where ${formatDuration(rpoMs)} are allowed; ${remedy.join(', or ')}`;
}

function worstAge(of: {
  readonly load: number;
  readonly otherMs: number;
  readonly everyMs: number;
}): number | undefined {
  const { load, otherMs, everyMs } = of;
  const cycleMs = otherMs + load * everyMs;
  if (cycleMs <= everyMs) {
    return everyMs + cycleMs;
  }
  return load < 1 ? (2 * otherMs) / (1 - load) : undefined;
}

function remedies(of: {
  readonly churn: number;
  readonly rate: number;
  readonly otherMs: number;
  readonly rpoMs: number;
  readonly everyMs: number;
}): Pick<RpoForecast, 'everyMs' | 'neededBytesPerSecond'> {
  const { churn, rate, otherMs, rpoMs, everyMs } = of;
  const load = churn / rate;
  const longest = Math.floor((rpoMs - otherMs) / (1 + load));
  const isShorterEnough = longest > 0 && load < 1 && otherMs + load * longest <= longest;
  const spareMs = Math.min(rpoMs - everyMs, everyMs) - otherMs;
  return {
    ...(isShorterEnough ? { everyMs: longest } : {}),
    ...(spareMs > 0 ? { neededBytesPerSecond: Math.ceil((churn * everyMs * 1_000) / spareMs) } : {}),
  };
}
