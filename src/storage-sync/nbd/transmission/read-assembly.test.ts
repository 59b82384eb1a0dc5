import { describe, expect, it } from '@jest/globals';
import { NbdProtocolError } from '../errors.js';
import { ReadAssembly } from './read-assembly.js';

/** Claims pieces, each as `kind start length`, and fills data with its start. */
function assemble(length: number, ...pieces: ReadonlyArray<readonly ['data' | 'hole', number, number]>): ReadAssembly {
  const read = new ReadAssembly(1000, length);
  for (const [kind, start, size] of pieces) {
    const at = read.claim(kind, 1000 + start, size);
    if (kind === 'data') read.memory.fill(start, at, at + size);
  }
  return read;
}

describe('a read', () => {
  it('is whole whatever the order of its pieces, which join where they can', () => {
    const read = assemble(8, ['hole', 6, 2], ['data', 0, 2], ['data', 2, 2], ['hole', 4, 2]);
    read.expectWhole();
    expect(read.parts()).toMatchObject([
      { kind: 'data', offset: 1000, data: Buffer.from([0, 0, 2, 2]) },
      { kind: 'hole', offset: 1004, length: 2 },
      { kind: 'hole', offset: 1006, length: 2 },
    ]);
    expect(read.bytes()).toEqual(Buffer.from([0, 0, 2, 2, 0, 0, 0, 0]));
  });

  it('of holes alone takes memory only when its bytes are asked for', () => {
    const read = assemble(4, ['hole', 0, 4]);
    read.expectWhole();
    expect(read.hasMemory).toBe(false);
    expect(read.bytes()).toEqual(Buffer.alloc(4));
  });

  it.each<[string, ReadAssembly]>([
    ['nothing', assemble(4)],
    ['its beginning', assemble(4, ['data', 1, 3])],
    ['its middle', assemble(4, ['data', 0, 1], ['data', 2, 2])],
    ['its end', assemble(4, ['data', 0, 3])],
  ])('that lacks %s is not whole', (_, read) => {
    expect(() => read.expectWhole()).toThrow(NbdProtocolError);
  });

  it.each<[string, number, number]>([
    ['the same', 2, 2],
    ['a part of it', 3, 1],
    ['more than it', 1, 4],
    ['its beginning', 1, 2],
    ['its end', 3, 2],
  ])('takes no piece that tells %s twice', (_, start, length) => {
    expect(() => assemble(8, ['data', 2, 2], ['hole', start, length])).toThrow('come twice in one reply');
  });
});
