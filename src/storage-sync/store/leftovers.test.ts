import { describe, expect, it } from '@jest/globals';
import { remembered } from '../../../test/properties/builders.js';
import { leftovers, publishingFate } from './leftovers.js';
import type { PointManifest } from './manifest.js';
import { parseState, type ReplicaState, withoutPublishing } from './replica-state.js';

const state: ReplicaState = {
  version: 1,
  vm: { id: '11111111-2222-3333-4444-555555555555', name: 'db-1' },
  method: 'block-sync',
  source: { site: 'north', host: 'north-1' },
  disks: [{ target: 'vda', sizeBytes: 1, layers: [0, 3, 4] }],
  nextLayer: 5,
};
const point = (id: string): PointManifest => ({
  version: 1,
  id,
  vm: state.vm,
  at: 1,
  consistency: 'crash',
  bytes: 1,
  source: state.source,
  disks: [],
  carries: remembered('db-1', 'north-1'),
});

describe('what a stop has left', () => {
  it.each([
    [{ hasManifest: true, isSealed: undefined }, 'published'],
    [{ hasManifest: true, isSealed: false }, 'published'],
    [{ hasManifest: false, isSealed: true }, 'taken'],
    [{ hasManifest: false, isSealed: false }, 'not-taken'],
    [{ hasManifest: false, isSealed: undefined }, 'unknown'],
  ] as const)('of a point: %o is %s', (found, fate) => {
    expect(publishingFate(found)).toBe(fate);
  });

  it.each([
    ['replica.json', false],
    ['replica.json.new', true],
    ['vda.base.qcow2', false],
    ['vda.1.qcow2', true],
    ['vda.3.qcow2', false],
    ['vda.5.qcow2', true],
    ['vdb.3.qcow2', true],
    ['notes.txt', false],
    ['points/p1.json', false],
    ['points/p1.xml', false],
    ['points/p2.xml', true],
    ['points/p3.json.new', true],
    ['pins/run-1.json', false],
    ['overlays/x/vda.9.qcow2', false],
  ])('%s: %s', (path, isLeft) => {
    expect(leftovers([path], { state, points: [point('p1')] })).toEqual(isLeft ? [path] : []);
  });

  it('is not what is under way', () => {
    const busy: ReplicaState = {
      ...state,
      publishing: point('p2'),
      merging: { phase: 'remove', points: ['p0'], layers: { vda: [1] } },
    };
    expect(leftovers(['vda.5.qcow2', 'vda.1.qcow2', 'points/p2.xml'], { state: busy, points: [] })).toEqual([]);
  });
});

describe('the state of a replica', () => {
  it('is read back', () => {
    expect(parseState(JSON.stringify(state))).toEqual(state);
  });

  it('never gives a number twice, whatever became of a point', () => {
    const publishing = { ...state, publishing: point('p1') };
    expect(withoutPublishing(publishing, true)).toEqual({
      ...state,
      nextLayer: 6,
      disks: [{ target: 'vda', sizeBytes: 1, layers: [0, 3, 4, 5] }],
    });
    expect(withoutPublishing(publishing, false)).toEqual({ ...state, nextLayer: 6 });
    expect(withoutPublishing(state, false)).toEqual(state);
  });

  it.each<[string, unknown]>([
    ['of another version', { ...state, version: 2 }],
    ['of no VM', { ...state, vm: { id: 'x', name: 'y' } }],
    ['with layers out of order', { ...state, disks: [{ target: 'vda', sizeBytes: 1, layers: [0, 2, 1] }] }],
    ['without a base', { ...state, disks: [{ target: 'vda', sizeBytes: 1, layers: [1] }] }],
    ['with a target that leads elsewhere', { ...state, disks: [{ target: '../a', sizeBytes: 1, layers: [0] }] }],
    ['with half a merge', { ...state, merging: { phase: 'commit' } }],
  ])('is refused when it is one %s', (_, value) => {
    expect(typeof parseState(JSON.stringify(value))).toBe('string');
  });
});
