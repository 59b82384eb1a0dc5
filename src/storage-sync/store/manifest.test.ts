import { describe, expect, it } from '@jest/globals';
import { remembered } from '../../../test/properties/builders.js';
import { asciiXml, type PointManifest, parseManifest, serialise } from './manifest.js';

const manifest: PointManifest = {
  version: 1,
  id: 'p1',
  vm: { id: '11111111-2222-3333-4444-555555555555', name: 'dätä "1"\n' },
  at: 5,
  consistency: 'crash',
  bytes: 0,
  source: { site: 'north', host: 'north-1' },
  disks: [{ target: 'vda', sizeBytes: 8, layer: 'vda.3.qcow2', backing: 'vda.base.qcow2' }],
  carries: remembered('dätä "1"\n', 'north-1'),
};

describe('the manifest of a point', () => {
  it('is one line of ASCII, and is read back', () => {
    const text = serialise(manifest);
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(parseManifest(text)).toEqual(manifest);
  });

  it.each<[string, unknown, string]>([
    ['empty', undefined, 'it is empty'],
    ['of another version', { ...manifest, version: 2 }, 'its version is 2, and not 1'],
    ['without a usable id', { ...manifest, id: '../p' }, 'it has no id'],
    ['without a VM', { ...manifest, vm: {} }, 'it does not name its VM'],
    ['without a moment', { ...manifest, at: -1 }, 'its moment, bytes or consistency are not right'],
    ['without a source', { ...manifest, source: 'north' }, 'it does not name its source'],
    [
      'with a layer elsewhere',
      { ...manifest, disks: [{ target: 'vda', sizeBytes: 1, layer: '/etc/passwd', backing: 'vda.base.qcow2' }] },
      'its disks are not right',
    ],
    [
      'with the layer of another disk',
      { ...manifest, disks: [{ target: 'vda', sizeBytes: 1, layer: 'vdb.1.qcow2', backing: 'vda.base.qcow2' }] },
      'its disks are not right',
    ],
  ])('is refused when it is %s', (_, value, reason) => {
    expect(parseManifest(value === undefined ? '' : JSON.stringify(value))).toBe(reason);
  });

  it('is refused when it was cut', () => {
    const text = serialise(manifest);
    for (let length = 1; length < text.length - 1; length += 1) {
      expect(typeof parseManifest(text.slice(0, length))).toBe('string');
    }
  });

  it('has its XML in ASCII, of the same meaning', () => {
    expect(asciiXml('<n>ü 𝄞 a</n>')).toBe('<n>&#xfc; &#x1d11e; a</n>');
  });
});
