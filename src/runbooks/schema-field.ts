import { type Static, type TSchema, Type } from 'typebox';
import { durationPattern, ratePattern } from '../model/units.js';

/**
 * The makers of which both schemas are built. Each field says what it is for, and shows an example and its default, since
 * the editor, the documentation and the messages of a refused file all come from here.
 */
export interface Field<T = unknown> {
  readonly description: string;
  readonly examples: readonly T[];
  readonly default?: T;
}

/** Above zero, and no number so large that it would be a mistake. */
const sensible = '^(?=.*[1-9])(?!.*\\d{7})';

/** A name that Lifeboat's own messages, files and commands can carry unquoted. */
export const namePattern = '^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$';
const nameError = 'write a name of letters, digits, dots, hyphens and underscores';

export function duration(field: Field<string>) {
  const patternErrorMessage = 'write a duration above zero with its unit, such as 500ms, 30s, 5m or 1h30m';
  return Type.String({ pattern: sensible + durationPattern.slice(1), maxLength: 24, patternErrorMessage, ...field });
}

export function rate(field: Field<string>) {
  const patternErrorMessage = 'write a rate with its unit, such as 800Mbit, 1Gbit or 100MiB/s';
  return Type.String({ pattern: sensible + ratePattern.slice(1), patternErrorMessage, ...field });
}

export function name(field: Field<string>) {
  return Type.String({ pattern: namePattern, patternErrorMessage: nameError, maxLength: 253, ...field });
}

/** Any text that is not empty. */
export function words(field: Field<string>) {
  return Type.String({ minLength: 1, ...field });
}

/** An absolute path on the host or controller. */
export function path(field: Field<string>) {
  return Type.String({ pattern: '^/', patternErrorMessage: 'write an absolute path, which begins with /', ...field });
}

export function count(range: { readonly minimum: number; readonly maximum: number }, field: Field<number>) {
  return Type.Integer({ ...range, ...field });
}

export function choice<const T extends readonly string[]>(values: T, field: Field<T[number]>) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...field });
}

/** A mapping with these keys and no others. */
export function keys<T extends Record<string, TSchema>>(
  properties: T,
  field: Field & { readonly minProperties?: number; readonly maxProperties?: number },
) {
  return Type.Object(properties, { additionalProperties: false, ...field });
}

/** A mapping whose keys are names. */
export function named<T extends TSchema>(item: T, field: Field & { readonly minProperties?: number }) {
  const propertyNames = { type: 'string', pattern: namePattern, patternErrorMessage: nameError, maxLength: 253 };
  return Type.Unsafe<Record<string, Static<T>>>({
    type: 'object',
    propertyNames,
    additionalProperties: item,
    ...field,
  });
}

export function list<T extends TSchema>(item: T, field: Field & { minItems?: number; maxItems?: number }) {
  return Type.Array(item, { ...field });
}

/** One of several mappings, told apart by the value of one key: a mistake is reported against that one alone. */
export function oneBy<T extends TSchema[]>(tag: string, variants: [...T], field: Field) {
  return Type.Unsafe<Static<T[number]>>({
    type: 'object',
    discriminator: { propertyName: tag },
    oneOf: variants,
    ...field,
  });
}

/** A value of one of several kinds, told apart by whether it is a text, a number, a list or a mapping. */
export function oneOfKind<T extends TSchema[]>(variants: [...T], field: Field) {
  return Type.Unsafe<Static<T[number]>>({ anyOf: variants, ...field });
}
