import type { RecoveryPoint } from '../model/replica.js';

/** One merge of a layer into the one below it. */
export interface Merge {
  /** The point that ends with it. It must have left the list of points before the merge begins. */
  readonly drops: string;
  /** The point whose layer, or what has become of it, is merged downwards; afterwards that file is gone. */
  readonly layer: string;
  /** Where to: into the base, or into the layer that began as this point's. */
  readonly into: 'base' | { readonly point: string };
}

export interface Retention {
  /** In the order in which they are to be done. One that fails ends them; what is left is found again the next time. */
  readonly merges: readonly Merge[];
  /** Points that stay, oldest first. */
  readonly kept: readonly string[];
  /** Those of them that are more than `keep` asks for: pinned, or below a point that is. */
  readonly held: readonly string[];
}

/**
 * Which points are merged away so that the newest `keep` (1 at least) stay, of points in the order of their chain, oldest
 * first. A pinned point stays with all below it, since its files are being read and QEMU would refuse the merge. With no
 * point pinned the oldest layers go into the base, one after the other. Above a pin the chain would grow for as long as it
 * lasts; so there the layers that are too old are merged into the lowest that no pinned point reads, which then carries
 * the state of the next point.
 */
export function retain(points: readonly RecoveryPoint[], keep: number): Retention {
  const ids = points.map(({ id }) => id);
  const pinned = points.findLastIndex(({ pinnedBy }) => pinnedBy.length > 0);
  const newest = Math.max(0, points.length - Math.max(1, Math.floor(keep)));
  const isKept = (index: number): boolean => index <= pinned || index >= newest;
  const floor = ids[pinned + 1];
  const merges = ids.flatMap((drops, index): readonly Merge[] => {
    if (isKept(index)) {
      return [];
    }
    const above = ids[index + 1];
    return pinned < 0 || floor === undefined || above === undefined
      ? [{ drops, layer: drops, into: 'base' }]
      : [{ drops, layer: above, into: { point: floor } }];
  });
  return { merges, kept: ids.filter((_, index) => isKept(index)), held: ids.slice(0, Math.min(pinned + 1, newest)) };
}
