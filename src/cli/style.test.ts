import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { clean, createStyle, fit, plain, widthOf } from './style.js';

const style = createStyle(true);

describe('fit', () => {
  it.each([
    ['abc', 5, 'abc  '],
    ['abc', 3, 'abc'],
    ['abcdef', 4, 'abc…'],
    ['abc', 0, ''],
    ['', 2, '  '],
  ])('%j in %i columns is %j', (text, width, fitted) => {
    expect(fit(text, width)).toBe(fitted);
  });

  it('keeps the colours of what is left, and ends them', () => {
    expect(fit(`${style.good('done')} and ${style.bad('failed')}`, 6)).toBe(
      `${style.good('done')} …\u001B[31m\u001B[39m`,
    );
  });

  it('takes exactly the columns that it is given', () => {
    const parts = fc.array(fc.tuple(fc.string({ unit: 'grapheme-ascii' }), fc.boolean()));
    fc.assert(
      fc.property(parts, fc.nat(40), (words, width) => {
        const text = words.map(([word, isGood]) => (isGood ? style.good(word) : word)).join('');
        expect(widthOf(fit(text, width))).toBe(width);
      }),
    );
  });
});

describe('clean', () => {
  it('leaves no character that a terminal would act on', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(clean(text)).not.toMatch(/\p{Cc}/u);
      }),
    );
  });
});

describe('colour', () => {
  it('is nothing but colour', () => {
    expect(plain(style.bold(style.warn('text')))).toBe('text');
    expect(createStyle(false).good('text')).toBe('text');
  });
});
