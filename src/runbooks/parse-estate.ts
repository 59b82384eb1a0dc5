import {
  type Estate,
  type Host,
  type Link,
  type RateWindow,
  type Site,
  type Weekday,
  weekdays,
} from '../model/estate.js';
import { parseRate } from '../model/units.js';
import { estateRelations } from './parse-estate-relations.js';
import { parseFile } from './parse-file.js';
import { readLibvirtUri } from './parse-uri.js';
import type { Parsed } from './problem.js';
import { checkOf } from './schema-check.js';
import { type EstateText, estateSchema } from './schema-estate.js';
import type { FileText } from './yaml-text.js';

type SiteText = EstateText['sites'][string];
type HostText = SiteText['hosts'][string];
type LinkText = NonNullable<EstateText['links']>[string];
type WindowText = NonNullable<LinkText['windows']>[number];

const check = checkOf(estateSchema);

/** The estate of a `lifeboat.yaml`, its defaults filled in, or every problem of it. `file` is the name that they carry. */
export function parseEstate(text: FileText, file: string): Parsed<Estate> {
  return parseFile(text, file, { check, relations: estateRelations, make: estateOf });
}

function estateOf({ sites, links = {}, tls = 'required', store, mail }: EstateText): Estate {
  return {
    sites: mapped(sites, siteOf),
    links: mapped(links, linkOf),
    tls,
    store: { sqlite: store?.sqlite ?? '/var/lib/lifeboat/lifeboat.db' },
    ...(mail === undefined ? {} : { mail }),
  };
}

function siteOf(name: string, { hosts, networks = {}, images, replicas }: SiteText): Site {
  return {
    name,
    hosts: mapped(hosts, (host, text) => hostOf({ name: host, site: name }, text)),
    networks,
    images: images ?? '/var/lib/libvirt/images',
    replicas: replicas ?? '/var/lib/lifeboat/replicas',
  };
}

function hostOf(place: { readonly name: string; readonly site: string }, text: HostText): Host {
  const { uri, scratch, fence } = text;
  const read = readLibvirtUri(uri);
  const host = 'reason' in read ? '' : read.host;
  return {
    ...place,
    uri,
    // A URI without a host reaches this machine, which others know by the name that the estate gives it.
    address: text.address ?? (host === '' ? place.name : host),
    peerUri: text['peer-uri'] ?? uri,
    ...(scratch === undefined ? {} : { scratch }),
    ...(fence === undefined ? {} : { fence: fenceOf(fence) }),
  };
}

function fenceOf({ agent, options = {} }: NonNullable<HostText['fence']>): NonNullable<Host['fence']> {
  return { agent, options: options as NonNullable<Host['fence']>['options'] };
}

function linkOf(name: string, { between, rate, windows = [] }: LinkText): Link {
  const bytesPerSecond = rate === undefined ? undefined : parseRate(rate);
  return {
    name,
    between,
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    windows: windows.flatMap(windowsOf),
  };
}

/** A window over midnight is two: until midnight, and from midnight on the days after. */
function windowsOf({ days, from, to, rate }: WindowText): readonly RateWindow[] {
  const begun = daysOf(days ?? 'mon-sun');
  const bytesPerSecond = parseRate(rate) ?? 0;
  const [fromMinute, toMinute] = [minuteOf(from), minuteOf(to)];
  if (fromMinute < toMinute) {
    return [{ days: begun, fromMinute, toMinute, bytesPerSecond }];
  }
  const evening = { days: begun, fromMinute, toMinute: 1_440, bytesPerSecond };
  const next = weekdays.filter((_, index) => begun.includes(weekdays[(index + 6) % 7] ?? 'mon'));
  return toMinute === 0 ? [evening] : [evening, { days: next, fromMinute: 0, toMinute, bytesPerSecond }];
}

/** `mon-fri,sun`; a range may go over the end of the week, as `sat-mon` does. */
function daysOf(text: string): readonly Weekday[] {
  const chosen = new Set<Weekday>();
  for (const part of text.split(',')) {
    const [first, last = first] = part.split('-').map((day) => weekdays.indexOf(day as Weekday));
    for (let index = first ?? 0, left = 7; left > 0; index = (index + 1) % 7, left--) {
      chosen.add(weekdays[index] ?? 'mon');
      left = index === last ? 0 : left;
    }
  }
  return weekdays.filter((day) => chosen.has(day));
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  make: (name: string, from: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([name, from]) => [name, make(name, from)]));
}
