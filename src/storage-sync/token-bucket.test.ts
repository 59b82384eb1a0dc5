import { describe, expect, it } from '@jest/globals';
import { advance, ask, burstMs, emptyBucket, type TokenBucket, waitMs, withdraw } from './token-bucket.js';

const KiB = 1_024;

/** Requests of 1 KiB each, of the transfer that each letter names, with ids from 1 on. */
function asked(letters: string, from: TokenBucket = emptyBucket(0)): TokenBucket {
  return letters
    .split('')
    .reduce((bucket, transfer, index) => ask(bucket, { id: index + 1, transfer, bytes: KiB }), from);
}

describe('a token bucket', () => {
  it('lets all go where there is no limit', () => {
    const { bucket, granted } = advance(asked('aab'), 0, undefined);
    expect(granted).toEqual([1, 3, 2]);
    expect(bucket.waiting).toEqual([]);
  });

  it('lets nothing go without tokens, and says when it will', () => {
    const { bucket, granted } = advance(asked('aa'), 0, 10 * KiB);
    expect(granted).toEqual([]);
    expect(waitMs(bucket, 10 * KiB)).toBe(1);
  });

  it('lets a request go into debt, and the next one when that is paid', () => {
    const first = advance(asked('aa'), 1, 10 * KiB);
    expect(first.granted).toEqual([1]);
    const wait = waitMs(first.bucket, 10 * KiB) ?? 0;
    expect(wait).toBe(100);
    expect(advance(first.bucket, wait - 1, 10 * KiB).granted).toEqual([]);
    expect(advance(first.bucket, 1 + wait, 10 * KiB).granted).toEqual([2]);
  });

  it('saves up no more than a burst', () => {
    const rate = 20 * KiB;
    const { granted } = advance(asked('aaaaaaaaaa'), 3_600_000, rate);
    expect(granted).toHaveLength((rate * burstMs) / 1_000 / KiB);
  });

  it('waits without end at a rate of nothing', () => {
    const { bucket, granted } = advance(asked('a'), 60_000, 0);
    expect(granted).toEqual([]);
    expect(waitMs(bucket, 0)).toBeUndefined();
    expect(advance(bucket, 60_001, KiB).granted).toEqual([1]);
  });

  it('lets transfers go in turns, however many requests one has waiting', () => {
    const { granted } = advance(asked('aaaabb'), 0, undefined);
    expect(granted).toEqual([1, 5, 2, 6, 3, 4]);
  });

  it('gives a transfer that comes later its share from then on, and nothing for the past', () => {
    const early = advance(asked('aaaaaa'), 1, 1);
    const both = ask(ask(early.bucket, { id: 11, transfer: 'b', bytes: KiB }), { id: 12, transfer: 'b', bytes: KiB });
    expect(advance(both, 1, undefined).granted).toEqual([11, 2, 12, 3, 4, 5, 6]);
  });

  it('forgets a request that is withdrawn', () => {
    expect(advance(withdraw(asked('ab'), 1), 0, undefined).granted).toEqual([2]);
    expect(waitMs(withdraw(asked('a'), 1), 10)).toBeUndefined();
  });

  it('gains nothing by a clock that goes backwards', () => {
    const { bucket } = advance(advance(asked('aa'), 1_000, KiB).bucket, 500, KiB);
    expect(bucket.at).toBe(1_000);
    expect(bucket.waiting).toHaveLength(1);
  });
});
