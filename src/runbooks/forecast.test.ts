import { describe, expect, test } from '@jest/globals';
import type { Rung } from '../model/runbook.js';
import { forecastLive, type Load } from './forecast.js';

const MB = 1_000_000;
const load: Load = {
  memoryBytes: 1_000 * MB,
  diskBytes: 0,
  bytesPerSecond: 100 * MB,
  isAssumed: false,
  maxDowntimeMs: 500,
};
const all: readonly Rung[] = ['live', 'throttle', 'post-copy', 'pause', 'restart'];

describe('a forecast', () => {
  test.each<[number | undefined, readonly Rung[], Rung]>([
    [undefined, all, 'live'],
    [12, all, 'live'],
    [95, all, 'throttle'],
    [600, all, 'post-copy'],
    [600, ['live', 'throttle', 'pause'], 'pause'],
    [600, ['live', 'restart'], 'restart'],
    [600, ['live', 'throttle'], 'throttle'],
    [12, ['post-copy'], 'post-copy'],
  ])('for a VM that writes %s MB/s of its memory, with the ladder %j, expects %s', (megabytes, ladder, expected) => {
    const dirtyBytesPerSecond = megabytes === undefined ? undefined : megabytes * MB;
    expect(forecastLive(ladder, { ...load, dirtyBytesPerSecond }).rung).toBe(expected);
  });

  test.each<[Partial<Load>, string]>([
    [{ dirtyBytesPerSecond: 2 ** 20 }, 'writes 1 MiB/s of memory, the link carries 95.4 MiB/s'],
    [{}, 'what it writes of its memory was not measured'],
    [
      { dirtyBytesPerSecond: 2 ** 30, isAssumed: true },
      'writes 1 GiB/s of memory, too much for the rungs before: the link is taken to carry 95.4 MiB/s',
    ],
  ])('says why: %j', (facts, expected) => {
    expect(forecastLive(all, { ...load, ...facts }).why).toBe(expected);
  });

  test('expects a pause to last as long as what is left is sent, and a restart all of its time', () => {
    const dirtyBytesPerSecond = 600 * MB;
    expect(forecastLive(['pause'], { ...load, dirtyBytesPerSecond }).downtimeMs).toBeGreaterThan(10_000);
    expect(forecastLive(['post-copy'], { ...load, dirtyBytesPerSecond }).downtimeMs).toBeLessThanOrEqual(500);
    const { downtimeMs, durationMs } = forecastLive(['restart'], { ...load, diskBytes: 1_000 * MB });
    expect(downtimeMs).toBe(durationMs);
    expect(durationMs).toBeGreaterThan(10_000);
  });
});
