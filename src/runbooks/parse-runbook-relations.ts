import { type Estate, hostsOf } from '../model/estate.js';
import { at, type Cursor, entries, items, textAt, valueAt } from './parse-cursor.js';
import { controller } from './parse-estate-relations.js';
import { circlesOf } from './parse-group-order.js';
import { type Names, unknown } from './parse-names.js';
import { protection } from './parse-protection.js';
import { isUrlOf } from './parse-uri.js';
import type { Complaint } from './problem-report.js';
import { quoted } from './yaml-text-value.js';

/** What is wrong with a runbook beyond its shape: names that do not exist or stand twice, and circles. */
export function* runbookRelations(root: Cursor, estate: Estate): Generator<Complaint> {
  const groups = [...items(at(root, 'groups'))];
  const groupNames = groups.map((group) => textAt(at(group, 'name'))).filter((name) => name !== undefined);
  const names: Names = {
    site: new Set(Object.keys(estate.sites)),
    host: new Set(Object.keys(hostsOf(estate))),
    group: new Set(groupNames),
  };
  yield* protection(root, names, estate);
  yield* duplicates(groups, 'group');
  yield* waits(groups, names);
  yield* repeated(groups.map((group) => at(group, 'vms')));
  for (const group of groups) {
    for (const ready of items(at(group, 'ready'))) {
      yield* pageAddress(at(ready, 'url'));
    }
  }
  for (const key of ['keep-apart', 'keep-together']) {
    for (const set of items(at(root, key))) {
      yield* repeated([set]);
    }
  }
  for (const step of items(at(root, 'steps'))) {
    yield* stepFaults(step, names);
  }
  yield* duplicates([...items(at(root, 'triggers'))], 'trigger');
  for (const trigger of items(at(root, 'triggers'))) {
    yield* watched(at(trigger, 'when'), names);
  }
}

function* duplicates(things: readonly Cursor[], kind: string): Generator<Complaint> {
  const seen = new Set<string>();
  for (const thing of things) {
    const cursor = at(thing, 'name');
    const name = textAt(cursor);
    if (name !== undefined && seen.has(name)) {
      const message = `There are two ${kind}s called ${quoted(name)}`;
      yield { code: 'duplicate-name', message, where: valueAt(cursor) };
    }
    seen.add(name ?? '');
  }
}

/** Groups that wait for unknown groups, for themselves or for each other. */
function* waits(groups: readonly Cursor[], names: Names): Generator<Complaint> {
  const after = new Map<string, Map<string, Cursor>>();
  for (const group of groups) {
    const name = textAt(at(group, 'name'));
    for (const item of items(at(group, 'after'))) {
      const other = textAt(item);
      if (other !== undefined && other === name) {
        const message = `The group ${quoted(name)} waits for itself`;
        yield { code: 'after-itself', message, where: valueAt(item) };
      } else if (other !== undefined && name !== undefined && names.group.has(other)) {
        const known = after.get(name) ?? new Map<string, Cursor>();
        after.set(name, known.set(other, item));
      } else {
        yield* unknown({ kind: 'group', cursor: item }, names);
      }
    }
  }
  for (const circle of circlesOf(new Map([...after].map(([name, others]) => [name, [...others.keys()]])))) {
    const item = after.get(circle[0] ?? '')?.get(circle[1] ?? '');
    if (item !== undefined) {
      const message = `Groups wait for each other: ${pathText(circle)}`;
      yield { code: 'after-cycle', message, where: valueAt(item), hint: 'Take one `after` away.' };
    }
  }
}

/** A long circle is shown by its beginning and its end. */
function pathText(circle: readonly string[]): string {
  const shown =
    circle.length <= 12 ? circle : [...circle.slice(0, 8), `${circle.length - 11} more`, ...circle.slice(-3)];
  return shown.join(' → ');
}

/** Selectors that stand twice in lists that must not share a VM. */
function* repeated(lists: readonly Cursor[]): Generator<Complaint> {
  const seen = new Set<string>();
  for (const list of lists) {
    for (const cursor of items(list)) {
      const tag = textAt(at(cursor, 'tag'));
      const text = textAt(cursor) ?? tag;
      const key = `${tag === undefined ? 'name' : 'tag'}=${text ?? ''}`;
      if (text !== undefined && seen.has(key)) {
        const hint = 'Write it once: a VM belongs to one group.';
        yield {
          code: 'duplicate-selector',
          message: `${quoted(text)} stands here a second time`,
          where: valueAt(cursor),
          hint,
        };
      }
      seen.add(key);
    }
  }
}

function* pageAddress(cursor: Cursor): Generator<Complaint> {
  const url = textAt(cursor) ?? '';
  if (url !== '' && !isUrlOf(['http', 'https'], url)) {
    const hint = 'For example http://web-1:8080/health.';
    yield { code: 'bad-uri', message: `${quoted(url)} is no address of a page`, where: valueAt(cursor), hint };
  }
}

function* stepFaults(step: Cursor, names: Names): Generator<Complaint> {
  const moment = at(step, 'at');
  const word = /^(?:before|after)-group\/(.+)$/.exec(textAt(moment) ?? '')?.[1];
  if (word !== undefined) {
    yield* unknown({ kind: 'group', cursor: moment, word }, names);
  }
  const on = at(at(step, 'with'), 'on');
  if (at(step, 'uses').value === 'run' && on.value !== '' && on.value !== controller) {
    yield* unknown({ kind: 'host', cursor: on }, { ...names, host: new Set([...names.host, controller]) });
  }
}

/** A `tcp` probe may watch any address; what libvirt is asked on must be in the estate. */
function* watched(when: Cursor, names: Names): Generator<Complaint> {
  for (const [, probes] of entries(when)) {
    for (const probe of items(probes)) {
      if (at(probe, 'probe').value === 'libvirt') {
        yield* unknown({ kind: 'site', cursor: at(probe, 'site') }, names);
        yield* unknown({ kind: 'host', cursor: at(probe, 'host') }, names);
      }
    }
  }
}
