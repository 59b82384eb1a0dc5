import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { RecoveryPoint } from '../../src/model/replica.js';
import { type Merge, retain } from '../../src/storage-sync/retention.js';

const chains: fc.Arbitrary<readonly RecoveryPoint[]> = fc.array(fc.nat(5), { maxLength: 14 }).map((pins) =>
  pins.map((pin, index) => ({
    id: `p${index}`,
    vm: 'web-1',
    at: index,
    consistency: 'crash',
    sizeBytes: 1,
    pinnedBy: pin === 0 ? ['drill-1'] : [],
  })),
);

/** A chain of files, from the base up: what each holds of its own, and the point whose state one reads through it. */
interface File {
  readonly name: string;
  readonly holds: readonly string[];
}

const chainOf = (points: readonly RecoveryPoint[]): readonly File[] => [
  { name: 'base', holds: ['base'] },
  ...points.map(({ id }) => ({ name: id, holds: [id] })),
];

/** The merge of a file into the one right below it; it says so when that is not where it is to go. */
function merge(files: readonly File[], { layer, into }: Merge): readonly File[] {
  const index = files.findIndex(({ name }) => name === layer);
  const upper = files[index];
  const lower = files[index - 1];
  if (upper === undefined || lower === undefined || lower.name !== (into === 'base' ? 'base' : into.point)) {
    throw new Error(`${layer} does not lie above what it is merged into`);
  }
  return files.toSpliced(index - 1, 2, { name: lower.name, holds: [...lower.holds, ...upper.holds] });
}

/** What one reads of a point: all that was written up to it. Absent when no file ends with its state. */
function readPoint(files: readonly File[], id: string): string | undefined {
  const index = files.findIndex(({ holds }) => holds.at(-1) === id);
  return index < 0
    ? undefined
    : files
        .slice(0, index + 1)
        .flatMap(({ holds }) => holds)
        .join(' ');
}

const cases = fc.tuple(chains, fc.integer({ min: 0, max: 16 }));

describe('retention', () => {
  it('merges no pinned point away nor anything below it, and touches none of their files', () => {
    fc.assert(
      fc.property(cases, ([points, keep]) => {
        const highest = points.findLastIndex(({ pinnedBy }) => pinnedBy.length > 0);
        const guarded = points.slice(0, highest + 1).map(({ id }) => id);
        const { merges } = retain(points, keep);
        for (const { drops, layer, into } of merges) {
          expect(guarded).not.toContain(drops);
          expect(guarded).not.toContain(layer);
          expect(guarded).not.toContain(into === 'base' ? undefined : into.point);
        }
        expect(merges.filter(({ into }) => highest >= 0 && into === 'base')).toEqual([]);
      }),
    );
  });

  it('keeps the newest that it is to keep, one at least, and nothing else but what is held', () => {
    fc.assert(
      fc.property(cases, ([points, keep]) => {
        const { merges, kept, held } = retain(points, keep);
        const ids = points.map(({ id }) => id);
        const newest = ids.slice(-Math.max(1, keep));
        expect(kept).toEqual([...held, ...newest].toSorted((one, other) => ids.indexOf(one) - ids.indexOf(other)));
        expect([...merges.map(({ drops }) => drops), ...kept].toSorted()).toEqual(ids.toSorted());
      }),
    );
  });

  it('leaves every point that is not yet dropped readable, after each of its merges', () => {
    fc.assert(
      fc.property(cases, ([points, keep]) => {
        let files = chainOf(points);
        const left = new Set(points.map(({ id }) => id));
        for (const one of retain(points, keep).merges) {
          files = merge(files, one);
          left.delete(one.drops);
          for (const id of left) {
            const state = [
              'base',
              ...points.slice(0, points.findIndex((point) => point.id === id) + 1).map((point) => point.id),
            ];
            expect(readPoint(files, id)).toBe(state.join(' '));
          }
        }
      }),
    );
  });

  it('has nothing left to do once it is done, when nothing is pinned', () => {
    fc.assert(
      fc.property(cases, ([drawn, keep]) => {
        const points = drawn.map((point) => ({ ...point, pinnedBy: [] }));
        const { kept } = retain(points, keep);
        expect(
          retain(
            points.filter(({ id }) => kept.includes(id)),
            keep,
          ).merges,
        ).toEqual([]);
      }),
    );
  });
});
