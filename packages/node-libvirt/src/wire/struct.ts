/** Structs: several codecs under names, in their order on the wire, with the types that callers see. */
import type { Codec, FixedCodec, OptionalCodec, ValueOf } from './codec.js';
import type { XdrWriter } from './xdr.js';

export type Fields = Readonly<Record<string, Codec<any> | FixedCodec>>;

type Flat<T> = { [K in keyof T]: T[K] };
type VisibleKeys<F extends Fields> = { [K in keyof F]: F[K] extends FixedCodec ? never : K }[keyof F];
type LeavableKeys<F extends Fields> = { [K in keyof F]: F[K] extends OptionalCodec<any> ? K : never }[keyof F];

/** What a struct is once decoded: every visible field. */
export type Decoded<F extends Fields> = Flat<{ [K in VisibleKeys<F>]: ValueOf<F[K]> }>;
/** What a caller gives: the fields that may be left out are optional. */
export type Given<F extends Fields> = Flat<
  { [K in Exclude<VisibleKeys<F>, LeavableKeys<F>>]: ValueOf<F[K]> } & {
    [K in Extract<VisibleKeys<F>, LeavableKeys<F>>]?: ValueOf<F[K]> | undefined;
  }
>;

/** Fields in their order on the wire. A bad value is named by its field. */
export function struct<F extends Fields>(fields: F): Codec<Decoded<F>> & { readonly fields: F } {
  const entries = Object.entries(fields);
  return {
    fields,
    minBytes: entries.reduce((sum, [, codec]) => sum + codec.minBytes, 0),
    encode(writer, value) {
      for (const [name, codec] of entries) encodeField(writer, name, codec, value);
    },
    decode(reader) {
      const result: Record<string, unknown> = {};
      for (const [name, codec] of entries) {
        const value = codec.decode(reader);
        if (!('fixed' in codec)) result[name] = value;
      }
      return result as Decoded<F>;
    },
  };
}

function encodeField(writer: XdrWriter, name: string, codec: Codec<unknown>, given: Record<string, unknown>): void {
  let value = given[name];
  if (value === undefined && 'whenAbsent' in codec) value = codec.whenAbsent;
  if (value === undefined && !('fixed' in codec)) throw new TypeError(`the argument \`${name}\` is missing`);
  try {
    codec.encode(writer, value);
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError) {
      throw new TypeError(`the argument \`${name}\` is wrong: ${cause.message}`, { cause });
    }
    throw cause;
  }
}
