import { describe, expect, it } from '@jest/globals';
import { isScratchSpent } from './scratch-limit.js';

describe('the end of scratch space', () => {
  const cases: readonly [string, number, number, boolean][] = [
    ['nothing is used', 0, 1000, false],
    ['less than 80 % is used', 799, 201, false],
    ['80 % is used', 800, 1000, true],
    ['another backup has taken the rest', 10, 200, true],
    ['all is gone', 1000, 0, true],
  ];
  it.each(cases)('%s', (_, usedBytes, freeNow, isSpent) => {
    expect(isScratchSpent({ freeAtBeginning: 1000, usedBytes, freeNow })).toBe(isSpent);
  });

  it('is there from the beginning where nothing is free', () => {
    expect(isScratchSpent({ freeAtBeginning: 0, usedBytes: 0, freeNow: 0 })).toBe(true);
  });
});
