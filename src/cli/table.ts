import { fit, type Style, widthOf } from './style.js';

/** Rows under a heading, each column as wide as its widest cell; the last column is not padded. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const widths = heading.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === heading.length - 1 ? cell : fit(cell, widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [style.bold(line(heading)), ...rows.map(line)].map((text) => `${text}\n`).join('');
}
