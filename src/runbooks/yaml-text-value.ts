import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import type { Span } from './position.js';
import { type Complaint, complaintsMax, type SpanOf, type Target } from './problem-report.js';

/** Keys that would reach into the objects of the language instead of naming something. */
const reservedKeys = new Set(['__proto__', 'constructor', 'prototype']);

/** The plain value of a parsed document. Of a key that stands twice the first counts, and each further one is a complaint, as far as complaints are looked for. */
export function valueOf(root: unknown): { readonly value: unknown; readonly complaints: readonly Complaint[] } {
  const complaints: Complaint[] = [];
  return { value: plain(root, complaints), complaints };
}

/** Recursion is bounded by the depth that `tokensOf` allows. */
function plain(node: unknown, complaints: Complaint[]): unknown {
  if (isSeq(node)) {
    return node.items.map((item) => plain(item, complaints));
  }
  if (!isMap(node)) {
    return isScalar(node) ? node.value : null;
  }
  const value: Record<string, unknown> = {};
  for (const { key, value: item } of node.items) {
    const name = keyText(key);
    if (name !== undefined && !reservedKeys.has(name) && !Object.hasOwn(value, name)) {
      value[name] = plain(item, complaints);
    } else if (complaints.length < complaintsMax) {
      complaints.push(keyComplaint(key, name));
    }
  }
  return value;
}

/** What is wrong with a key that cannot be taken: it is no text, is reserved, or stands there already. */
function keyComplaint(key: unknown, name: string | undefined): Complaint {
  const where = spanOfNode(key) ?? { offset: 0, length: 1 };
  if (name === undefined) {
    return { code: 'wrong-type', message: 'A key must be a text', where, hint: 'Quote it.' };
  }
  if (reservedKeys.has(name)) {
    return { code: 'reserved-key', message: `\`${name}\` cannot be a key or a name`, where };
  }
  const message = `The key ${quoted(name)} stands twice in the same mapping`;
  return { code: 'duplicate-key', message, where, hint: 'Keep one of them.' };
}

/** Finds values and keys of the document by JSON pointer; of what is not there, the nearest thing that holds it. */
export function spanFinder(root: unknown): SpanOf & ((target: Target, isExact: true) => Span | undefined) {
  const index = new WeakMap<YAMLMap, Map<string, Pair>>();
  const pairOf = (map: YAMLMap, name: string): Pair | undefined => {
    const pairs = index.get(map) ?? indexed(map);
    index.set(map, pairs);
    return pairs.get(name);
  };
  function find(target: Target): Span;
  function find(target: Target, isExact: true): Span | undefined;
  function find({ pointer, part }: Target, isExact = false): Span | undefined {
    let span = spanOfNode(root) ?? { offset: 0, length: 1 };
    let node = root;
    const segments = pointer.split('/').slice(1).map(unescaped);
    for (const [depth, segment] of segments.entries()) {
      const pair = isMap(node) ? pairOf(node, segment) : undefined;
      const next = pair === undefined ? itemOf(node, segment) : pair.value;
      if (pair === undefined && next === undefined) {
        return isExact ? undefined : span;
      }
      const isKey = part === 'key' && depth === segments.length - 1;
      span = (isKey ? spanOfNode(pair?.key) : spanOfNode(next)) ?? spanOfNode(pair?.key) ?? span;
      node = next;
    }
    return span;
  }
  return find;
}

/** A JSON pointer's segment for a key. */
export function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** A text from the file as a message shows it: quoted, on one line, not too long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '·');
}

function unescaped(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~');
}

function indexed(map: YAMLMap): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) {
    const name = keyText(pair.key);
    if (name !== undefined && !pairs.has(name)) {
      pairs.set(name, pair);
    }
  }
  return pairs;
}

function itemOf(node: unknown, segment: string): unknown {
  return isSeq(node) ? node.items[Number(segment)] : undefined;
}

/** Numbers and the like may be names too (a host called `7`), as they are written; lists and empty keys may not. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) {
    return undefined;
  }
  return typeof key.value === 'string' ? key.value : key.source || undefined;
}

/** Of a list or mapping only where it begins; of an empty value nothing, so that its key is shown instead. */
function spanOfNode(node: unknown): Span | undefined {
  const range = isScalar(node) || isMap(node) || isSeq(node) ? (node as Node).range : undefined;
  if (range === undefined || range === null) {
    return undefined;
  }
  const length = isScalar(node) ? range[1] - range[0] : 1;
  return length === 0 ? undefined : { offset: range[0], length };
}
