import { type Html, html } from './html-tag.js';

/** A column of a table: numbers and short words stand on one line, text gets room. */
export interface Column {
  readonly title: string;
  readonly holds?: 'number' | 'short' | 'text';
}

/** Without a value a cell shows a dash. */
export type Cell = Html | string | undefined;

/**
 * A table with a caption for screen readers, whose first column heads the rows. Columns in which no row has a value are
 * left out.
 */
export function dataTable(
  { caption, columns }: { readonly caption: string; readonly columns: readonly Column[] },
  rows: readonly (readonly Cell[])[],
): Html {
  const isShown = columns.map((_, index) => rows.some((row) => row[index] !== undefined));
  const shown = <Value>(values: readonly Value[]): readonly Value[] => values.filter((_, index) => isShown[index]);
  const kinds = shown(columns).map(({ holds }) => holds !== undefined && html` class="${holds}"`);
  return html`<div class="panel"><table><caption>${caption}</caption><thead><tr>${shown(columns).map(
    ({ title }, index) => html`<th scope="col"${kinds[index]}>${title}</th>`,
  )}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr>${shown(row).map((cell, index) =>
      index === 0 ? html`<th scope="row">${cell ?? '–'}</th>` : html`<td${kinds[index]}>${cell ?? '–'}</td>`,
    )}</tr>
`,
  )}</tbody></table></div>`;
}
