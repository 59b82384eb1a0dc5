import { describe, expect, it, test } from '@jest/globals';
import type { RecoveryPoint } from '../model/replica.js';
import { type Retention, retain } from './retention.js';

/** `'a b! c'`: three points, oldest first, the second of them pinned. */
function points(text: string): readonly RecoveryPoint[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, index) => ({
      id: word[0] ?? '',
      vm: 'web-1',
      at: index,
      consistency: 'crash',
      sizeBytes: 1,
      pinnedBy: word.endsWith('!') ? ['drill-1'] : [],
    }));
}

function shown({ merges }: Retention): string {
  return merges
    .map(({ drops, layer, into }) => `${layer}>${into === 'base' ? 'base' : into.point} drops ${drops}`)
    .join(', ');
}

describe('retention', () => {
  test.each([
    ['keeps all while there are few', 'a b', 3, '', 'a b', ''],
    ['keeps all when there are just enough', 'a b c', 3, '', 'a b c', ''],
    ['merges the oldest into the base, oldest first', 'a b c d', 2, 'a>base drops a, b>base drops b', 'c d', ''],
    ['merges nothing below a pinned point', 'a b! c', 1, '', 'a b c', 'a b'],
    ['lets a pin among the kept hold what is below it', 'a b c! d', 2, '', 'a b c d', 'a b'],
    ['goes by the highest pin', 'a! b c! d', 1, '', 'a b c d', 'a b c'],
    ['merges above a pin', 'a! b c d', 1, 'c>b drops b, d>b drops c', 'a d', 'a'],
    ['never merges the newest away', 'a b c', 0, 'a>base drops a, b>base drops b', 'c', ''],
    ['has nothing to do without points', '', 3, '', '', ''],
  ])('%s', (_, given, keep, merges, kept, held) => {
    const retention = retain(points(given), keep);
    expect(shown(retention)).toBe(merges);
    expect([retention.kept.join(' '), retention.held.join(' ')]).toEqual([kept, held]);
  });

  it('merges above a pin into the layer that the pin does not read', () => {
    for (const { into } of retain(points('a b! c d e f'), 2).merges) {
      expect(into).toEqual({ point: 'c' });
    }
  });
});
