import { describe, expect, it } from '@jest/globals';
import { bitmapIn } from './image-server.js';

const info = (bitmaps: readonly object[], more: object = {}): string =>
  JSON.stringify({ format: 'qcow2', 'format-specific': { type: 'qcow2', data: { compat: '1.1', bitmaps } }, ...more });
const bitmap = (flags: readonly string[], name = 'c1'): object => ({ name, flags, granularity: 65_536 });

describe('a bitmap in an image that nobody has open', () => {
  const cases: readonly [string, string, 'whole' | 'broken' | 'missing'][] = [
    ['written when its QEMU ended', info([bitmap(['auto'])]), 'whole'],
    ['among others', info([bitmap(['in-use'], 'c0'), bitmap(['auto'])]), 'whole'],
    ['not written, since QEMU was killed', info([bitmap(['in-use', 'auto'])]), 'broken'],
    ['that recorded nothing', info([bitmap([])]), 'broken'],
    ['that is not there', info([bitmap(['auto'], 'c0')]), 'missing'],
    ['of an image without any', JSON.stringify({ format: 'qcow2', 'format-specific': { data: {} } }), 'missing'],
    ['of a raw image', JSON.stringify({ format: 'raw' }), 'missing'],
    ['of an image over another', info([bitmap(['auto'])], { 'backing-filename': 'base.qcow2' }), 'missing'],
    ['of an answer that was cut', info([bitmap(['auto'])]).slice(9), 'missing'],
  ];
  it.each(cases)('%s', (_, text, expected) => {
    expect(bitmapIn(text, 'c1')).toBe(expected);
  });
});
