import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type RateWindow, weekdays } from '../../src/model/estate.js';
import { rateAt } from '../../src/storage-sync/rate-windows.js';

const windows: fc.Arbitrary<readonly RateWindow[]> = fc.array(
  fc.record({
    days: fc.subarray([...weekdays], { minLength: 1 }),
    fromMinute: fc.nat(1_439),
    toMinute: fc.nat(1_440),
    bytesPerSecond: fc.constantFrom(0, 10, 20),
  }),
  { maxLength: 4 },
);

const start = Date.UTC(2026, 2, 26);

describe('the rate of a link', () => {
  it('holds until the moment that is told and is another one then, also when the clocks change', () => {
    fc.assert(
      fc.property(
        windows,
        fc.nat(6 * 86_400_000),
        fc.record({
          changeAfterMs: fc.nat(6 * 1_440).map((minutes) => minutes * 60_000),
          hours: fc.constantFrom(-1, 0, 1),
        }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 8 }),
        (drawn, afterMs, { changeAfterMs, hours }, shares) => {
          const offset = (at: number): number => (at < start + changeAfterMs ? 0 : hours * 3_600_000);
          const link = { bytesPerSecond: 100, windows: drawn };
          const at = start + afterMs;
          const { bytesPerSecond, until } = rateAt(link, at, offset);
          const end = until ?? at + 8 * 86_400_000;
          expect(end).toBeGreaterThan(at);
          for (const share of shares) {
            expect(rateAt(link, at + Math.floor(share * (end - at)), offset).bytesPerSecond).toBe(bytesPerSecond);
          }
          expect(until === undefined || rateAt(link, until, offset).bytesPerSecond !== bytesPerSecond).toBe(true);
        },
      ),
    );
  });
});
