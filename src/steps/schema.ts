import { Ajv } from 'ajv';
import { type TSchema, Type } from 'typebox';

/** The parts that the inputs of several kinds of step share. Inputs are closed: an unknown key is a mistake. */
export const closed = { additionalProperties: false } as const;

export const text = Type.String({ minLength: 1 });
export const amount = Type.Number({ minimum: 0 });
export const place = Type.Object({ site: text, host: text }, closed);
export const vmAt = { vm: text, id: text, at: place };
export const betweenPlaces = Type.Object({ vm: text, from: place, to: place }, closed);
export const plannedPoint = Type.Union([Type.Object({ id: text }, closed), Type.Literal('newest')]);

/** One of several shapes told apart by the value of `key`, so that a mistake is reported against the shape that was meant. */
export function oneOfBy(key: string, shapes: readonly TSchema[]): TSchema {
  return Type.Unsafe({ type: 'object', discriminator: { propertyName: key }, required: [key], oneOf: shapes });
}

const ajv = new Ajv({ allErrors: true, discriminator: true });

/** Compiles a schema into a function that says in words what is wrong with a value, and nothing when all is well. */
export function compileSchema(schema: TSchema): (value: unknown) => string[] {
  const validate = ajv.compile(schema);
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map(({ instancePath, message, params }) => {
      const extra = 'additionalProperty' in params ? `: ${String(params['additionalProperty'])}` : '';
      return `${instancePath === '' ? 'the input' : instancePath} ${message ?? 'is wrong'}${extra}`;
    });
  };
}
