import { styleText } from 'node:util';
import type { Environment, Output } from './environment.js';

/** Colour for people. Every colour goes with a sign or a word, so that nothing is lost without it. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly accent: (text: string) => string;
}

export const colourModes = ['auto', 'always', 'never'] as const;
export type ColourMode = (typeof colourModes)[number];

export function createStyle(hasColour: boolean): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      hasColour && text !== '' ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    bad: paint('red'),
    warn: paint('yellow'),
    accent: paint('cyan'),
  };
}

/** `--color` decides; on `auto` NO_COLOR, then FORCE_COLOR, then TERM=dumb, then whether it is a terminal. */
export function isColoured(mode: ColourMode, { variables }: Pick<Environment, 'variables'>, output: Output): boolean {
  if (mode !== 'auto') {
    return mode === 'always';
  }
  if ((variables['NO_COLOR'] ?? '') !== '') {
    return false;
  }
  const forced = variables['FORCE_COLOR'];
  if (forced !== undefined) {
    return forced !== '0' && forced !== 'false';
  }
  return output.isTerminal && variables['TERM'] !== 'dumb';
}

const escape = String.fromCharCode(27);
const sequences = new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]`, 'g');
const splitter = new RegExp(`(${escape}\\[[0-9;?]*[A-Za-z])`);

/** The text without colours. */
export function plain(text: string): string {
  return text.replaceAll(sequences, '');
}

/** Columns that the text takes on a terminal; wide characters are not expected. */
export function widthOf(text: string): number {
  return Array.from(plain(text)).length;
}

/** The text in exactly `width` columns: padded with blanks, or cut with `…`. Colours survive both. */
export function fit(text: string, width: number): string {
  const missing = width - widthOf(text);
  if (missing >= 0) {
    return text + ' '.repeat(missing);
  }
  let room = Math.max(0, width - 1);
  const parts = text.split(splitter).map((part) => {
    if (part.startsWith(escape)) {
      return part;
    }
    const kept = Array.from(part).slice(0, room);
    room -= kept.length;
    return kept.join('');
  });
  const last = parts.findLastIndex((part) => part !== '' && !part.startsWith(escape));
  return width <= 0 ? '' : parts.map((part, index) => (index === Math.max(0, last) ? `${part}…` : part)).join('');
}

/** What came from outside made harmless for a terminal and for one line: control characters become blanks. */
export function clean(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
