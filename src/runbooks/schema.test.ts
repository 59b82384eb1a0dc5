import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { estateSchema } from './schema-estate.js';
import { runbookSchema } from './schema-runbook.js';

type Schema = Readonly<Record<string, unknown>>;

/** Every field of a schema with its path, items and variants included. */
function fieldsOf(schema: Schema, path: string): readonly (readonly [string, Schema])[] {
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>);
  const parts = [
    ...properties.map(([key, field]) => [`${path}.${key}`, field] as const),
    ...['items', 'additionalProperties'].flatMap((key) => {
      const part = schema[key];
      return typeof part === 'object' && part !== null ? [[`${path}[]`, part as Schema] as const] : [];
    }),
    ...['oneOf', 'anyOf'].flatMap((key) =>
      ((schema[key] ?? []) as readonly Schema[]).map((part, index) => [`${path}|${index}`, part] as const),
    ),
  ];
  return parts.flatMap(([at, part]) => [[at, part] as const, ...fieldsOf(part, at)]);
}

const fields = [...fieldsOf({ ...estateSchema }, 'estate'), ...fieldsOf({ ...runbookSchema }, 'runbook')];

describe('the schemas', () => {
  it('are schemas', () => {
    const ajv = new Ajv({ strict: true, discriminator: true }).addVocabulary(['patternErrorMessage']);
    const wrong = [estateSchema, runbookSchema].filter((schema) => ajv.validateSchema(schema) !== true);
    expect(wrong).toEqual([]);
    expect(ajv.validateSchema({ type: 'text' })).toBe(false);
  });

  it('say of every field what it is for, with an example', () => {
    const silent = fields.filter(([, field]) => {
      const { description, examples } = field as { description?: string; examples?: readonly unknown[] };
      return description === undefined || description.length < 5 || (examples ?? []).length === 0;
    });
    expect(silent.map(([path]) => path)).toEqual([]);
    expect(fields.length).toBeGreaterThan(100);
  });

  it('allow no key that they do not know', () => {
    const open = fields.filter(
      ([, field]) => field['properties'] !== undefined && field['additionalProperties'] !== false,
    );
    expect(open.map(([path]) => path)).toEqual([]);
  });

  it('give defaults for what may be left out, or say what happens then', () => {
    const required = ['name', 'vms', 'for', 'version', 'protect', 'groups'];
    const optional = [
      'priority',
      'after',
      'ready',
      'keep',
      'every',
      'quiesce',
      'stall',
      'guard',
      'arm',
      'tls',
      'images',
    ];
    const withDefault = new Set(
      fields.filter(([, field]) => 'default' in field).map(([path]) => path.split('.').at(-1)),
    );
    expect(optional.filter((key) => !withDefault.has(key))).toEqual([]);
    expect(required.filter((key) => withDefault.has(key))).toEqual([]);
  });
});
