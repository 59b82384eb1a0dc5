/** `docs/failures.md` has every code of the sources and no other. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { codesOfPage, codesOfSources } from './codes.js';

const { files, kinds } = codesOfSources(fileURLToPath(new URL('../../src', import.meta.url)));
const text = readFileSync(fileURLToPath(new URL('../../docs/failures.md', import.meta.url)), 'utf8');
const page = codesOfPage(text);

describe('the page of codes', () => {
  it('has every code that the sources have', () => {
    const missing = [...files].filter(([code]) => !page.has(code));
    expect(missing.map(([code, found]) => `${code} of ${[...found].join(', ')}`)).toEqual([]);
  });

  it('has no code that the sources do not have any more', () => {
    expect([...page.keys()].filter((code) => !files.has(code))).toEqual([]);
  });

  it('names every kind of failure that a code is reported with', () => {
    const wrong = [...kinds].flatMap(([code, own]) => {
      const said = (page.get(code) ?? []).flatMap((cell) => cell.split(', '));
      return [...own].filter((kind) => !said.includes(kind)).map((kind) => `${code} is ${kind} too`);
    });
    expect(wrong).toEqual([]);
  });

  it('is read from sources that have codes', () => {
    expect(files.size).toBeGreaterThan(100);
    expect(kinds.size).toBeGreaterThan(40);
  });
});
