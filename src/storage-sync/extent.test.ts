import { describe, expect, it, test } from '@jest/globals';
import {
  coalesce,
  disorder,
  type Extent,
  intersect,
  type KindExtent,
  split,
  subtract,
  totalBytes,
  union,
} from './extent.js';

/** `'0+4a 8+2'`: four bytes of kind a from 0 on, and two of no kind from 8 on. */
function list(text: string): readonly KindExtent<string>[] {
  return [...text.matchAll(/(\d+)\+(\d+)(\w*)/g)].map(([, offset, length, kind = '']) => ({
    offset: Number(offset),
    length: Number(length),
    kind,
  }));
}

function shown(extents: Iterable<Extent & { readonly kind?: string }>): string {
  return [...extents].map(({ offset, length, kind = '' }) => `${offset}+${length}${kind}`).join(' ');
}

describe('extents', () => {
  test.each([
    ['neighbours of one kind become one', '0+4a 4+4a 8+1a', '0+9a'],
    ['neighbours of two kinds stay apart', '0+4a 4+4b', '0+4a 4+4b'],
    ['a gap keeps them apart', '0+4a 5+4a', '0+4a 5+4a'],
    ['an empty one vanishes', '0+0a 4+4a 8+0a', '4+4a'],
    ['nothing stays nothing', '', ''],
  ])('coalesced: %s', (_, given, expected) => {
    expect(shown(coalesce(list(given)))).toBe(expected);
  });

  test.each([
    ['lists that overlap', '0+4 8+4', '2+8', '0+12'],
    ['lists that touch', '0+4', '4+4', '0+8'],
    ['one within the other', '0+10', '2+3', '0+10'],
    ['lists apart', '6+2', '0+2', '0+2 6+2'],
    ['an empty list', '', '3+1', '3+1'],
  ])('united: %s', (_, one, other, expected) => {
    expect(shown(union(list(one), list(other)))).toBe(expected);
  });

  test.each([
    ['cut by what it meets', '0+10a', '2+2 6+10', '2+2a 6+4a', '0+2a 4+2a'],
    ['one mask over several', '0+2a 4+2b 8+2a', '1+8', '1+1a 4+2b 8+1a', '0+1a 9+1a'],
    ['apart', '0+2a', '2+2', '', '0+2a'],
    ['an empty mask', '0+2a', '', '', '0+2a'],
    ['the whole', '3+2a', '0+9', '3+2a', ''],
  ])('intersected and subtracted: %s', (_, given, mask, common, rest) => {
    expect(shown(intersect(list(given), list(mask)))).toBe(common);
    expect(shown(subtract(list(given), list(mask)))).toBe(rest);
  });

  it('are cut at multiples of the size', () => {
    expect(shown(split(list('3+10a 20+4b'), 4))).toBe('3+1a 4+4a 8+4a 12+1a 20+4b');
  });

  it('are counted', () => {
    expect(totalBytes(list('0+4 9+3'))).toBe(7);
  });

  test.each([
    [
      'overlap',
      [
        { offset: 0, length: 4 },
        { offset: 3, length: 4 },
      ],
      'extent 1 begins at 3',
    ],
    [
      'disorder',
      [
        { offset: 8, length: 4 },
        { offset: 0, length: 4 },
      ],
      'extent 1 begins at 0',
    ],
    ['emptiness', [{ offset: 8, length: 0 }], 'extent 0 (offset 8, length 0) is no run of bytes'],
    ['half bytes', [{ offset: 0.5, length: 1 }], 'is no run of bytes'],
    ['a negative offset', [{ offset: -1, length: 1 }], 'is no run of bytes'],
    ['an end behind the disk', [{ offset: 90, length: 11 }], 'extent 0 ends at 101, behind the end of the disk (100)'],
  ])('are found wrong for %s', (_, given, expected) => {
    expect(disorder(given, 100)).toContain(expected);
  });

  it('are found right when they are', () => {
    expect(
      disorder(
        [
          { offset: 0, length: 4 },
          { offset: 4, length: 96 },
        ],
        100,
      ),
    ).toBeUndefined();
    expect(disorder([])).toBeUndefined();
  });
});
