import { type Cursor, textAt, valueAt } from './parse-cursor.js';
import type { Complaint } from './problem-report.js';
import { quoted } from './yaml-text-value.js';

/** The names that a runbook may use. */
export type Names = Readonly<Record<'site' | 'host' | 'group', ReadonlySet<string>>>;

export interface Named {
  readonly kind: keyof Names;
  readonly cursor: Cursor;
  /** When it is only a part of the text that stands there. */
  readonly word?: string;
}

/** A name that there is not; nothing of what is no text. */
export function* unknown({ kind, cursor, word = textAt(cursor) }: Named, names: Names): Generator<Complaint> {
  const among = names[kind];
  if (word === undefined || among.has(word)) {
    return;
  }
  const message = `There is no ${kind} ${quoted(word)} in the ${kind === 'group' ? 'runbook' : 'estate'}`;
  const isHost = kind === 'site' && names.host.has(word);
  const advice = isHost
    ? { hint: `For the host write { host: ${word} }.` }
    : { meant: { word, among: [...among].slice(0, 2_000) } };
  yield { code: 'unknown-name', message, where: valueAt(cursor), ...advice };
}
