import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { ProtocolError } from '../errors.js';
import { typedParameter, uuid } from '../protocol/types.js';
import {
  array,
  bool,
  bytes,
  type Codec,
  charArray,
  chars,
  double,
  fixed,
  hyper,
  int,
  nullable,
  optional,
  string,
  uhyper,
  uint,
  wideUhyper,
} from './codec.js';
import { struct } from './struct.js';
import { XdrReader, XdrWriter } from './xdr.js';

function encoded<T>(codec: Codec<T>, value: T): Buffer {
  const writer = new XdrWriter(1);
  codec.encode(writer, value);
  return Buffer.from(writer.written);
}

function decoded<T>(codec: Codec<T>, wire: Buffer): T {
  const reader = new XdrReader(wire);
  const value = codec.decode(reader);
  expect(reader.remaining).toBe(0);
  return value;
}

/** Annotated bytes: what RFC 4506 says each value looks like. */
const examples: Array<[string, Codec<any>, unknown, string]> = [
  ['int', int, -2, 'fffffffe'],
  ['uint', uint, 0xdeadbeef, 'deadbeef'],
  ['bool', bool, true, '00000001'],
  ['hyper', hyper, -1, 'ffffffffffffffff'],
  ['uhyper', uhyper, 2 ** 53 - 1, '001fffffffffffff'],
  ['wide uhyper, exact', wideUhyper, 5, '0000000000000005'],
  ['wide uhyper, beyond 2^53', wideUhyper, 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['double', double, 1.5, '3ff8000000000000'],
  ['string, three bytes of padding', string, 'a', '0000000161000000'],
  ['string, no padding', string, 'abcd', '0000000461626364'],
  ['string, empty', string, '', '00000000'],
  ['string, two bytes a letter', string, 'é', '00000002c3a90000'],
  ['bytes', bytes(8), Buffer.from([1, 2, 3]), '0000000301020300'],
  ['chars, an int each', chars(8), Buffer.from([1, 255]), '0000000200000001ffffffff'],
  ['char array', charArray(3), 'ab', '000000610000006200000000'],
  ['array', array(int, 3), [1, 2], '000000020000000100000002'],
  ['nullable, absent', nullable(int), null, '00000000'],
  ['nullable, present', nullable(int), 9, '0000000100000009'],
  ['struct', struct({ a: int, b: string }), { a: 1, b: 'x' }, '000000010000000178000000'],
  ['uuid', uuid, '8d3c1a52-0000-4000-8000-00000000beef', '8d3c1a5200004000800000000000beef'],
  [
    'typed parameter',
    typedParameter,
    { field: 'ab', type: 'ullong', value: 7 },
    '0000000261620000000000040000000000000007',
  ],
];

describe('codecs', () => {
  it.each(examples)('%s', (_, codec, value, hex) => {
    expect(encoded(codec, value).toString('hex')).toBe(hex);
    expect(decoded(codec, Buffer.from(hex, 'hex'))).toEqual(value);
  });

  it('gives back what was put in, for any value', () => {
    const codec = struct({ s: string, n: nullable(string), h: wideUhyper, list: array(typedParameter, 100) });
    const parameter = fc.oneof(
      fc.record({
        field: fc.string(),
        type: fc.constant('int' as const),
        value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      }),
      fc.record({ field: fc.string(), type: fc.constant('boolean' as const), value: fc.boolean() }),
      fc.record({ field: fc.string(), type: fc.constant('string' as const), value: fc.string({ unit: 'grapheme' }) }),
      fc.record({ field: fc.string(), type: fc.constant('double' as const), value: fc.double({ noNaN: true }) }),
    );
    fc.assert(
      fc.property(
        fc.record({
          s: fc.string({ unit: 'grapheme' }),
          n: fc.option(fc.string()),
          h: fc.nat(),
          list: fc.array(parameter, { maxLength: 20 }),
        }),
        (value) => expect(decoded(codec, encoded(codec, value))).toEqual(value),
      ),
    );
  });

  it.each<[string, Codec<any>, string]>([
    ['a string longer than the message', string, '0000000561626364'],
    ['a string over libvirt’s limit', string, '00400001'],
    ['an array that claims more than is there', array(int, 1000), '000003e8'],
    ['an array over its limit', array(int, 2), '00000003' + '00000000'.repeat(3)],
    ['a presence word that is neither 0 nor 1', nullable(int), '0000000200000000'],
    ['a type of parameter that does not exist', typedParameter, '00000001610000000000000900000000'],
    ['a size beyond 2^53', uhyper, '0020000000000000'],
    ['nothing at all', int, ''],
  ])('refuses %s', (_, codec, hex) => {
    expect(() => codec.decode(new XdrReader(Buffer.from(hex, 'hex')))).toThrow(ProtocolError);
  });

  it.each<[string, Codec<any>, unknown]>([
    ['a fraction', int, 1.5],
    ['too large a number', int, 2 ** 31],
    ['a negative size', uhyper, -1],
    ['an inexact number', uhyper, 2 ** 53],
    ['no UUID', uuid, 'db-1'],
    ['too many items', array(int, 1), [1, 2]],
    ['a number for a string', string, 5],
  ])('sends no %s', (_, codec, value) => {
    expect(() => encoded(codec, value)).toThrow(/./);
  });
});

describe('struct arguments', () => {
  const codec = struct({ name: string, needResults: fixed(int, 1), flags: optional(uint, 4) });

  it('sends what was left out', () => {
    expect(encoded(codec, { name: '' } as never).toString('hex')).toBe('000000000000000100000004');
  });

  it.each([
    [{}, 'the argument `name` is missing'],
    [{ name: 'a', flags: -1 }, 'the argument `flags` is wrong: -1 is not a whole number from 0 to 4294967295'],
  ])('names the argument: %j', (value, message) => {
    expect(() => encoded(codec, value as never)).toThrow(message);
  });
});
