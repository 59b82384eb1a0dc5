import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { type Complaint, complaintsMax } from './problem-report.js';
import { complaintOf } from './schema-complaint.js';
import { sampleOf } from './schema-sample.js';
import { suggest } from './suggest.js';

/** Checks plain data against a schema: the data by its type, or all that is wrong with it, one complaint for one mistake. */
export type Check<T> = (value: unknown) => { readonly value?: T; readonly complaints: readonly Complaint[] };

/** The check of a schema. It is compiled at its first use, since that takes longer than most files do. */
export function checkOf<T extends TSchema>(schema: T): Check<Static<T>> {
  const isValid = compiledOnce<Static<T>>(schema, { allErrors: false });
  const findErrors = compiledOnce<Static<T>>(schema, { allErrors: true });
  return (value) => {
    // All errors of a large file may need a hundred times its memory, so that they are asked for of a sample of it alone.
    const { sample, isWhole } = sampleOf(value);
    const first = isWhole ? undefined : isValid();
    if (first?.(value) === true) {
      return { value, complaints: [] };
    }
    const all = findErrors();
    if (all(sample) && isWhole) {
      return { value: sample, complaints: [] };
    }
    const errors = all.errors ?? first?.errors ?? [];
    return { complaints: withoutEchoes(errors.slice(0, errorsMax)).slice(0, complaintsMax).map(complaintOf) };
  };
}

/** One mistake may give three errors, of which one is kept. */
const errorsMax = 3 * complaintsMax;

/**
 * Every command waits for the compiling of a schema, which takes longer than checking with it: so the code is not made shorter,
 * and our own schemas are not checked against that of schemas, which is a test's work.
 */
const startsSoon = { code: { optimize: false }, meta: false, validateSchema: false } as const;

function compiledOnce<T>(schema: TSchema, options: { readonly allErrors: boolean }): () => ValidateFunction<T> {
  let compiled: ValidateFunction<T> | undefined;
  return () => {
    compiled ??= new Ajv({ strict: true, discriminator: true, verbose: true, ...startsSoon, ...options })
      .addVocabulary(['patternErrorMessage'])
      .compile<T>(schema);
    return compiled;
  };
}

/** The errors without those that only repeat another one. */
function withoutEchoes(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const own = errors.filter((error) => !isOtherKind(error) && !isInsideKeyName(error));
  const unions = new Set(own.filter(({ keyword }) => keyword === 'anyOf').map(placeOf));
  const explained = new Set(own.flatMap((error) => unionsAround(error).filter((union) => unions.has(union))));
  const mistyped = new Set(own.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath));
  const misspelt = new Set(own.map(misspeltKey));
  return own.filter((error) => {
    switch (error.keyword) {
      case 'anyOf':
        return !explained.has(placeOf(error));
      case 'const':
      case 'enum':
        return !mistyped.has(error.instancePath);
      case 'required':
        return !misspelt.has(`${error.instancePath}/${String(error.params['missingProperty'])}`);
      default:
        return true;
    }
  });
}

/** Where a value may be of several kinds, each kind that was not written gives an error of its own. */
function isOtherKind({ keyword, schemaPath }: ErrorObject): boolean {
  return keyword === 'type' && /\/anyOf\/\d+\/type$/.test(schemaPath);
}

/** What is wrong with the name of a key is reported once more for the mapping that has it, with the name. */
function isInsideKeyName({ keyword, propertyName }: ErrorObject): boolean {
  return propertyName !== undefined && keyword !== 'propertyNames';
}

function placeOf({ schemaPath, instancePath }: { schemaPath: string; instancePath: string }): string {
  return `${schemaPath} ${instancePath}`;
}

/** Every place at which the union that the error stands in may have been tried. */
function unionsAround({ keyword, schemaPath, instancePath }: ErrorObject): readonly string[] {
  const end = schemaPath.lastIndexOf('/anyOf/');
  if (keyword === 'anyOf' || end === -1) {
    return [];
  }
  const union = schemaPath.slice(0, end + '/anyOf'.length);
  const segments = instancePath.split('/');
  return segments.map((_, depth) =>
    placeOf({ schemaPath: union, instancePath: segments.slice(0, depth + 1).join('/') }),
  );
}

/** For an unknown key, the pointer of the key that it was meant for. */
function misspeltKey({ keyword, instancePath, params, parentSchema }: ErrorObject): string | undefined {
  if (keyword !== 'additionalProperties') {
    return undefined;
  }
  const known = Object.keys((parentSchema?.['properties'] as object | undefined) ?? {});
  return `${instancePath}/${suggest(String(params['additionalProperty']), known) ?? ''}`;
}
