import { visible } from './visible.js';

/** A column of a text table. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default left. */
  readonly align?: 'left' | 'right';
  /** Characters at most; longer cells are cut and end in `..`. */
  readonly max?: number;
}

/** Lines of a table with its heading, two spaces between columns. Columns that hold nothing are left out. */
export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => columns.map((column, index) => cut(visible(row[index] ?? ''), column.max)));
  const shown = columns.map((_, index) => cells.some((row) => row[index] !== ''));
  const widths = columns.map(({ title }, index) =>
    cells.reduce((widest, row) => Math.max(widest, lengthOf(row[index] ?? '')), title.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, index) => {
        const gap = ' '.repeat(Math.max(0, (widths[index] ?? 0) - lengthOf(cell)));
        return columns[index]?.align === 'right' ? gap + cell : cell + gap;
      })
      .filter((_, index) => shown[index])
      .join('  ')
      .trimEnd();
  return cells.length === 0 ? [] : [columns.map(({ title }) => title), ...cells].map(line);
}

/** Breaks a sentence into lines of at most `width` characters, at spaces where there are any. */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of visible(text)
    .split(' ')
    .flatMap((long) => pieces(long, width))) {
    if (line !== '' && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function cut(text: string, max: number | undefined): string {
  const characters = Array.from(text);
  return max === undefined || characters.length <= max ? text : `${characters.slice(0, max - 2).join('')}..`;
}

function pieces(word: string, width: number): readonly string[] {
  const characters = Array.from(word);
  const count = Math.max(1, Math.ceil(characters.length / width));
  return Array.from({ length: count }, (_, index) => characters.slice(index * width, (index + 1) * width).join(''));
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}
