import { type Estate, hostsOf } from '../model/estate.js';
import { at, type Cursor, entries, items, textAt } from './parse-cursor.js';
import { controller } from './parse-estate-relations.js';
import { circlesOf } from './parse-group-order.js';
import { isUrlOf } from './parse-uri.js';
import type { Complaint } from './problem-report.js';
import { quoted } from './yaml-text-value.js';

/** The names that a runbook may use. */
type Names = Readonly<Record<'site' | 'host' | 'group', ReadonlySet<string>>>;

/** What is wrong with a runbook beyond its shape: names that do not exist or stand twice, and circles. */
export function runbookRelations(root: Cursor, estate: Estate): readonly Complaint[] {
  const groups = items(at(root, 'groups'));
  const groupNames = groups.map((group) => textAt(at(group, 'name'))).filter((name) => name !== undefined);
  const names: Names = {
    site: new Set(Object.keys(estate.sites)),
    host: new Set(Object.keys(hostsOf(estate))),
    group: new Set(groupNames),
  };
  const steps = items(at(root, 'steps'));
  const triggers = items(at(root, 'triggers'));
  return [
    ...protection(at(root, 'protect'), names, estate),
    ...twice(
      groups.map((group) => at(group, 'name')),
      'group',
    ),
    ...twice(
      triggers.map((trigger) => at(trigger, 'name')),
      'trigger',
    ),
    ...waits(groups, names),
    ...selectorFaults(groups.flatMap((group) => items(at(group, 'vms')))),
    ...['keep-apart', 'keep-together'].flatMap((key) =>
      items(at(root, key)).flatMap((set) => selectorFaults(items(set))),
    ),
    ...groups.flatMap((group) => items(at(group, 'ready')).flatMap((ready) => pageAddress(at(ready, 'url')))),
    ...steps.flatMap((step) => moment(at(step, 'at'), names)),
    ...steps.flatMap((step) => (at(step, 'uses').value === 'run' ? runsOn(at(at(step, 'with'), 'on'), names) : [])),
    ...triggers.flatMap((trigger) => entries(at(trigger, 'when')).flatMap(([, probes]) => watched(probes, names))),
  ];
}

function unknown(kind: keyof Names, cursor: Cursor, names: Names, word = textAt(cursor)): readonly Complaint[] {
  const among = names[kind];
  if (word === undefined || among.has(word)) {
    return [];
  }
  const message = `There is no ${kind} ${quoted(word)} in the ${kind === 'group' ? 'runbook' : 'estate'}`;
  const isHost = kind === 'site' && names.host.has(word);
  const advice = isHost ? { hint: `For the host write { host: ${word} }.` } : { meant: { word, among: [...among] } };
  const where = { pointer: cursor.pointer, part: 'value' } as const;
  return [{ code: 'unknown-name', message, where, ...advice }];
}

function protection(protect: Cursor, names: Names, estate: Estate): readonly Complaint[] {
  const ends = ['from', 'to'].map((key) => at(protect, key));
  const faults = ends.flatMap((end) => [...unknown('site', end, names), ...unknown('host', at(end, 'host'), names)]);
  const [from, to] = ends.map((end) => {
    const host = textAt(at(end, 'host'));
    return host === undefined ? textAt(end) : `${hostsOf(estate)[host]?.site ?? ''}/${host}`;
  });
  if (from === undefined || from !== to) {
    return faults;
  }
  const message = `The VMs would go from ${quoted(from)} to where they are`;
  const where = { pointer: `${protect.pointer}/to`, part: 'value' } as const;
  return [...faults, { code: 'same-place', message, where, hint: 'To empty one host, write from: { host: … }.' }];
}

function twice(names: readonly Cursor[], kind: string): readonly Complaint[] {
  const seen = new Set<string>();
  return names.flatMap((cursor): readonly Complaint[] => {
    const name = textAt(cursor);
    if (name === undefined || !seen.has(name)) {
      seen.add(name ?? '');
      return [];
    }
    const where = { pointer: cursor.pointer, part: 'value' } as const;
    return [{ code: 'duplicate-name', message: `There are two ${kind}s called ${quoted(name)}`, where }];
  });
}

/** Groups that wait for unknown groups, for themselves or for each other. */
function waits(groups: readonly Cursor[], names: Names): readonly Complaint[] {
  const faults: Complaint[] = [];
  const after = new Map<string, string[]>();
  const pointers = new Map<string, string>();
  for (const group of groups) {
    const name = textAt(at(group, 'name'));
    for (const item of items(at(group, 'after'))) {
      const other = textAt(item);
      if (other !== undefined && other === name) {
        const message = `The group ${quoted(name)} waits for itself`;
        faults.push({ code: 'after-itself', message, where: { pointer: item.pointer, part: 'value' } });
      } else if (other !== undefined && name !== undefined && names.group.has(other)) {
        after.set(name, [...(after.get(name) ?? []), other]);
        pointers.set(`${name}\n${other}`, item.pointer);
      } else {
        faults.push(...unknown('group', item, names));
      }
    }
  }
  const circles = circlesOf(after).map((circle): Complaint => {
    const pointer = pointers.get(`${circle[0]}\n${circle[1]}`) ?? '/groups';
    const message = `Groups wait for each other: ${pathText(circle)}`;
    return { code: 'after-cycle', message, where: { pointer, part: 'value' }, hint: 'Take one `after` away.' };
  });
  return [...faults, ...circles];
}

/** A long circle is shown by its beginning and its end. */
function pathText(circle: readonly string[]): string {
  const shown =
    circle.length <= 12 ? circle : [...circle.slice(0, 8), `${circle.length - 11} more`, ...circle.slice(-3)];
  return shown.join(' → ');
}

function selectorFaults(selectors: readonly Cursor[]): readonly Complaint[] {
  const seen = new Set<string>();
  return selectors.flatMap((cursor): readonly Complaint[] => {
    const tag = textAt(at(cursor, 'tag'));
    const text = textAt(cursor) ?? tag;
    const key = `${tag === undefined ? 'name' : 'tag'}=${text ?? ''}`;
    const where = { pointer: cursor.pointer, part: 'value' } as const;
    if (text !== undefined && seen.has(key)) {
      const hint = 'A VM belongs to one group.';
      return [{ code: 'duplicate-selector', message: `${quoted(text)} stands here a second time`, where, hint }];
    }
    seen.add(key);
    return [];
  });
}

function pageAddress(cursor: Cursor): readonly Complaint[] {
  const url = textAt(cursor);
  if (url === undefined || url === '' || isUrlOf(['http', 'https'], url)) {
    return [];
  }
  const where = { pointer: cursor.pointer, part: 'value' } as const;
  const hint = 'For example http://web-1:8080/health.';
  return [{ code: 'bad-uri', message: `${quoted(url)} is no address of a page`, where, hint }];
}

function moment(cursor: Cursor, names: Names): readonly Complaint[] {
  const group = /^(?:before|after)-group\/(.+)$/.exec(textAt(cursor) ?? '')?.[1];
  return group === undefined ? [] : unknown('group', cursor, names, group);
}

function runsOn(cursor: Cursor, names: Names): readonly Complaint[] {
  return textAt(cursor) === '' ? [] : unknown('host', cursor, { ...names, host: new Set([controller, ...names.host]) });
}

/** A `tcp` probe may watch any address; what libvirt is asked on must be in the estate. */
function watched(probes: Cursor, names: Names): readonly Complaint[] {
  return items(probes).flatMap((probe) =>
    at(probe, 'probe').value === 'libvirt'
      ? [...unknown('site', at(probe, 'site'), names), ...unknown('host', at(probe, 'host'), names)]
      : [],
  );
}
