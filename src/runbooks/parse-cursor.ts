import { escaped } from './yaml-text-value.js';

/**
 * A value of a file that knows where it stands. Checks of names walk by these instead of by types, so that they also say
 * what is wrong in a file whose shape is not right everywhere: all problems are reported together.
 */
export interface Cursor {
  readonly value: unknown;
  /** The list or mapping that holds it, and its index or key there; neither for the whole file. */
  readonly parent?: Cursor;
  readonly key?: string | number;
}

/** The value of a key; undefined within when there is none. */
export function at(cursor: Cursor, key: string): Cursor {
  const { value } = cursor;
  return { value: isMapping(value) && Object.hasOwn(value, key) ? value[key] : undefined, parent: cursor, key };
}

/** The items of a list; none when it is no list. */
export function* items(cursor: Cursor): Generator<Cursor> {
  if (Array.isArray(cursor.value)) {
    for (const [key, value] of cursor.value.entries()) {
      yield { value, parent: cursor, key };
    }
  }
}

/** The keys of a mapping with their values; none when it is no mapping. */
export function* entries(cursor: Cursor): Generator<readonly [string, Cursor]> {
  if (isMapping(cursor.value)) {
    for (const key of Object.keys(cursor.value)) {
      yield [key, at(cursor, key)];
    }
  }
}

/** The text that stands there; undefined when it is no text. */
export function textAt({ value }: Cursor): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** The JSON pointer. */
export function pointerOf({ parent, key }: Cursor): string {
  return parent === undefined ? '' : `${pointerOf(parent)}/${escaped(String(key))}`;
}

/** Where a complaint about the value points. */
export function valueAt(cursor: Cursor): { readonly pointer: string; readonly part: 'value' } {
  return { pointer: pointerOf(cursor), part: 'value' };
}

/** Where a complaint about its key points. */
export function keyAt(cursor: Cursor): { readonly pointer: string; readonly part: 'key' } {
  return { pointer: pointerOf(cursor), part: 'key' };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
