import type { ErrorObject } from 'ajv';
import type { Complaint } from './problem-report.js';
import { suggest } from './suggest.js';
import { escaped, quoted } from './yaml-text-value.js';

type Schema = Readonly<Record<string, unknown>>;

/** One error of the schema, in words: what is wrong where, and what to write instead. */
export function complaintOf(error: ErrorObject): Complaint {
  const { keyword, instancePath, params, data } = error;
  const schema = (error.parentSchema ?? {}) as Schema;
  const subject = subjectOf(instancePath);
  const where = { pointer: instancePath, part: 'value' } as const;
  switch (keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      return unknownKey({ key, among: Object.keys((schema['properties'] as object | undefined) ?? {}), instancePath });
    }
    case 'required':
      return missingKey({ ...fieldOf(schema, String(params['missingProperty'])), pointer: instancePath });
    case 'discriminator':
      return wrongTag(error, schema);
    case 'propertyNames': {
      const key = String(params['propertyName']);
      const message = `The key ${quoted(key)} in ${subject} is no name`;
      const at = { pointer: `${instancePath}/${escaped(key)}`, part: 'key' } as const;
      return {
        code: 'wrong-value',
        message,
        where: at,
        ...hintOf((schema['propertyNames'] as Schema | undefined) ?? {}),
      };
    }
    case 'type':
    case 'anyOf':
      return {
        code: 'wrong-type',
        message: `${subject} must be ${kindsOf(schema)}, but is ${kindOf(data)}`,
        where,
        ...hintOf(schema),
      };
    case 'const':
      return {
        code: 'wrong-value',
        message: `${subject} must be ${JSON.stringify(schema['const'])}, but is ${shown(data)}`,
        where,
      };
    case 'enum': {
      const among = (schema['enum'] as readonly string[] | undefined) ?? [];
      const message = `${subject} must be one of ${among.join(', ')}, but is ${shown(data)}`;
      return { code: 'wrong-value', message, where, meant: { word: shownBare(data), among } };
    }
    case 'pattern':
      return { code: 'wrong-value', message: `${subject} cannot be ${shown(data)}`, where, ...hintOf(schema) };
    default:
      return {
        code: codeOf(keyword),
        message: `${subject} ${boundOf(keyword, params['limit'])}`,
        where,
        ...hintOf(schema),
      };
  }
}

/** `groups[0].ready[1]`, as a person would name the place. */
export function subjectOf(pointer: string): string {
  const segments = pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  const path = segments.map((segment) => (/^\d+$/.test(segment) ? `[${segment}]` : `.${plainKey(segment)}`)).join('');
  return path === '' ? 'the file' : `\`${path.replace(/^\./, '')}\``;
}

function plainKey(key: string): string {
  return /^[\w./-]{1,60}$/.test(key) ? key : quoted(key);
}

function unknownKey(key: {
  readonly key: string;
  readonly among: readonly string[];
  readonly instancePath: string;
}): Complaint {
  const where = { pointer: `${key.instancePath}/${escaped(key.key)}`, part: 'key' } as const;
  const message = `Unknown key ${quoted(key.key)} in ${subjectOf(key.instancePath)}`;
  const isNear = suggest(key.key, key.among) !== undefined;
  const hint = isNear ? {} : { hint: `Known keys are ${key.among.join(', ')}.` };
  return { code: 'unknown-key', message, where, meant: { word: key.key, among: key.among }, ...hint };
}

function fieldOf(schema: Schema, key: string): { readonly key: string; readonly field: Schema } {
  const properties = (schema['properties'] as Readonly<Record<string, Schema>> | undefined) ?? {};
  return { key, field: properties[key] ?? {} };
}

/** A key that must be there and is not, with the example of its schema. */
export function missingKey(missing: {
  readonly key: string;
  readonly field: Schema;
  readonly pointer: string;
}): Complaint {
  const { key, field, pointer } = missing;
  const where = { pointer, part: 'value' } as const;
  const message = `\`${key}\` is missing in ${subjectOf(pointer)}`;
  return { code: 'missing-key', message, where, ...exampleOf(key, field) };
}

function wrongTag({ params, instancePath, data }: ErrorObject, schema: Schema): Complaint {
  const tag = String(params['tag']);
  const among = ((schema['oneOf'] as readonly Schema[] | undefined) ?? []).map((variant) => {
    const properties = (variant['properties'] ?? {}) as Readonly<Record<string, Schema>>;
    return String(properties[tag]?.['const']);
  });
  const written: unknown = (data as Schema)[tag];
  if (written === undefined) {
    const near = Object.keys(data as object)
      .slice(0, 100)
      .find((key) => suggest(key, [tag]) === tag);
    if (near !== undefined) {
      return unknownKey({ key: near, among: [tag], instancePath });
    }
    const message = `\`${tag}\` is missing in ${subjectOf(instancePath)}`;
    const where = { pointer: instancePath, part: 'value' } as const;
    return { code: 'missing-key', message, where, hint: `Write \`${tag}:\` with one of ${among.join(', ')}.` };
  }
  const pointer = `${instancePath}/${tag}`;
  const message = `${subjectOf(pointer)} must be one of ${among.join(', ')}, but is ${shown(written)}`;
  return {
    code: 'wrong-value',
    message,
    where: { pointer, part: 'value' },
    meant: { word: shownBare(written), among },
  };
}

function hintOf(schema: Schema): { readonly hint?: string } {
  const text = schema['patternErrorMessage'];
  return typeof text === 'string' ? { hint: `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.` } : {};
}

function exampleOf(key: string, field: Schema): { readonly hint?: string } {
  const [example] = (field['examples'] as readonly unknown[] | undefined) ?? [];
  return example === undefined ? {} : { hint: `For example \`${key}: ${JSON.stringify(example)}\`.` };
}

function codeOf(keyword: string): Complaint['code'] {
  return /Items|Properties/.test(keyword) ? 'wrong-count' : 'wrong-value';
}

function boundOf(keyword: string, limit: unknown): string {
  switch (keyword) {
    case 'minimum':
      return `must be at least ${String(limit)}`;
    case 'maximum':
      return `must be at most ${String(limit)}`;
    case 'minLength':
      return 'must not be empty';
    case 'maxLength':
      return `must have at most ${String(limit)} characters`;
    case 'minItems':
      return limit === 1 ? 'must not be empty' : `must have at least ${String(limit)} items`;
    case 'maxItems':
      return `must have at most ${String(limit)} items`;
    case 'minProperties':
      return limit === 1 ? 'must not be empty' : `must have at least ${String(limit)} keys`;
    case 'maxProperties':
      return `must have only ${String(limit)} of its keys`;
    default:
      return 'is not as it must be';
  }
}

const kindNames: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

function kindsOf(schema: Schema): string {
  const variants = (schema['anyOf'] as readonly Schema[] | undefined) ?? [schema];
  return variants.map(({ type }) => kindNames[String(type)] ?? 'something else').join(' or ');
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return 'empty';
  }
  if (Array.isArray(value)) {
    return 'a list';
  }
  return typeof value === 'string' ? quoted(value) : typeof value === 'object' ? 'a mapping' : shownBare(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? quoted(value) : shownBare(value);
}

function shownBare(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return kindOf(value);
  }
}
