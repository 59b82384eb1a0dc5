import * as fc from 'fast-check';

/** One damage done to a text. `at` and `to` are fractions of its length, so that the same damage fits every text. */
export interface Damage {
  readonly kind: (typeof kinds)[number];
  readonly at: number;
  readonly to: number;
}

const kinds = [
  'flip',
  'drop',
  'swap-lines',
  'double-line',
  'indent',
  'outdent',
  'rename-key',
  'change-value',
  'insert',
  'cut',
  'double-key',
] as const;

/** What a value or a place in the text may be replaced by: other types, broken syntax, hostile YAML. */
const pieces = [
  ['5', '-1', '1.5e308', 'true', 'null', '~', '""', '[]', '{}', '[[]]', '{ a: 1 }', '"x', "'", '0s', '5m', '1Gbit'],
  ['&a', '*a', '&a [*a, *a]', '<<: *a', '!!js/function "x"', '!tag', '%YAML 1.1', '---', '...', '? ', ': ', '- ', ', '],
  ['__proto__: 1', 'constructor: { prototype: 1 }', '__proto__', 'toString', 'north', 'south', 'north-1', 'database'],
  ['\t', '\u0000', '\u001b[2J', '\ufeff', '\ufffd', '\ud800', '\u2028', '\u0085', '\r', 'ä', '💾', '|\n', '>-\n', '#'],
  [
    '[',
    ']',
    '{',
    '}',
    '[[[[[[[[[[[[[[',
    '"\\x',
    '"\\uD800"',
    '- - - - -',
    'a: b: c',
    '@',
    '`',
    '9'.repeat(400),
    '*-web',
  ],
].flat();

const number = fc.double({ min: 0, max: 0.999_999, noNaN: true });

export const damages = fc.array(fc.record<Damage>({ kind: fc.constantFrom(...kinds), at: number, to: number }), {
  minLength: 1,
  maxLength: 4,
});

/** Texts of the characters and words that mean something in YAML or in Lifeboat. */
export const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(...pieces),
      fc.constantFrom('\n', '\n  ', '\n    ', ' ', ': ', '\n- ', 'version: 1', 'name', 'groups:', 'vms:', 'protect'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** The text with all damages done to it, one after the other. */
export function damaged(text: string, all: readonly Damage[]): string {
  return all.reduce(damagedOnce, text);
}

function damagedOnce(text: string, { kind, at, to }: Damage): string {
  const lines = text.split('\n');
  const [line, otherLine] = [Math.floor(at * lines.length), Math.floor(to * lines.length)];
  const place = Math.floor(at * text.length);
  const piece = pieces[Math.floor(to * pieces.length)] ?? '';
  const onLine = (change: (line: string) => string) => lines.with(line, change(lines[line] ?? '')).join('\n');
  switch (kind) {
    case 'flip':
      return text.slice(0, place) + String.fromCodePoint(Math.floor(to * 0x2_ff)) + text.slice(place + 1);
    case 'drop':
      return text.slice(0, place) + text.slice(place + 1 + Math.floor(to * 5));
    case 'swap-lines':
      return lines
        .with(line, lines[otherLine] ?? '')
        .with(otherLine, lines[line] ?? '')
        .join('\n');
    case 'double-line':
      return lines.toSpliced(otherLine, 0, lines[line] ?? '').join('\n');
    case 'indent':
      return onLine((one) => ' '.repeat(1 + Math.floor(to * 4)) + one);
    case 'outdent':
      return onLine((one) => one.replace(/^ {1,2}/, to < 0.2 ? '\t' : ''));
    case 'rename-key':
      return onLine((one) => one.replace(/[\w-]+(?=:)/, (key) => (to < 0.3 ? piece : key.slice(1) + key.slice(0, 1))));
    case 'change-value':
      return onLine((one) => one.replace(/: .*$/, `: ${piece}`));
    case 'insert':
      return text.slice(0, place) + piece + text.slice(place);
    case 'cut':
      return to < 0.5 ? text.slice(0, place) : text.slice(place);
    case 'double-key':
      return onLine((one) => one.replace(/\{ (.*?),/, '{ $1, $1,'));
  }
}
