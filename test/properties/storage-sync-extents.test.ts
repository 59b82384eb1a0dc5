import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { planDelta, planSeed, requestsOf, type ToldExtent } from '../../src/storage-sync/copy-plan.js';
import { coalesce, disorder, type Extent, intersect, split, subtract, union } from '../../src/storage-sync/extent.js';

const sizeBytes = 64;

/** A list in order without overlap, made of steps: skip so many bytes, take so many. */
const lists: fc.Arbitrary<readonly Extent[]> = fc
  .array(fc.record({ skip: fc.nat(6), take: fc.integer({ min: 1, max: 9 }) }), { maxLength: 8 })
  .map((steps) => {
    let offset = 0;
    return steps.map(({ skip, take }) => {
      const extent = { offset: offset + skip, length: take };
      offset += skip + take;
      return extent;
    });
  });

/** What a context tells of a whole disk, or of its beginning only. */
const tellings = (flagsMax: number): fc.Arbitrary<readonly ToldExtent[]> =>
  fc
    .array(fc.record({ length: fc.integer({ min: 1, max: 12 }), flags: fc.nat(flagsMax) }), { maxLength: 14 })
    .map((parts) => {
      let offset = 0;
      return parts.map(({ length, flags }) => {
        offset += length;
        return { offset: offset - length, length, flags };
      });
    });

function bytesOf(extents: Iterable<Extent>): readonly number[] {
  return [...extents].flatMap(({ offset, length }) => Array.from({ length }, (_, index) => offset + index));
}

const flagsAt = (extents: readonly ToldExtent[], byte: number): number | undefined =>
  extents.find(({ offset, length }) => offset <= byte && byte < offset + length)?.flags;

describe('lists of extents', () => {
  it('have in their union, intersection and difference the bytes that sets would have, in order', () => {
    fc.assert(
      fc.property(lists, lists, (one, other) => {
        const [a, b] = [new Set(bytesOf(one)), new Set(bytesOf(other))];
        const inOrder = (bytes: Iterable<number>): readonly number[] => [...new Set(bytes)].toSorted((x, y) => x - y);
        expect(bytesOf(union(one, other))).toEqual(inOrder([...a, ...b]));
        expect(bytesOf(intersect(one, other))).toEqual(inOrder([...a].filter((byte) => b.has(byte))));
        expect(bytesOf(subtract(one, other))).toEqual(inOrder([...a].filter((byte) => !b.has(byte))));
        expect([union(one, other), intersect(one, other), subtract(one, other)].map((list) => disorder(list))).toEqual([
          undefined,
          undefined,
          undefined,
        ]);
      }),
    );
  });

  it('keep every byte, and its kind, when joined and cut', () => {
    fc.assert(
      fc.property(tellings(2), fc.integer({ min: 1, max: 16 }), (parts, maxBytes) => {
        const kinds = parts.map(({ offset, length, flags }) => ({ offset, length, kind: flags }));
        const joined = coalesce(kinds);
        const cut = [...split(joined, maxBytes)];
        for (const list of [joined, cut]) {
          expect(list.flatMap(({ length, kind }) => Array.from({ length }, () => kind))).toEqual(
            kinds.flatMap(({ length, kind }) => Array.from({ length }, () => kind)),
          );
        }
        expect(cut.every(({ length }) => length <= maxBytes)).toBe(true);
        expect(joined.every(({ kind }, index) => kind !== joined[index - 1]?.kind)).toBe(true);
      }),
    );
  });
});

describe('a copy plan', () => {
  it('writes every dirty byte exactly once, as zeroes only where the source reads as zeroes, and no clean byte', () => {
    fc.assert(
      fc.property(tellings(1), tellings(3), fc.integer({ min: 1, max: 16 }), (dirty, allocation, maxBytes) => {
        const plan = planDelta({ sizeBytes, dirty, allocation });
        const requests = [...requestsOf(plan, { copyBytes: maxBytes, zeroBytes: 2 * maxBytes })];
        expect(disorder(requests, sizeBytes)).toBeUndefined();
        const done = new Map(requests.flatMap((request) => bytesOf([request]).map((byte) => [byte, request.kind])));
        for (let byte = 0; byte < sizeBytes; byte += 1) {
          const isZero = ((flagsAt(allocation, byte) ?? 0) & 2) !== 0;
          expect(done.get(byte)).toBe(flagsAt(dirty, byte) === 1 ? (isZero ? 'zero' : 'copy') : undefined);
        }
        expect(plan.copyBytes + plan.zeroBytes).toBe(done.size);
      }),
    );
  });

  it('of a seed leaves out only what reads as zeroes, and only of a fresh image', () => {
    fc.assert(
      fc.property(tellings(3), fc.boolean(), (allocation, isTargetFresh) => {
        const plan = planSeed({ sizeBytes, allocation, isTargetFresh });
        const written = new Set(bytesOf(plan.extents));
        for (let byte = 0; byte < sizeBytes; byte += 1) {
          const isZero = ((flagsAt(allocation, byte) ?? 0) & 2) !== 0;
          expect(written.has(byte)).toBe(!(isTargetFresh && isZero));
        }
      }),
    );
  });

  it('that is taken up in its midst does the rest and nothing else', () => {
    fc.assert(
      fc.property(tellings(1), tellings(3), fc.nat(sizeBytes), (dirty, allocation, from) => {
        const plan = planDelta({ sizeBytes, dirty, allocation });
        const limits = { copyBytes: 5, zeroBytes: 9 };
        const all = bytesOf(requestsOf(plan, limits));
        expect(bytesOf(requestsOf(plan, { ...limits, from }))).toEqual(all.filter((byte) => byte >= from));
      }),
    );
  });
});
