/** What one line of the procedure table says. */
import { array, type Codec, fixed, int, nothing, optional, uint } from '../wire/codec.js';
import { type Decoded, type Fields, type Given, struct } from '../wire/struct.js';

/** libvirt's RPC programs: their number and version on the wire. */
export const programs = {
  remote: { number: 0x20008086, version: 1 }, // REMOTE_PROGRAM, remote_protocol.x
  qemu: { number: 0x20008087, version: 1 }, // QEMU_PROGRAM, qemu_protocol.x
  keepalive: { number: 0x6b656570, version: 1 }, // KEEPALIVE_PROGRAM, virkeepaliveprotocol.x
} as const;
export type ProgramName = keyof typeof programs;

/** A stream that goes with a call, by the direction of its data. */
export type StreamDirection = 'none' | 'download' | 'upload' | 'both';

/** One call: where it goes, what it takes and gives. */
export interface Procedure<F extends Fields = Fields, R = unknown, S extends StreamDirection = StreamDirection> {
  readonly program: ProgramName;
  readonly number: number;
  readonly args: Codec<Decoded<F>> & { readonly fields: F };
  readonly result: Codec<R>;
  readonly stream: S;
  /** True for calls that may rightly take hours, such as a migration: they have no deadline unless the caller gives one. */
  readonly long: boolean;
  /** Set when libvirt wants to be asked for the number of values first: the name of the argument and result that carry it. */
  readonly counted?: string;
}

/** What a caller gives. */
export type ArgumentsOf<P> = P extends Procedure<infer F, any, any> ? Given<F> : never;
/** What the call resolves to. */
export type ResultOf<P> = P extends Procedure<any, infer R, any> ? R : never;
/** The direction of its stream. */
export type StreamOf<P> = P extends Procedure<any, any, infer S> ? S : never;

/** An ordinary call. */
export function call<F extends Fields>(number: number, args: F): Procedure<F, void, 'none'>;
export function call<F extends Fields, R>(number: number, args: F, result: Codec<R>): Procedure<F, R, 'none'>;
export function call(
  number: number,
  args: Fields,
  result: Codec<unknown> = nothing,
): Procedure<Fields, unknown, 'none'> {
  return { program: 'remote', number, args: struct(args), result, stream: 'none', long: false };
}

/** A call that may rightly take hours. */
export function longCall<F extends Fields>(number: number, args: F): Procedure<F, void, 'none'>;
export function longCall<F extends Fields, R>(number: number, args: F, result: Codec<R>): Procedure<F, R, 'none'>;
export function longCall(
  number: number,
  args: Fields,
  result: Codec<unknown> = nothing,
): Procedure<Fields, unknown, 'none'> {
  return { ...call(number, args, result), long: true };
}

/** A call of the `qemu` program. */
export function qemuCall<F extends Fields, R>(number: number, args: F, result: Codec<R>): Procedure<F, R, 'none'> {
  return { ...call(number, args, result), program: 'qemu' };
}

/** A call with a stream of data beside it. */
export function streamCall<F extends Fields, S extends StreamDirection>(
  stream: S,
  number: number,
  args: F,
): Procedure<F, void, S>;
export function streamCall<F extends Fields, S extends StreamDirection, R>(
  stream: S,
  number: number,
  args: F,
  result: Codec<R>,
): Procedure<F, R, S>;
export function streamCall(
  stream: StreamDirection,
  number: number,
  args: Fields,
  result: Codec<unknown> = nothing,
): Procedure {
  return { ...call(number, args, result), stream, long: true };
}

/**
 * A call that is made twice: libvirt first tells how many values there are (asked with `nparams` 0), then gives them. Its
 * type is the caller's view, in which the connection has put `nparams` in and taken `params` out.
 */
export function countedCall<F extends Fields, R>(
  number: number,
  args: F,
  result: Codec<{ params: R; nparams: number }>,
): Procedure<Omit<F, 'nparams'>, R, 'none'>;
export function countedCall(number: number, args: Fields, result: Codec<any>): Procedure<Fields, any, 'none'> {
  return { ...call(number, args, result), counted: 'nparams' };
}

/** Bits of the call's own flag enum; 0 when left out. */
export const flags = optional(uint, 0);
/** Flags of calls that return typed parameters: VIR_TYPED_PARAM_STRING_OKAY when left out, so that strings come too. */
export const parameterFlags = optional(uint, 4);
/** Asks for the values and not only for their number. */
export const needResults = fixed(int, 1);

/** What the list calls return: the items, then their number once more. */
export function listOf<T>(item: Codec<T>, max: number): Codec<T[]> {
  const items = array(item, max);
  return {
    minBytes: items.minBytes + int.minBytes,
    encode(writer, value) {
      items.encode(writer, value);
      int.encode(writer, value.length);
    },
    decode(reader) {
      const value = items.decode(reader);
      int.decode(reader);
      return value;
    },
  };
}
