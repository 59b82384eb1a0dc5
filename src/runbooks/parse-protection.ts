import type { TSchema } from 'typebox';
import { type Estate, hostsOf } from '../model/estate.js';
import { at, type Cursor, entries, keyAt, pointerOf, textAt, valueAt } from './parse-cursor.js';
import { type Names, unknown } from './parse-names.js';
import type { Complaint } from './problem-report.js';
import { missingKey } from './schema-complaint.js';
import { runbookSchema } from './schema-runbook.js';
import { suggest } from './suggest.js';
import { quoted } from './yaml-text-value.js';

/** What is wrong with `protect`: it is about two places, or about one site that is evened out. */
export function* protection(root: Cursor, names: Names, estate: Estate): Generator<Complaint> {
  const protect = at(root, 'protect');
  if (!isMapping(protect)) {
    return;
  }
  if (isThere(at(protect, 'balance'))) {
    yield* balanced(protect, names, estate);
    return;
  }
  const { properties } = runbookSchema;
  yield* missing(protect, { key: 'from', among: properties.protect.properties });
  yield* missing(protect, { key: 'to', among: properties.protect.properties });
  yield* missing(root, { key: 'groups', among: properties });
  if (isThere(at(protect, 'free'))) {
    const hint = 'Write `balance: SITE` beside it, in place of `from` and `to`.';
    yield { code: 'missing-key', message: '`free` needs `balance`', where: keyAt(at(protect, 'free')), hint };
  }
  const ends = [at(protect, 'from'), at(protect, 'to')];
  for (const end of ends) {
    yield* unknown({ kind: 'site', cursor: end }, names);
    yield* unknown({ kind: 'host', cursor: at(end, 'host') }, names);
  }
  const [from, to] = ends.map((end) => {
    const host = textAt(at(end, 'host'));
    return host === undefined ? textAt(end) : `${hostsOf(estate)[host]?.site ?? ''}/${host}`;
  });
  if (from !== undefined && from === to) {
    const message = `The VMs would go from ${quoted(from)} to where they are`;
    const hint = 'To empty one host, write from: { host: … }; to even out its hosts, balance: SITE.';
    yield { code: 'same-place', message, where: valueAt(at(protect, 'to')), hint };
  }
}

function* balanced(protect: Cursor, names: Names, estate: Estate): Generator<Complaint> {
  const site = at(protect, 'balance');
  for (const key of ['from', 'to']) {
    if (isThere(at(protect, key))) {
      const message = `\`protect\` has \`balance\`, and \`${key}\` as well`;
      const hint = 'Write `balance`, or `from` and `to`.';
      yield { code: 'wrong-count', message, where: keyAt(at(protect, key)), hint };
    }
  }
  yield* unknown({ kind: 'site', cursor: site }, names);
  const hosts = Object.keys(estate.sites[textAt(site) ?? '']?.hosts ?? {}).length;
  const free = at(protect, 'free').value;
  if (hosts > 0 && typeof free === 'number' && free >= hosts) {
    const message = `Site ${quoted(textAt(site) ?? '')} has ${hosts} ${hosts === 1 ? 'host' : 'hosts'}, of which ${free} cannot be free`;
    const hint = 'Their VMs need hosts to go to.';
    yield { code: 'wrong-value', message, where: valueAt(at(protect, 'free')), hint };
  }
}

interface Required {
  readonly key: string;
  readonly among: Readonly<Record<string, TSchema>>;
}

/** A key that must be there; a misspelt one is complained of already. */
function* missing(cursor: Cursor, { key, among }: Required): Generator<Complaint> {
  const known = Object.keys(among);
  const strange = [...entries(cursor)].map(([name]) => name).filter((name) => !known.includes(name));
  if (!isThere(at(cursor, key)) && !strange.slice(0, 100).some((name) => suggest(name, known) === key)) {
    yield missingKey({ key, field: { ...among[key] }, pointer: pointerOf(cursor) });
  }
}

function isThere({ value }: Cursor): boolean {
  return value !== undefined;
}

function isMapping({ value }: Cursor): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
