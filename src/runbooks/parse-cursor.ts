import { escaped } from './yaml-text-value.js';

/**
 * A value of a file with its JSON pointer. Checks of names walk by these instead of by types, so that they also say what is
 * wrong in a file whose shape is not right everywhere: all problems are reported together.
 */
export interface Cursor {
  readonly value: unknown;
  readonly pointer: string;
}

/** The value of a key; undefined within when there is none. */
export function at({ value, pointer }: Cursor, key: string): Cursor {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key);
  return {
    value: isMapping ? (value as Record<string, unknown>)[key] : undefined,
    pointer: `${pointer}/${escaped(key)}`,
  };
}

/** The items of a list; none when it is no list. */
export function items({ value, pointer }: Cursor): readonly Cursor[] {
  return Array.isArray(value)
    ? value.map((item: unknown, index) => ({ value: item, pointer: `${pointer}/${index}` }))
    : [];
}

/** The keys of a mapping with their values; none when it is no mapping. */
export function entries(cursor: Cursor): readonly (readonly [string, Cursor])[] {
  const { value } = cursor;
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? Object.keys(value).map((key) => [key, at(cursor, key)]) : [];
}

/** The text that stands there; undefined when it is no text. */
export function textAt({ value }: Cursor): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
