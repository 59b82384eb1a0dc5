import { describe, expect, it } from '@jest/globals';
import { type DiskFacts, decide } from './disk-decision.js';

/** A disk of which all is known, with what differs. */
const disk = (parts: Partial<DiskFacts> = {}): DiskFacts => ({
  target: 'vda',
  format: 'qcow2',
  content: 'kept',
  isInPoint: true,
  checkpoint: 'c1',
  bitmap: 'whole',
  ...parts,
});

describe('how a disk is brought up to date', () => {
  const cases: readonly [string, DiskFacts, 'seed' | 'delta' | 'resync', RegExp | undefined][] = [
    ['a whole bitmap of the newest point’s checkpoint', disk(), 'delta', undefined],
    ['a disk that the replica has never held', disk({ content: 'empty', isInPoint: false }), 'seed', undefined],
    ['a new disk with an old bitmap of that name', disk({ content: 'empty' }), 'seed', undefined],
    ['a new raw disk', disk({ content: 'empty', format: 'raw' }), 'seed', undefined],
    ['a raw disk', disk({ format: 'raw', bitmap: 'missing' }), 'resync', /raw image/],
    ['a raw disk, whatever is said of bitmaps', disk({ format: 'raw' }), 'resync', /raw image/],
    ['a disk that was gone for a while', disk({ content: 'stale' }), 'resync', /does not have vda/],
    ['a disk that came back, seen a second time', disk({ isInPoint: false }), 'resync', /does not have vda/],
    ['a broken bitmap', disk({ bitmap: 'broken' }), 'resync', /QEMU is killed/],
    ['a bitmap that is not there', disk({ bitmap: 'missing' }), 'resync', /does not know/],
  ];

  it.each(cases)('%s', (_, facts, how, why) => {
    const decision = decide(facts);
    expect(decision.how).toBe(how);
    expect(decision.why ?? '').toMatch(why ?? /^$/);
  });

  it('a point without a checkpoint', () => {
    const { checkpoint: _, ...facts } = disk();
    expect(decide(facts)).toEqual({
      how: 'resync',
      why: 'the newest recovery point was made without a checkpoint, so all of vda is compared',
    });
  });

  it('is a delta only when everything agrees', () => {
    const contents = ['kept', 'empty', 'stale'] as const;
    const bitmaps = ['whole', 'broken', 'missing'] as const;
    const all = contents.flatMap((content) =>
      bitmaps.flatMap((bitmap) =>
        (['qcow2', 'raw'] as const).flatMap((format) =>
          [true, false].map((isInPoint) => disk({ content, bitmap, format, isInPoint })),
        ),
      ),
    );
    expect(all.filter((facts) => decide(facts).how === 'delta')).toEqual([disk()]);
  });
});
