import { at, type Cursor, entries, items, textAt } from './parse-cursor.js';
import { hasPassword, isUrlOf, readLibvirtUri, transports } from './parse-uri.js';
import type { Complaint } from './problem-report.js';
import { quoted } from './yaml-text-value.js';

/** The word that a step's `on` uses for the machine on which Lifeboat runs, so that no host may have it. */
export const controller = 'controller';

const uriExample = 'For example qemu+ssh://root@north-1/system.';
const secretOption = /(?:pass(?:word|wd|phrase)?|secret|token|community|api[_-]?key)$/i;

/** What is wrong with an estate beyond its shape: names, URIs, secrets that stand in the file. */
export function estateRelations(root: Cursor): readonly Complaint[] {
  const sites = entries(at(root, 'sites'));
  const hosts = sites.flatMap(([, site]) => entries(at(site, 'hosts')));
  return [
    ...hostNames(sites),
    ...hosts.flatMap(([, host]) => [...uriFaults(at(host, 'uri')), ...uriFaults(at(host, 'peer-uri'))]),
    ...hosts.flatMap(([, host]) => entries(at(at(host, 'fence'), 'options')).flatMap(literalSecret)),
    ...linkFaults(entries(at(root, 'links')), new Set(sites.map(([name]) => name))),
    ...mailFaults(at(at(root, 'mail'), 'smtp')),
  ];
}

function hostNames(sites: readonly (readonly [string, Cursor])[]): readonly Complaint[] {
  const siteOf = new Map<string, string>();
  return sites.flatMap(([site, cursor]) =>
    entries(at(cursor, 'hosts')).flatMap(([name, { pointer }]): readonly Complaint[] => {
      const where = { pointer, part: 'key' } as const;
      const other = siteOf.get(name);
      siteOf.set(name, other ?? site);
      if (name === controller) {
        const message = `No host can be called \`${controller}\`, which is the machine that Lifeboat runs on`;
        return [{ code: 'reserved-key', message, where }];
      }
      const message = `The host ${quoted(name)} stands in the sites ${quoted(other ?? '')} and ${quoted(site)}`;
      return other === undefined ? [] : [{ code: 'duplicate-name', message, where, hint: 'A host has one site.' }];
    }),
  );
}

function uriFaults(cursor: Cursor): readonly Complaint[] {
  const uri = textAt(cursor);
  if (uri === undefined || uri === '') {
    return [];
  }
  const where = { pointer: cursor.pointer, part: 'value' } as const;
  if (hasPassword(uri)) {
    return [{ code: 'literal-secret', message: 'The URI holds a password', where, hint: 'Let ssh use a key.' }];
  }
  const read = readLibvirtUri(uri);
  if (!('reason' in read)) {
    return [];
  }
  const meant = read.transport === undefined ? {} : { meant: { word: read.transport, among: transports } };
  return [{ code: 'bad-uri', message: `${quoted(uri)} ${read.reason}`, where, hint: uriExample, ...meant }];
}

function literalSecret([name, { value, pointer }]: readonly [string, Cursor]): readonly Complaint[] {
  if (!secretOption.test(name) || (typeof value === 'object' && value !== null)) {
    return [];
  }
  const message = `The secret ${quoted(name)} stands in the file itself`;
  const hint = `Write where it is read from: { file: … }, { env: … } or { credential: … }.`;
  return [{ code: 'literal-secret', message, where: { pointer, part: 'key' }, hint }];
}

function linkFaults(links: readonly (readonly [string, Cursor])[], sites: ReadonlySet<string>): readonly Complaint[] {
  const nameOf = new Map<string, string>();
  return links.flatMap(([name, link]): readonly Complaint[] => {
    const ends = items(at(link, 'between'));
    const [one, other] = ends.map(textAt);
    const unknown = ends.flatMap((end) => unknownSite(end, sites));
    if (one === undefined || other === undefined) {
      return unknown;
    }
    const where = { pointer: link.pointer, part: 'key' } as const;
    if (one === other) {
      return [...unknown, { code: 'same-place', message: `The link ${quoted(name)} joins a site with itself`, where }];
    }
    const pair = [one, other].toSorted().join('\n');
    const first = nameOf.get(pair);
    nameOf.set(pair, first ?? name);
    const message = `The links ${quoted(first ?? '')} and ${quoted(name)} join the same two sites`;
    return first === undefined ? unknown : [...unknown, { code: 'duplicate-name', message, where }];
  });
}

function unknownSite(cursor: Cursor, sites: ReadonlySet<string>): readonly Complaint[] {
  const word = textAt(cursor);
  if (word === undefined || sites.has(word)) {
    return [];
  }
  const where = { pointer: cursor.pointer, part: 'value' } as const;
  return [
    { code: 'unknown-name', message: `There is no site ${quoted(word)}`, where, meant: { word, among: [...sites] } },
  ];
}

function mailFaults(cursor: Cursor): readonly Complaint[] {
  const smtp = textAt(cursor);
  const where = { pointer: cursor.pointer, part: 'value' } as const;
  if (smtp === undefined || smtp === '') {
    return [];
  }
  if (hasPassword(smtp)) {
    const hint = 'Let a mail server that needs none take the mail, such as the one of this machine.';
    return [{ code: 'literal-secret', message: 'The address of the mail server holds a password', where, hint }];
  }
  const message = `${quoted(smtp)} is no address of a mail server`;
  const hint = 'For example smtps://mail.example.org.';
  return isUrlOf(['smtp', 'smtps'], smtp) ? [] : [{ code: 'bad-uri', message, where, hint }];
}
