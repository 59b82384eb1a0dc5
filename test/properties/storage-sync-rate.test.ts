import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { advance, ask, burstMs, emptyBucket, type TokenBucket, waitMs } from '../../src/storage-sync/token-bucket.js';

const requestBytes = 1_000;

/** Transfers that always have so many requests waiting, for two minutes at a rate; what each of them was given. */
function play(waitingOf: readonly number[], bytesPerSecond: number): readonly number[] {
  const given = waitingOf.map(() => 0);
  let bucket: TokenBucket = emptyBucket(0);
  let id = 0;
  const owners = new Map<number, number>();
  const join = (transfer: number): void => {
    id += 1;
    owners.set(id, transfer);
    bucket = ask(bucket, { id, transfer: `t-${transfer}`, bytes: requestBytes });
  };
  for (const [transfer, count] of waitingOf.entries()) {
    for (let index = 0; index < count; index += 1) join(transfer);
  }
  for (let now = 0; now <= 120_000; now += waitMs(bucket, bytesPerSecond) ?? 1) {
    const result = advance(bucket, now, bytesPerSecond);
    bucket = result.bucket;
    for (const one of result.granted) {
      const transfer = owners.get(one) ?? 0;
      given[transfer] = (given[transfer] ?? 0) + requestBytes;
      join(transfer);
    }
    const sum = given.reduce((total, bytes) => total + bytes, 0);
    expect(sum).toBeLessThanOrEqual(((now + burstMs) * bytesPerSecond) / 1_000 + requestBytes);
  }
  return given;
}

describe('a rate that transfers share', () => {
  it('is used up, never passed, and shared evenly however many requests wait', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 100, max: 5_000 }),
        (waitingOf, bytesPerSecond) => {
          const given = play(waitingOf, bytesPerSecond);
          const sum = given.reduce((total, bytes) => total + bytes, 0);
          expect(sum).toBeGreaterThan(0.9 * 120 * bytesPerSecond - 2 * requestBytes);
          expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(2 * requestBytes);
        },
      ),
      { numRuns: 30 },
    );
  });
});
