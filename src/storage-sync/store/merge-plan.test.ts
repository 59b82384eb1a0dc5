import { describe, expect, it } from '@jest/globals';
import { type LayeredPoint, merged, mergePlan } from './merge-plan.js';
import type { DiskState, ReplicaState } from './replica-state.js';

const vm = { id: '11111111-2222-3333-4444-555555555555', name: 'db-1' };
const state = (...disks: DiskState[]): ReplicaState => ({
  version: 1,
  vm,
  method: 'block-sync',
  source: { site: 'north', host: 'north-1' },
  disks,
  nextLayer: 99,
});
const disk = (target: string, ...layers: number[]): DiskState => ({ target, sizeBytes: 1, layers });
const point = (id: string, layers: Readonly<Record<string, number>>): LayeredPoint => ({
  id,
  disks: Object.entries(layers).map(([target, layer]) => ({ target, layer: `${target}.${layer}.qcow2` })),
});
const three = [point('p1', { vda: 1 }), point('p2', { vda: 3 }), point('p3', { vda: 4 })];
const plan = (keep: number, points = three, of = state(disk('vda', 0, 1, 2, 3, 4, 5)), pinned: string[] = []) =>
  mergePlan({ state: of, points, pinned: new Set(pinned), keep });

describe('which layers are merged', () => {
  it('none while there are no more points than are kept', () => {
    expect(plan(3)).toBeUndefined();
    expect(plan(1, [])).toBeUndefined();
  });

  it('those below the oldest point that stays, with layers of no point between', () => {
    expect(plan(2)).toEqual({ phase: 'commit', points: ['p1'], layers: { vda: [1, 2] } });
    expect(plan(1)).toEqual({ phase: 'commit', points: ['p1', 'p2'], layers: { vda: [1, 2, 3] } });
  });

  it('never the newest point, nor what is written to', () => {
    expect(plan(0)).toEqual(plan(1));
  });

  it.each(['p1', 'p2', 'p3'])('none while %s is pinned', (id) => {
    expect(plan(1, three, undefined, [id])).toBeUndefined();
  });

  it('none of a disk that came after the oldest point that stays', () => {
    const points = [point('p1', { vda: 1 }), point('p2', { vda: 2 }), point('p3', { vda: 3, vdb: 3 })];
    const of = state(disk('vda', 0, 1, 2, 3, 4), disk('vdb', 0, 3, 4));
    expect(plan(2, points, of)?.layers).toEqual({ vda: [1] });
  });

  it('all of a disk that is gone, once no point has it', () => {
    const points = [point('p1', { vda: 1, vdb: 1 }), point('p2', { vda: 2, vdb: 2 }), point('p3', { vda: 3 })];
    const of = state(disk('vda', 0, 1, 2, 3, 4), { ...disk('vdb', 0, 1, 2, 3), isRemoved: true });
    expect(plan(2, points, of)?.layers).toEqual({ vda: [1] });
    expect(plan(1, points, of)?.layers).toEqual({ vda: [1, 2], vdb: [0, 1, 2, 3] });
  });

  it('count no longer afterwards', () => {
    const of = state(disk('vda', 0, 1, 2, 3), { ...disk('vdb', 0, 1), isRemoved: true });
    const merging = { phase: 'commit', points: ['p1'], layers: { vda: [1], vdb: [0, 1] } } as const;
    const after = merged({ ...of, merging });
    expect(after.disks).toEqual([disk('vda', 0, 2, 3)]);
    expect(after.merging?.phase).toBe('remove');
  });
});
