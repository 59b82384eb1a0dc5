import { layerFile, parseLayerFile, pointsFolder } from './layout.js';
import type { PointManifest } from './manifest.js';
import { activeDisks, type ReplicaState } from './replica-state.js';

/**
 * What became of a point whose publishing was cut off: `published` its manifest is there · `taken` the daemon that runs
 * has put the new layers above, so the point is whole and lacks its manifest alone · `not-taken` the same daemon still
 * writes to its layers · `unknown` the daemon is gone, and with it what it had not yet brought to the disk.
 */
export type PublishingFate = 'published' | 'taken' | 'not-taken' | 'unknown';

export function publishingFate(found: {
  readonly hasManifest: boolean;
  /** Whether the layers that were incoming are read-only in the daemon; undefined when none runs that has them open. */
  readonly isSealed: boolean | undefined;
}): PublishingFate {
  if (found.hasManifest) {
    return 'published';
  }
  if (found.isSealed === undefined) {
    return 'unknown';
  }
  return found.isSealed ? 'taken' : 'not-taken';
}

/** Files of the folder that a stop has left: recognised by their names, and named by neither state nor manifest. */
export function leftovers(
  files: Iterable<string>,
  { state, points }: { readonly state: ReplicaState; readonly points: readonly PointManifest[] },
): readonly string[] {
  const next =
    state.publishing === undefined ? [] : activeDisks(state).map((d) => layerFile(d.target, state.nextLayer));
  const merged = Object.entries(state.merging?.layers ?? {}).flatMap(([target, layers]) =>
    layers.map((layer) => layerFile(target, layer)),
  );
  const layers = state.disks.flatMap((disk) => disk.layers.map((layer) => layerFile(disk.target, layer)));
  const needed = new Set([...layers, ...next, ...merged]);
  const ids = new Set([...points, ...(state.publishing === undefined ? [] : [state.publishing])].map(({ id }) => id));
  return [...files].filter((path) => {
    if (path.endsWith('.new')) {
      return true;
    }
    if (parseLayerFile(path) !== undefined) {
      return !needed.has(path);
    }
    const [, id] = new RegExp(`^${pointsFolder}/(.+)\\.(?:json|xml|nvram|tpm)$`).exec(path) ?? [];
    return id !== undefined && !ids.has(id);
  });
}
