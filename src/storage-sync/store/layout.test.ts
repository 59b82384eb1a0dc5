import { describe, expect, it } from '@jest/globals';
import { isPointId, isVmId, layerFile, layerNode, nameFor, parseLayerFile } from './layout.js';

describe('names in the folder of a replica', () => {
  it.each([
    ['vda', 0, 'vda.base.qcow2'],
    ['vda', 1, 'vda.1.qcow2'],
    ['sdb', 123456789, 'sdb.123456789.qcow2'],
  ])('%s %d is %s, and is read back', (target, layer, file) => {
    expect(layerFile(target, layer)).toBe(file);
    expect(parseLayerFile(file)).toEqual({ target, layer });
  });

  it.each([
    'vda.qcow2',
    'vda.0.qcow2',
    'vda.01.qcow2',
    'vda.1.qcow2.new',
    'VDA.1.qcow2',
    '../vda.1.qcow2',
    'vda.1.raw',
  ])('%s is no layer', (file) => {
    expect(parseLayerFile(file)).toBeUndefined();
  });

  it('are short enough for node names of QEMU, of which the protocol node adds `.file`', () => {
    expect(`${layerNode('a'.repeat(16), 123456789)}.file`.length).toBeLessThanOrEqual(31);
  });

  it('are different for different keys, and never lead elsewhere', () => {
    const names = ['run-1/vm/overlay', 'run-1_vm_overlay', 'run-1%2Fvm%2Foverlay', '..', '.'].map(nameFor);
    expect(new Set(names).size).toBe(5);
    expect(names.filter((name) => name?.includes('/') || name?.startsWith('.'))).toEqual([]);
    expect(nameFor('x'.repeat(201))).toBeUndefined();
    expect(nameFor('')).toBeUndefined();
  });

  it('take ids that mean nothing to a file system', () => {
    expect(['p1', 'web-1.2026_1'].every(isPointId)).toBe(true);
    expect(['', '.p', 'a/b', '../x', '-x', 'a b'].some(isPointId)).toBe(false);
    expect(isVmId('11111111-2222-3333-4444-555555555555')).toBe(true);
    expect(isVmId('../11111111-2222-3333-4444-555555555555')).toBe(false);
  });
});
