import { expect, test } from '@jest/globals';
import { contentRuns } from './content-runs.js';

const KIB = 1_024;

test.each<[string, number, Buffer, readonly string[]]>([
  ['zeroes alone', 0, Buffer.alloc(200 * KIB), ['zero 0+200']],
  ['no zeroes', 0, Buffer.alloc(200 * KIB, 1), ['copy 0+200']],
  [
    'a block of zeroes between others',
    0,
    Buffer.alloc(256 * KIB, 1).fill(0, 64 * KIB, 128 * KIB),
    ['copy 0+64', 'zero 64+64', 'copy 128+128'],
  ],
  ['zeroes that are no whole block', 0, Buffer.alloc(256 * KIB, 1).fill(0, 65 * KIB, 128 * KIB), ['copy 0+256']],
  [
    'blocks of the disk, not of the data',
    48 * KIB,
    Buffer.alloc(96 * KIB, 1).fill(0, 0, 16 * KIB),
    ['zero 48+16', 'copy 64+80'],
  ],
  ['a last byte that is not zero', 0, Buffer.alloc(64 * KIB).fill(1, 64 * KIB - 1), ['copy 0+64']],
])('%s', (_, offset, data, expected) => {
  const runs = contentRuns(data, offset);
  expect(runs.map((run) => `${run.kind} ${run.offset / KIB}+${run.length / KIB}`)).toEqual(expected);
});
