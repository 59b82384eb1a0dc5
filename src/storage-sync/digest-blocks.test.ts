import { describe, expect, it, test } from '@jest/globals';
import { type DigestedDisk, differingExtents, digestBlockBytes, parseDigests } from './digest-blocks.js';

/** A disk of blocks of four bytes, one letter for what each holds. */
const disk = (sizeBytes: number, letters: string): DigestedDisk => ({ sizeBytes, digests: letters.split('') });
const digest = 'ab'.repeat(32);
const MiB = 2 ** 20;

describe('the digests of two disks', () => {
  test.each([
    ['are equal', disk(12, 'abc'), disk(12, 'abc'), ''],
    ['differ in one block', disk(12, 'abc'), disk(12, 'axc'), '4+4'],
    ['differ in neighbours', disk(16, 'abcd'), disk(16, 'axyd'), '4+8'],
    ['differ in a short last block', disk(10, 'abc'), disk(10, 'abx'), '8+2'],
    ['are of a disk that has grown by whole blocks', disk(16, 'abcd'), disk(8, 'ab'), '8+8'],
    ['are of a disk that has grown within its last block', disk(10, 'abc'), disk(9, 'abc'), '8+2'],
    ['are of a disk that has shrunk', disk(6, 'ab'), disk(12, 'abc'), '4+2'],
    ['are of a disk that has shrunk to whole blocks', disk(8, 'ab'), disk(12, 'abc'), ''],
    ['are of a target with nothing in it', disk(8, 'ab'), disk(0, ''), '0+8'],
  ])('%s', (_, source, target, expected) => {
    const found = differingExtents(source, target, 4).map(({ offset, length }) => `${offset}+${length}`);
    expect(found.join(' ')).toBe(expected);
  });
});

describe('the output of split', () => {
  it('is read in its order', () => {
    const other = 'cd'.repeat(32);
    expect(parseDigests(`${digest}  -\n${other}  -\n`, 5 * MiB)).toEqual({
      sizeBytes: 5 * MiB,
      digests: [digest, other],
    });
  });

  it('is empty for an empty disk', () => {
    expect(parseDigests('', 0)).toEqual({ sizeBytes: 0, digests: [] });
  });

  test.each([
    ['cut within a line', `${digest}  -\n${digest.slice(0, 9)}`, 'its last line has no end'],
    ['cut after a line', `${digest}  -\n`, 'it has 1 digests where the disk has 2 blocks'],
    ['longer than the disk', `${digest}  -\n`.repeat(3), 'it has 3 digests where the disk has 2 blocks'],
    ['mixed with a warning', `${digest}  -\nsplit: input/output error\n`, 'line 2 is no digest'],
    ['that of files', `${digest}  -\n${digest}  xaa\n`, 'line 2 is no digest'],
    ['empty', '', 'it has 0 digests where the disk has 2 blocks'],
  ])('is refused when %s', (_, output, refused) => {
    expect(parseDigests(output, 2 * digestBlockBytes)).toEqual({ refused });
  });

  it('is refused for a disk of too many blocks', () => {
    expect(parseDigests('', 2 ** 50)).toHaveProperty('refused');
  });
});
