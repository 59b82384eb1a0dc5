/** The types of libvirt's messages: a {@link Codec} reads and writes one of them. */
import { ProtocolError } from '../errors.js';
import type { XdrReader, XdrWriter } from './xdr.js';

/**
 * How one type travels. `minBytes` is the least it can take on the wire; it bounds what a count may make us allocate.
 * `encode` throws RangeError or TypeError for a value that cannot be sent, `decode` `ProtocolError` for bytes that cannot be read.
 */
export interface Codec<T> {
  readonly minBytes: number;
  encode(writer: XdrWriter, value: T): void;
  decode(reader: XdrReader): T;
}

/** An argument that callers may leave out: `whenAbsent` is sent then. */
export interface OptionalCodec<T> extends Codec<T> {
  readonly whenAbsent: T;
}

/** A part of a message that callers never see, always written with the same value. */
export interface FixedCodec extends Codec<never> {
  readonly fixed: true;
}

/** The TypeScript type that a codec reads and writes. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** `value` when it is a whole number from `min` to `max`; throws RangeError otherwise. */
function checkInteger(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${String(value)} is not a whole number from ${min} to ${max}`);
  }
  return value;
}

/** 32 bits. */
export const int: Codec<number> = {
  minBytes: 4,
  encode: (writer, value) => writer.int(checkInteger(value, -0x80000000, 0x7fffffff)),
  decode: (reader) => reader.int(),
};

/** 32 bits without a sign. */
export const uint: Codec<number> = {
  minBytes: 4,
  encode: (writer, value) => writer.uint(checkInteger(value, 0, 0xffffffff)),
  decode: (reader) => reader.uint(),
};

/** A C truth value: an int on the wire. */
export const bool: Codec<boolean> = {
  minBytes: 4,
  encode: (writer, value) => writer.int(value ? 1 : 0),
  decode: (reader) => reader.int() !== 0,
};

function wide(value: number | bigint, min: bigint, max: bigint): bigint {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is not an exact whole number: pass a bigint`);
  }
  const exact = BigInt(value);
  if (exact < min || exact > max) throw new RangeError(`${exact} is not a whole number from ${min} to ${max}`);
  return exact;
}

function narrow(value: bigint): number {
  const exact = Number(value);
  if (!Number.isSafeInteger(exact))
    throw new ProtocolError(`${value} is beyond 2^53-1, which no size or count here can be`);
  return exact;
}

const MIN_HYPER = -(2n ** 63n);
const MAX_HYPER = 2n ** 63n - 1n;
const MAX_UHYPER = 2n ** 64n - 1n;

/** 64 bits, as a number that is exact up to 2^53-1 (8 PiB); a larger one from the wire is an error, never rounded. */
export const hyper: Codec<number> = {
  minBytes: 8,
  encode: (writer, value) => writer.hyper(wide(value, MIN_HYPER, MAX_HYPER)),
  decode: (reader) => narrow(reader.hyper()),
};

/** 64 bits without a sign; see {@link hyper}. */
export const uhyper: Codec<number> = {
  minBytes: 8,
  encode: (writer, value) => writer.uhyper(wide(value, 0n, MAX_UHYPER)),
  decode: (reader) => narrow(reader.uhyper()),
};

/** 64 bits where libvirt uses the whole range ("unlimited", "unknown"): a number where it is exact, else a bigint. */
export const wideHyper: Codec<number | bigint> = {
  minBytes: 8,
  encode: (writer, value) => writer.hyper(wide(value, MIN_HYPER, MAX_HYPER)),
  decode: (reader) => exactest(reader.hyper()),
};

/** The same without a sign. */
export const wideUhyper: Codec<number | bigint> = {
  minBytes: 8,
  encode: (writer, value) => writer.uhyper(wide(value, 0n, MAX_UHYPER)),
  decode: (reader) => exactest(reader.uhyper()),
};

function exactest(value: bigint): number | bigint {
  const exact = Number(value);
  return Number.isSafeInteger(exact) ? exact : value;
}

/** A float of 64 bits. */
export const double: Codec<number> = {
  minBytes: 8,
  encode: (writer, value) => writer.double(value),
  decode: (reader) => reader.double(),
};

/** The longest string either side sends, in bytes: REMOTE_STRING_MAX of libvirt's remote_protocol.x. */
export const STRING_MAX = 4_194_304;

/** UTF-8, at most {@link STRING_MAX} bytes. */
export const string: Codec<string> = {
  minBytes: 4,
  encode(writer, value) {
    if (typeof value !== 'string') throw new TypeError(`${String(value)} is not a string`);
    if (value.length > STRING_MAX || Buffer.byteLength(value) > STRING_MAX) {
      throw new RangeError(`a string of ${value.length} characters is over libvirt's limit of ${STRING_MAX} bytes`);
    }
    writer.string(value);
  },
  decode: (reader) => reader.opaque(reader.length(STRING_MAX, 1)).toString('utf8'),
};

/** Bytes, at most `max` of them. What is decoded is a copy that outlives the message. */
export function bytes(max: number): Codec<Uint8Array> {
  return {
    minBytes: 4,
    encode(writer, value) {
      if (value.length > max) throw new RangeError(`${value.length} bytes are over libvirt's limit of ${max}`);
      writer.uint(value.length);
      writer.opaque(value);
    },
    decode: (reader) => Buffer.from(reader.opaque(reader.length(max, 1))),
  };
}

/** `char name<max>`: libvirt's C `char` arrays travel as one 32-bit int a character (RFC 4506 section 4.1). */
export function chars(max: number): Codec<Uint8Array> {
  return {
    minBytes: 4,
    encode(writer, value) {
      if (value.length > max) throw new RangeError(`${value.length} bytes are over libvirt's limit of ${max}`);
      writer.uint(value.length);
      for (const char of value) writer.int(char > 127 ? char - 256 : char);
    },
    decode(reader) {
      const length = reader.length(max, 4);
      const result = Buffer.allocUnsafe(length);
      for (let i = 0; i < length; i++) result[i] = reader.int() & 0xff;
      return result;
    },
  };
}

/** `char name[size]`: a C string in a fixed array of chars, up to its first NUL. */
export function charArray(size: number): Codec<string> {
  return {
    minBytes: size * 4,
    encode(writer, value) {
      const text = Buffer.from(value);
      if (text.length >= size) throw new RangeError(`${value} is longer than ${size - 1} bytes`);
      for (let i = 0; i < size; i++) writer.int(text[i] ?? 0);
    },
    decode(reader) {
      const text = Buffer.allocUnsafe(size);
      for (let i = 0; i < size; i++) text[i] = reader.int() & 0xff;
      const end = text.indexOf(0);
      return text.toString('utf8', 0, end === -1 ? size : end);
    },
  };
}

/** A list of at most `max` items. */
export function array<T>(item: Codec<T>, max: number): Codec<T[]> {
  return {
    minBytes: 4,
    encode(writer, values) {
      if (values.length > max) throw new RangeError(`${values.length} items are over libvirt's limit of ${max}`);
      writer.uint(values.length);
      for (const value of values) item.encode(writer, value);
    },
    decode(reader) {
      const count = reader.length(max, item.minBytes);
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.decode(reader));
      return values;
    },
  };
}

/** A value that may be absent (RFC 4506 section 4.19): `null` in TypeScript, and callers may leave it out. */
export function nullable<T>(item: Codec<T>): OptionalCodec<T | null> {
  return {
    minBytes: 4,
    whenAbsent: null,
    encode(writer, value) {
      if (value === null) return writer.uint(0);
      writer.uint(1);
      item.encode(writer, value);
    },
    decode(reader) {
      const present = reader.uint();
      if (present > 1) throw new ProtocolError(`${present} stands where only 0 (absent) or 1 (present) can`);
      return present === 1 ? item.decode(reader) : null;
    },
  };
}

/** An argument that may be left out. */
export function optional<T>(item: Codec<T>, whenAbsent: T): OptionalCodec<T> {
  return { ...item, whenAbsent };
}

/** A part that is always sent as `value` and ignored when read. */
export function fixed<T>(item: Codec<T>, value: T): FixedCodec {
  return {
    minBytes: item.minBytes,
    fixed: true,
    encode: (writer) => item.encode(writer, value),
    decode(reader) {
      item.decode(reader);
      return undefined as never;
    },
  };
}

/** Nothing at all. */
export const nothing: Codec<void> = { minBytes: 0, encode: () => undefined, decode: () => undefined };

/** The fields of a struct, in their order on the wire. */
