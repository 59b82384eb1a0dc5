import { describe, expect, it, test } from '@jest/globals';
import { type CopyPlan, planDelta, planResync, planSeed, requestsOf, type ToldExtent } from './copy-plan.js';
import type { Extent } from './extent.js';

/** `'8x 4. 4h'`: lengths in a row, each with the flag that its letter stands for. */
function told(text: string, flags: Readonly<Record<string, number>>): readonly ToldExtent[] {
  let offset = 0;
  return text.split(' ').flatMap((part) => {
    const length = Number.parseInt(part, 10);
    offset += length;
    return Number.isNaN(length) ? [] : [{ offset: offset - length, length, flags: flags[part.at(-1) ?? ''] ?? 0 }];
  });
}

const dirty = (text: string): readonly ToldExtent[] => told(text, { x: 1, '.': 0 });
/** d data, h hole that reads as zeroes, z allocated zeroes, o hole of which nothing is promised. */
const allocation = (text: string): readonly ToldExtent[] => told(text, { d: 0, h: 3, z: 2, o: 1 });

function shown({ extents }: { readonly extents: Iterable<Extent & { readonly kind: string }> }): string {
  return [...extents].map(({ offset, length, kind }) => `${kind} ${offset}+${length}`).join(', ');
}

const delta = (bits: string, allocated: string): CopyPlan =>
  planDelta({ sizeBytes: 16, dirty: dirty(bits), allocation: allocation(allocated) });

describe('the plan of a delta', () => {
  test.each([
    ['dirty data is copied', '4. 4x 8.', '16d', 'copy 4+4'],
    ['dirty holes are written as zeroes', '4. 4x 8.', '16h', 'zero 4+4'],
    ['dirty zeroes are written as zeroes', '4. 4x 8.', '16z', 'zero 4+4'],
    ['a hole that may hold anything is copied', '4. 4x 8.', '16o', 'copy 4+4'],
    ['holes and allocated zeroes are one', '16x', '4d 4h 4z 4d', 'copy 0+4, zero 4+8, copy 12+4'],
    ['what is told in pieces is joined', '2x 2x 4x 8.', '1d 15d', 'copy 0+8'],
    ['a dirty extent over a border is cut', '6. 4x 6.', '8d 8h', 'copy 6+2, zero 8+2'],
    ['nothing dirty writes nothing', '16.', '8d 8h', ''],
    ['what the allocation does not tell is copied', '16x', '8h', 'zero 0+8, copy 8+8'],
    ['what lies behind the disk is left out', '12. 8x', '32d', 'copy 12+4'],
  ])('%s', (_, bits, allocated, expected) => {
    expect(shown(delta(bits, allocated))).toBe(expected);
  });

  it('says how many bytes it copies and how many it writes as zeroes', () => {
    expect(delta('12x 4.', '4d 4h 8d')).toMatchObject({
      copyBytes: 8,
      zeroBytes: 4,
      sizeBytes: 16,
      isTargetFresh: false,
    });
  });

  it('looks at the dirty bit only', () => {
    expect(shown(planDelta({ sizeBytes: 4, dirty: [{ offset: 0, length: 4, flags: 2 }], allocation: [] }))).toBe('');
    expect(shown(planDelta({ sizeBytes: 4, dirty: [{ offset: 0, length: 4, flags: 3 }], allocation: [] }))).toBe(
      'copy 0+4',
    );
  });
});

describe('the plan of a seed', () => {
  test.each([
    ['into a fresh image leaves zeroes out', true, '4d 4h 4z 4o', 'copy 0+4, copy 12+4'],
    ['over anything else writes all of them', false, '4d 4h 4z 4o', 'copy 0+4, zero 4+8, copy 12+4'],
  ])('%s', (_, isTargetFresh, allocated, expected) => {
    expect(shown(planSeed({ sizeBytes: 16, allocation: allocation(allocated), isTargetFresh }))).toBe(expected);
  });

  it('of an empty disk is empty', () => {
    expect(planSeed({ sizeBytes: 0, allocation: [], isTargetFresh: true }).extents).toEqual([]);
  });
});

describe('the plan of a resync', () => {
  it('writes what differs and nothing else', () => {
    const differing = [{ offset: 0, length: 8 }];
    expect(shown(planResync({ sizeBytes: 16, differing, allocation: allocation('4d 12h') }))).toBe(
      'copy 0+4, zero 4+4',
    );
  });
});

describe('the requests of a plan', () => {
  it('are cut by the size of their kind', () => {
    const requests = requestsOf(delta('16x', '6d 10h'), { copyBytes: 4, zeroBytes: 8 });
    expect(shown({ extents: requests })).toBe('copy 0+4, copy 4+2, zero 6+2, zero 8+8');
  });

  it('go on in the midst of an extent', () => {
    const requests = requestsOf(delta('16x', '6d 10h'), { copyBytes: 4, zeroBytes: 64, from: 5 });
    expect(shown({ extents: requests })).toBe('copy 5+1, zero 6+10');
  });
});
