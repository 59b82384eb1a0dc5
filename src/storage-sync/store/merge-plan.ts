import { parseLayerFile } from './layout.js';
import type { PointDisk } from './manifest.js';
import type { Merging, ReplicaState } from './replica-state.js';

/** What of a point tells which layers it needs. */
export interface LayeredPoint {
  readonly id: string;
  readonly disks: readonly Pick<PointDisk, 'target' | 'layer'>[];
}

export interface MergeQuestion {
  readonly state: ReplicaState;
  /** Oldest first. */
  readonly points: readonly LayeredPoint[];
  /** Points that runs need. */
  readonly pinned: ReadonlySet<string>;
  /** How many points are to be left, at least 1. */
  readonly keep: number;
}

/**
 * The merge that leaves no more than `keep` points: the oldest go, and what lies below the oldest that stays goes into the
 * base. Undefined when there is nothing to merge. Nothing is merged below a pinned point, since all layers below it are
 * held open by the one who needs it; and every merge is into the base, so a pin anywhere holds all merges up.
 */
export function mergePlan({ state, points, pinned, keep }: MergeQuestion): Merging | undefined {
  if (points.some(({ id }) => pinned.has(id))) {
    return undefined;
  }
  const surplus = points.slice(0, Math.max(0, points.length - Math.max(1, keep)));
  const oldest = points[surplus.length];
  if (surplus.length === 0 || oldest === undefined) {
    return undefined;
  }
  const kept = points.slice(surplus.length);
  const layers = state.disks.flatMap(({ target, layers: all, isRemoved }): [string, readonly number[]][] => {
    if (isRemoved) {
      const isNeeded = kept.some(({ disks }) => disks.some((disk) => disk.target === target));
      return isNeeded ? [] : [[target, all]];
    }
    const layer = oldest.disks.find((disk) => disk.target === target)?.layer;
    const limit = layer === undefined ? 0 : (parseLayerFile(layer)?.layer ?? 0);
    const below = all.filter((each) => each > 0 && each < limit);
    return below.length === 0 ? [] : [[target, below]];
  });
  return { phase: 'commit', points: surplus.map(({ id }) => id), layers: Object.fromEntries(layers) };
}

/** The base has it all: the merged layers count no longer, and a disk that no point has is gone. */
export function merged(state: ReplicaState): ReplicaState {
  const { merging } = state;
  if (merging === undefined) {
    return state;
  }
  return {
    ...state,
    merging: { ...merging, phase: 'remove' },
    disks: state.disks.flatMap((disk) => {
      const gone = merging.layers[disk.target] ?? [];
      const layers = disk.layers.filter((layer) => !gone.includes(layer));
      return layers.length === 0 ? [] : [{ ...disk, layers }];
    }),
  };
}
