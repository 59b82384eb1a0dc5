import { describe, expect, it } from '@jest/globals';
import { circlesOf } from './parse-group-order.js';

const order = (after: Readonly<Record<string, readonly string[]>>) => circlesOf(new Map(Object.entries(after)));

describe('circles in what groups wait for', () => {
  it('are none where every group can begin at last', () => {
    expect(order({ c: ['a', 'b'], b: ['a'], a: [], d: ['c', 'a'] })).toEqual([]);
  });

  it('are named by their whole path, each once', () => {
    expect(order({ a: ['b'], b: ['c'], c: ['a'], d: ['a'] })).toEqual([['a', 'b', 'c', 'a']]);
    expect(order({ x: ['a'], a: ['b'], b: ['a'], c: ['d'], d: ['c'] })).toEqual([
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ]);
  });

  it('are found behind a chain of any length', () => {
    const chain = Array.from({ length: 50_000 }, (_, index) => [`g${index}`, [`g${index + 1}`]] as const);
    expect(circlesOf(new Map(chain))).toEqual([]);
    expect(circlesOf(new Map([...chain, ['g50000', ['g49999']] as const]))).toEqual([['g49999', 'g50000', 'g49999']]);
  });

  it('are not all listed where every group waits for every other', () => {
    const names = Array.from({ length: 200 }, (_, index) => `g${index}`);
    expect(circlesOf(new Map(names.map((name) => [name, names]))).length).toBeLessThan(100);
  });
});
