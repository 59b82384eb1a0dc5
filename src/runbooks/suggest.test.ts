import { describe, expect, it } from '@jest/globals';
import { editDistance, suggest } from './suggest.js';

describe('a suggestion', () => {
  it.each([
    ['prioriy', 'priority', 'priority'],
    ['keep_apart', 'keep-apart', 'keep-apart'],
    ['Groups', 'groups', 'groups'],
    ['vm', 'vms', 'vms'],
    ['hots', 'host', 'host'],
    ['groups', 'groups', 'none'],
    ['colour', 'groups', 'none'],
    ['x', 'vms', 'none'],
  ])('for %s among %s is %s', (word, name, expected) => {
    expect(suggest(word, ['keep', name, 'limits']) ?? 'none').toBe(expected);
  });

  it('counts letters added, left out, changed and swapped', () => {
    expect([editDistance('ab', 'abc'), editDistance('abc', 'bc'), editDistance('abc', 'axc')]).toEqual([1, 1, 1]);
    expect([editDistance('abcd', 'acbd'), editDistance('', 'abc'), editDistance('same', 'same')]).toEqual([1, 3, 0]);
  });

  it('is not looked for when the word is no word', () => {
    expect(suggest('a'.repeat(1_000_000), ['a'.repeat(1_000_000)])).toBeUndefined();
  });
});
