import { counted } from '../derived-findings.js';
import type { RunReport } from '../run-report.js';
import { formatClock, formatTime } from '../time-text.js';
import { badge } from './badge.js';
import { type Column, dataTable } from './data-table.js';
import { type Html, html } from './html-tag.js';

const rowsAtOnce = 40;

/** Proofs of death, then every move of authority with its epoch and proof. */
export function authoritySection({ deaths, authority }: RunReport): Html {
  if (deaths.length === 0 && authority.length === 0) {
    return html`<p class="quiet">No host was proven dead and no authority moved.</p>`;
  }
  return html`${
    deaths.length > 0 &&
    table(
      { caption: 'Proofs of death', headings: ['Host', 'Proven at', 'Proof', 'Entry'] },
      deaths.map(({ host, at, text, seq }) => [host, formatTime(at), text, `${seq}`]),
    )
  }${
    authority.length > 0 &&
    folded(
      counted(authority.length, 'move of authority', 'moves of authority'),
      authority.length,
      table(
        { caption: 'Moves of authority', headings: ['VM', 'Epoch', 'Authority', 'At (UTC)', 'Proof', 'Entry'] },
        authority.map(({ vm, epoch, state, at, text, seq }) => [
          vm,
          `${epoch}`,
          state,
          formatClock(at),
          text,
          `${seq}`,
        ]),
      ),
    )
  }`;
}

/** What operators did, and why. */
export function moveSection({ moves }: RunReport): Html {
  return moves.length === 0
    ? html`<p class="quiet">No operator moved the run.</p>`
    : table(
        { caption: "Operators' moves", headings: ['Who', 'At', 'Move', 'About', 'Reason', 'Entry'] },
        moves.map(({ by, at, move, about, reason, seq }) => [
          by,
          formatTime(at),
          move,
          about ?? 'the run',
          reason,
          `${seq}`,
        ]),
      );
}

/** Advice of the plan and of the journal, the gravest first. */
export function findingSection({ findings }: RunReport): Html {
  const ranks = { blocker: 0, warning: 1, info: 2 };
  const sorted = findings.toSorted((one, other) => ranks[one.severity] - ranks[other.severity]);
  const list = (items: RunReport['findings']): Html =>
    html`<div class="panel"><ul class="findings">${items.map(
      ({ severity, message, hint, code }) =>
        html`<li><div>${badge(severity)}</div><div><p>${message}</p><p class="quiet">${hint !== undefined && `${hint}. `}<code>${code}</code></p></div></li>
`,
    )}</ul></div>`;
  if (sorted.length === 0) {
    return html`<p class="quiet">There is nothing to note.</p>`;
  }
  const rest = sorted.slice(rowsAtOnce);
  return html`${list(sorted.slice(0, rowsAtOnce))}${rest.length > 0 && html`<details><summary>${counted(rest.length, 'more finding')}</summary>${list(rest)}</details>`}`;
}

function folded(title: string, rows: number, content: Html): Html {
  return rows <= rowsAtOnce
    ? html`<h3>Authority</h3>${content}`
    : html`<details><summary>${title}</summary>${content}</details>`;
}

const holds: Readonly<Record<string, Column['holds']>> = {
  Entry: 'number',
  Epoch: 'number',
  At: 'short',
  'Proven at': 'short',
  Authority: 'short',
  Proof: 'text',
  Reason: 'text',
};

function table(
  { caption, headings }: { readonly caption: string; readonly headings: readonly string[] },
  rows: readonly (readonly string[])[],
): Html {
  const columns = headings.map((title) => ({ title, ...(holds[title] === undefined ? {} : { holds: holds[title] }) }));
  return dataTable({ caption, columns }, rows);
}
