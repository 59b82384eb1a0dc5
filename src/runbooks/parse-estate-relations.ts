import { at, type Cursor, entries, items, keyAt, textAt, valueAt } from './parse-cursor.js';
import { hasPassword, isUrlOf, readLibvirtUri, transports } from './parse-uri.js';
import type { Complaint } from './problem-report.js';
import { quoted } from './yaml-text-value.js';

/** The word that a step's `on` uses for the machine on which Lifeboat runs, so that no host may have it. */
export const controller = 'controller';

const uriExample = 'For example qemu+ssh://root@north-1/system.';
const secretOption = /(?:pass(?:word|wd|phrase)?|secret|token|community|api[_-]?key)$/i;

/** What is wrong with an estate beyond its shape: names, URIs, secrets that stand in the file. */
export function* estateRelations(root: Cursor): Generator<Complaint> {
  const siteOf = new Map<string, string>();
  for (const [site, cursor] of entries(at(root, 'sites'))) {
    for (const [name, host] of entries(at(cursor, 'hosts'))) {
      yield* hostName({ name, site, host }, siteOf);
      yield* uriFault(at(host, 'uri'));
      yield* uriFault(at(host, 'peer-uri'));
      for (const [option, value] of entries(at(at(host, 'fence'), 'options'))) {
        yield* literalSecret(option, value);
      }
    }
  }
  yield* linkFaults(at(root, 'links'), new Set(Object.keys(at(root, 'sites').value ?? {})));
  yield* mailFault(at(at(root, 'mail'), 'smtp'));
}

function* hostName(
  { name, site, host }: { readonly name: string; readonly site: string; readonly host: Cursor },
  siteOf: Map<string, string>,
): Generator<Complaint> {
  const where = keyAt(host);
  const other = siteOf.get(name);
  siteOf.set(name, other ?? site);
  if (name === controller) {
    const message = `No host can be called \`${controller}\`, which is the machine that Lifeboat runs on`;
    yield { code: 'reserved-key', message, where };
  } else if (other !== undefined) {
    const message = `The host ${quoted(name)} stands in the sites ${quoted(other)} and ${quoted(site)}`;
    yield { code: 'duplicate-name', message, where, hint: 'A host has one site.' };
  }
}

function* uriFault(cursor: Cursor): Generator<Complaint> {
  const uri = textAt(cursor) ?? '';
  const where = valueAt(cursor);
  const read = readLibvirtUri(uri);
  if (uri === '') {
    return;
  }
  if (hasPassword(uri)) {
    yield { code: 'literal-secret', message: 'The URI holds a password', where, hint: 'Let ssh use a key.' };
  } else if ('reason' in read) {
    const meant = read.transport === undefined ? {} : { meant: { word: read.transport, among: transports } };
    yield { code: 'bad-uri', message: `${quoted(uri)} ${read.reason}`, where, hint: uriExample, ...meant };
  }
}

function* literalSecret(name: string, option: Cursor): Generator<Complaint> {
  if (secretOption.test(name) && (typeof option.value !== 'object' || option.value === null)) {
    const message = `The secret ${quoted(name)} stands in the file itself`;
    const hint = `Write where it is read from: { file: … }, { env: … } or { credential: … }.`;
    yield { code: 'literal-secret', message, where: keyAt(option), hint };
  }
}

function* linkFaults(links: Cursor, sites: ReadonlySet<string>): Generator<Complaint> {
  const nameOf = new Map<string, string>();
  for (const [name, link] of entries(links)) {
    const ends = [...items(at(link, 'between'))];
    for (const end of ends) {
      yield* unknownSite(end, sites);
    }
    const [one, other] = ends.map(textAt);
    const pair = (one ?? '') < (other ?? '') ? `${one}\n${other}` : `${other}\n${one}`;
    const first = nameOf.get(pair);
    if (one === undefined || other === undefined) {
      continue;
    }
    nameOf.set(pair, first ?? name);
    if (one === other) {
      yield { code: 'same-place', message: `The link ${quoted(name)} joins a site with itself`, where: keyAt(link) };
    } else if (first !== undefined) {
      const message = `The links ${quoted(first)} and ${quoted(name)} join the same two sites`;
      yield { code: 'duplicate-name', message, where: keyAt(link) };
    }
  }
}

function* unknownSite(cursor: Cursor, sites: ReadonlySet<string>): Generator<Complaint> {
  const word = textAt(cursor);
  if (word !== undefined && !sites.has(word)) {
    const meant = { word, among: [...sites] };
    yield { code: 'unknown-name', message: `There is no site ${quoted(word)}`, where: valueAt(cursor), meant };
  }
}

function* mailFault(cursor: Cursor): Generator<Complaint> {
  const smtp = textAt(cursor) ?? '';
  const where = valueAt(cursor);
  if (hasPassword(smtp)) {
    const hint = 'Let a mail server that needs none take the mail, such as the one of this machine.';
    yield { code: 'literal-secret', message: 'The address of the mail server holds a password', where, hint };
  } else if (smtp !== '' && !isUrlOf(['smtp', 'smtps'], smtp)) {
    const message = `${quoted(smtp)} is no address of a mail server`;
    yield { code: 'bad-uri', message, where, hint: 'For example smtps://mail.example.org.' };
  }
}
