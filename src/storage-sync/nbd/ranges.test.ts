import { expect, it } from '@jest/globals';
import { pieces } from './ranges.js';

it.each([
  ['a range that is short enough is one piece', 100, 50, 50, [[100, 50]]],
  [
    'a longer one is cut, the last piece is what is left',
    100,
    120,
    50,
    [
      [100, 50],
      [150, 50],
      [200, 20],
    ],
  ],
  [
    'multiples have no empty piece',
    0,
    100,
    50,
    [
      [0, 50],
      [50, 50],
    ],
  ],
])('%s', (_, offset, length, longest, expected) => {
  expect(pieces({ offset, length }, longest)).toEqual(expected.map(([at, size]) => ({ offset: at, length: size })));
});
