import { describe, expect, it, test } from '@jest/globals';
import { type CycleSeen, forecastRpo, formatForecast } from './rpo-forecast.js';

const MiB = 2 ** 20;

/** A cycle of a guest that writes so many MiB/s over a link that carries so many. */
function cycle(churn: number, rate: number, everyMs: number, otherMs = 1_000): CycleSeen {
  const bytes = (churn * MiB * everyMs) / 1_000;
  return { intervalMs: everyMs, bytes, transferMs: bytes / ((rate * MiB) / 1_000), otherMs };
}

/** Plays cycles one after the other, and tells the greatest age of the data once they have settled. */
function played(churn: number, rate: number, everyMs: number, otherMs: number): number {
  let periodMs = everyMs;
  let ageMs = 0;
  for (let count = 0; count < 2_000; count += 1) {
    const cycleMs = otherMs + (churn / rate) * periodMs;
    ageMs = periodMs + cycleMs;
    periodMs = Math.max(everyMs, cycleMs);
  }
  return ageMs;
}

describe('the forecast of the RPO', () => {
  it('is none before the first delta', () => {
    expect(forecastRpo([], { rpoMs: 1, everyMs: 1 })).toBeUndefined();
  });

  test.each([
    ['a quiet guest', 1, 100, 60_000, 1_000],
    ['a guest that keeps the link half busy', 50, 100, 60_000, 1_000],
    ['cycles longer than `every`', 50, 100, 1_000, 1_000],
    ['a guest that nearly fills the link', 95, 100, 10_000, 2_000],
  ])('is what cycles come to with %s', (_, churn, rate, everyMs, otherMs) => {
    const forecast = forecastRpo([cycle(churn, rate, everyMs, otherMs)], { rpoMs: 1, everyMs });
    expect(forecast?.worstAgeMs).toBeCloseTo(played(churn, rate, everyMs, otherMs), -1);
  });

  it('has no end when more is written than is carried', () => {
    const forecast = forecastRpo([cycle(30, 20, 60_000)], { rpoMs: 600_000, everyMs: 60_000 });
    expect(forecast).toMatchObject({ isAttainable: false, churnBytesPerSecond: 30 * MiB, bytesPerSecond: 20 * MiB });
    expect(forecast).not.toHaveProperty('worstAgeMs');
    expect(forecast).not.toHaveProperty('everyMs');
  });

  it('names an `every` and a rate that do', () => {
    const objective = { rpoMs: 90_000, everyMs: 60_000 };
    const seen = (everyMs: number, rate: number): CycleSeen => cycle(60, rate, everyMs);
    const forecast = forecastRpo([seen(60_000, 100)], objective);
    expect(forecast?.isAttainable).toBe(false);
    const { everyMs = 0, neededBytesPerSecond = 0 } = forecast ?? {};
    expect(everyMs).toBe(55_625);
    expect(forecastRpo([seen(everyMs, 100)], { rpoMs: 90_000, everyMs })?.isAttainable).toBe(true);
    expect(forecastRpo([seen(everyMs + 10, 100)], { rpoMs: 90_000, everyMs: everyMs + 10 })?.isAttainable).toBe(false);
    expect(forecastRpo([seen(60_000, (neededBytesPerSecond / MiB) * 1.001)], objective)?.isAttainable).toBe(true);
    expect(forecastRpo([seen(60_000, (neededBytesPerSecond / MiB) * 0.99)], objective)?.isAttainable).toBe(false);
  });

  it('is said within two cycles of a change, and a burst is forgotten within two', () => {
    const objective = { rpoMs: 120_000, everyMs: 60_000 };
    const quiet = cycle(1, 100, 60_000);
    const busy = cycle(300, 100, 60_000);
    const said = (...cycles: readonly CycleSeen[]): boolean | undefined => forecastRpo(cycles, objective)?.isAttainable;
    expect([said(quiet, quiet), said(quiet, busy), said(busy, busy)]).toEqual([true, false, false]);
    expect(said(busy, quiet, quiet)).toBe(true);
  });

  it('takes a cycle without bytes for a guest that writes nothing', () => {
    const forecast = forecastRpo([{ intervalMs: 60_000, bytes: 0, transferMs: 0, otherMs: 500 }], {
      rpoMs: 90_000,
      everyMs: 60_000,
    });
    expect(forecast).toMatchObject({ churnBytesPerSecond: 0, isAttainable: true, worstAgeMs: 60_500 });
  });

  it('is told in a sentence with what would do', () => {
    const objective = { rpoMs: 90_000, everyMs: 60_000 };
    const text = (churn: number, rate: number): string | undefined => {
      const forecast = forecastRpo([cycle(churn, rate, 60_000)], objective);
      return forecast === undefined ? '' : formatForecast(forecast, objective);
    };
    expect(text(1, 100)).toBeUndefined();
    expect(text(60, 100)).toBe(
      'RPO not attainable: 60 MiB/s are written and 100 MiB/s carried, so its data grows to 1m 37s old where 1m 30s are allowed; ' +
        'sync every 55.6s, or give it 1 Gbit/s at every 1m, or mirror it, or allow a longer RPO',
    );
    expect(text(30, 20)).toContain('grows without end old');
  });
});
