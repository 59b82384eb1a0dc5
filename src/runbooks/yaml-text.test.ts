import { describe, expect, it } from '@jest/globals';
import type { Problem } from './problem.js';
import { problemsOf } from './problem-report.js';
import { readYaml } from './yaml-text.js';
import type { FileText } from './yaml-text-encoding.js';

function problems(input: FileText): readonly Problem[] {
  const yaml = readYaml(input, 'x.yaml');
  return problemsOf(yaml.complaints, yaml);
}

function nested(depth: number, open: string, close: string): string {
  return `a: ${open.repeat(depth)}1${close.repeat(depth)}`;
}

/** The mark ‸ stands where the problem must be found. */
const refused: readonly (readonly [name: string, text: string, code: string])[] = [
  ['nothing', '‸', 'empty-file'],
  ['only comments', '‸# nothing\n\n', 'empty-file'],
  ['only a document mark', '‸---\n', 'empty-file'],
  ['a list', '‸- a\n- b\n', 'not-a-mapping'],
  ['a text', '‸just words\n', 'not-a-mapping'],
  ['a second document', 'a: 1\n‸---\nb: 2\n', 'several-documents'],
  ['a document after the end of one', 'a: 1\n...\n‸b: 2\n', 'several-documents'],
  ['an anchor', 'a: ‸&x 1\n', 'alias'],
  ['an alias', 'a: ‸*x\n', 'alias'],
  ['a glob without quotes', 'vms: [‸*-web]\n', 'alias'],
  ['a merge of an alias', 'a: { <<: ‸*x }\n', 'alias'],
  ['a known tag', 'a: ‸!!str 5\n', 'tag'],
  ['an unknown tag', 'a: ‸!exec { b: 1 }\n', 'tag'],
  ['a directive', '‸%YAML 1.1\n---\na: yes\n', 'directive'],
  ['a tab as indentation', 'a:\n‸\tb: 1\n', 'tab-indent'],
  ['a bracket that is never closed', 'a: [1, 2‸\n', 'yaml-syntax'],
  ['a quote that is never closed', 'a: "b‸\n', 'yaml-syntax'],
  ['a bad escape', 'a: "‸\\q"\n', 'yaml-syntax'],
  ['a key twice', 'a: 1\nb: 2\n‸a: 3\n', 'duplicate-key'],
  ['a key twice, written differently', 'a: 1\n‸"a": 3\n', 'duplicate-key'],
  ['a key of the language', 'a: { ‸__proto__: { b: 1 } }\n', 'reserved-key'],
  ['a constructor', 'a: 1\n‸constructor: 3\n', 'reserved-key'],
  ['a list as a key', '‸[a, b]: 1\n', 'wrong-type'],
  ['a NUL', 'a: b‸\0\n', 'control-character'],
  ['an escape for the terminal', 'a: ‸\u001b[31m\n', 'control-character'],
  ['a byte order mark in the middle', 'a: ‸\ufeffb\n', 'control-character'],
  ['half a character', 'a: ‸\ud800\n', 'not-utf8'],
];

describe('a YAML text is refused for', () => {
  it.each(refused)('%s', (...[, marked, code]) => {
    const before = marked.slice(0, marked.indexOf('‸')).split('\n');
    const place = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
    expect(problems(marked.replace('‸', ''))).toEqual([expect.objectContaining({ ...place, code })]);
  });

  it('being over 4 MiB, by bytes and before anything is read', () => {
    const umlauts = 'ä'.repeat(2 ** 21);
    expect(problems(umlauts)).toMatchObject([{ code: 'not-a-mapping' }]);
    expect(problems(`${umlauts}a`)).toMatchObject([{ code: 'file-too-large', line: 1, column: 1 }]);
    expect(problems(Buffer.alloc(50 * 2 ** 20, 'a: 1\n'))).toMatchObject([
      { code: 'file-too-large', message: 'The file is 50.0 MiB; at most 4 MiB are read' },
    ]);
  });

  it('bytes that are no UTF-8, at the first of them', () => {
    const latin1 = Buffer.from('a: 1\nb: k\u00e4se\n', 'latin1');
    expect(problems(latin1)).toMatchObject([{ code: 'not-utf8', line: 2, column: 5 }]);
  });

  it('UTF-16, with its byte order mark or without', () => {
    const text = '\ufeffa: 1\n';
    expect(problems(Buffer.from(text, 'utf16le'))).toMatchObject([{ code: 'not-utf8', line: 1, column: 1 }]);
    expect(problems(Buffer.from(text, 'utf16le').swap16())).toMatchObject([{ code: 'not-utf8', line: 1 }]);
    expect(problems(Buffer.from(text, 'utf16le').toString('utf8'))).toMatchObject([{ code: 'not-utf8', line: 1 }]);
    expect(problems(Buffer.from('a: 1\n', 'utf16le'))).toMatchObject([{ code: 'control-character', column: 2 }]);
  });

  it.each([
    ['brackets', nested(65, '[', ']')],
    ['mappings', nested(65, '{ a: ', ' }')],
    ['ten thousand brackets', nested(10_000, '[', ']')],
    ['a hundred thousand lists on a line', `a:\n${'- '.repeat(100_000)}`],
    ['indentation', Array.from({ length: 200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['keys that ask', '? '.repeat(5_000)],
  ])('nesting deeper than 64 by %s', (_name, text) => {
    expect(problems(text)).toMatchObject([{ code: 'too-deep' }]);
  });

  it('an alias bomb, at its first anchor', () => {
    const bomb = Array.from({ length: 30 }, (_, index) => `a${index}: &a${index} [*a${index - 1}, *a${index - 1}]`);
    expect(problems(bomb.join('\n'))).toMatchObject([{ code: 'alias', line: 1, column: 5 }]);
  });

  it('being made of very many very small words', () => {
    expect(problems(`a: [${'1,'.repeat(100_000)}]`)).toMatchObject([{ code: 'file-too-large', line: 1 }]);
  });
});

describe('a YAML text', () => {
  it('becomes plain data by the rules of YAML 1.2', () => {
    const text =
      '\ufeff---\na: no\nb: 0o17\nc: 12:30\nd: [1, 2.5, true, null, ~, "x"]\ne: |\n  two\n  lines\n7: g\n...\n# end\n';
    expect(readYaml(text, 'x.yaml').value).toEqual({
      a: 'no',
      b: 15,
      c: '12:30',
      d: [1, 2.5, true, null, null, 'x'],
      e: 'two\nlines\n',
      7: 'g',
    });
  });

  it('may be 64 deep', () => {
    expect(problems(nested(63, '[', ']'))).toEqual([]);
  });

  it('tells of several mistakes of syntax together', () => {
    expect(problems('a: "\\q"\nb: "\\w"\n').map(({ line, column }) => [line, column])).toEqual([
      [1, 5],
      [2, 5],
    ]);
  });

  it('may have lines that end as on Windows', () => {
    expect(problems('a: 1\r\nb: 2\r\na: 3\r\n')).toMatchObject([{ code: 'duplicate-key', line: 3, column: 1 }]);
  });
});
