import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { Lexer, Parser } from 'yaml';
import { LexemeParser } from './yaml-text-parser.js';

const pieces = fc.constantFrom(
  'a',
  'b: ',
  '- ',
  '? ',
  ': ',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
  ' ',
);
const rarePieces = fc.constantFrom(
  '# c\n',
  '"d"',
  "'e",
  '|\n',
  '>-\n',
  '&f ',
  '*f',
  '!g ',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
);
const brokenPieces = fc.constantFrom('\r\n', '\ufeff', '\u001f', '\u0002', '"\\x');
const texts = fc.array(fc.oneof(pieces, rarePieces, brokenPieces), { maxLength: 40 }).map((parts) => parts.join(''));

/** All tokens, and where the parser then stands. */
function fed(text: string) {
  const parser = new LexemeParser();
  const tokens = [...new Lexer().lex(text)].flatMap((lexeme) => [...parser.feed(lexeme, parser.typeOf(lexeme))]);
  return { tokens: [...tokens, ...parser.end()], offset: parser.offset };
}

function parsed(text: string) {
  const parser = new Parser();
  return { tokens: [...parser.parse(text)], offset: parser.offset };
}

describe('the parser of lexemes', () => {
  it("gives the library's own tokens, whatever the text", () => {
    const property = fc.property(texts, (text) => expect(fed(text)).toStrictEqual(parsed(text)));
    expect(fc.check(property, { numRuns: 3_000, seed: 20_261_128 })).toMatchObject({
      counterexample: null,
      failed: false,
    });
  });

  it('keeps the places of nested lists and mappings', () => {
    const text = 'a:\n  - b: [1, { c: d }]\n    e: "f"\n  -\n    g: |\n      h\n? i\n: j\n';
    expect(fed(text)).toStrictEqual(parsed(text));
  });
});
