import { describe, expect, test } from '@jest/globals';
import { compileGlob, prefixOf } from './glob.js';

describe('a glob', () => {
  test.each([
    ['db-*', 'db-1', true],
    ['db-*', 'db-', true],
    ['db-*', 'web-db-1', false],
    ['*', '', true],
    ['*-1', 'db-1-1', true],
    ['*a*b*c', 'xxaxxbxxc', true],
    ['*a*b*c', 'xxaxxcxxb', false],
    ['web-?', 'web-1', true],
    ['web-?', 'web-12', false],
    ['web-[1-3]', 'web-2', true],
    ['web-[1-3]', 'web-4', false],
    ['web-[13x-z]', 'web-y', true],
    ['web-[!1-3]', 'web-4', true],
    ['web-[!1-3]', 'web-1', false],
    ['web-[!]', 'web-!', true],
    ['web-[]]', 'web-]', true],
    ['web-[1', 'web-[1', true],
    ['a.b', 'axb', false],
    ['', '', true],
    ['', 'x', false],
  ])('%j asked for %j says %j', (glob, name, expected) => {
    expect(compileGlob(glob)(name)).toBe(expected);
  });

  test('of many stars against a long name that nearly fits comes to its end', () => {
    const isMatch = compileGlob(`${'*a'.repeat(50)}b`);
    expect(isMatch('a'.repeat(5_000))).toBe(false);
  });

  test('has as prefix what stands before its first wildcard', () => {
    expect(['db-1', 'db-*', '[ab]', 'x?y'].map(prefixOf)).toEqual(['db-1', 'db-', '', 'x']);
  });
});
