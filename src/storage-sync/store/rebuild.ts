import { endDaemon } from './daemon.js';
import { damaged, replicaNotFound } from './failures.js';
import { succeed } from './host-commands.js';
import { listFiles, readTexts, removeFiles, syncPaths } from './host-files.js';
import { createImage } from './images.js';
import { layerFile, parseLayerFile, pointsFolder } from './layout.js';
import { leftovers } from './leftovers.js';
import { type PointManifest, parseManifest, parseRecord } from './manifest.js';
import type { DiskState, ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';
import { writeState } from './settle.js';

/**
 * Makes `replica.json` anew when it is lost or damaged, from the manifests of points and from what the images themselves
 * say lies below them. What was written since the newest point is given up, and so is a merge that was under way: the
 * images name what they need at every instant of one. The method is said by the caller, since no manifest has it.
 */
export async function rebuildState(seat: Seat, method: ReplicaState['method']): Promise<ReplicaState> {
  const files = await listFiles(seat);
  const paths = [...(files ?? [])].filter(([path]) => path.startsWith(`${pointsFolder}/`) && path.endsWith('.json'));
  const points = [...(await readTexts(seat, paths))].map(([path, text]) => {
    const point = parseManifest(text);
    if (typeof point === 'string') {
      throw damaged(seat, `${seat.folder}/${path}`, point);
    }
    return point;
  });
  if (files === undefined || points.length === 0) {
    throw replicaNotFound(seat);
  }
  await endDaemon(seat);
  const newest = newestFirst(points);
  const chains = new Map<string, readonly number[]>();
  for (const [target, { layer }] of newest.disks) {
    chains.set(target, await chainOf(seat, layer));
  }
  const nextLayer = 1 + Math.max(...[...files.keys()].map((path) => parseLayerFile(path)?.layer ?? 0));
  const state = rebuilt({ newest, chains, nextLayer, method });
  for (const { target, sizeBytes, layers } of state.disks.filter(({ isRemoved }) => isRemoved === undefined)) {
    const path = layerFile(target, nextLayer);
    await createImage(seat, { path, sizeBytes, backing: layerFile(target, layers.at(-2) ?? 0) });
    await syncPaths(seat, [`${seat.folder}/${path}`]);
  }
  await syncPaths(seat, [seat.folder]);
  await writeState(seat, state);
  await removeFiles(seat, leftovers(files.keys(), { state, points }));
  return state;
}

export interface Newest {
  readonly point: PointManifest;
  /** Per target the newest that any point says of it. */
  readonly disks: ReadonlyMap<string, PointManifest['disks'][number]>;
}

/** The newest point, and the newest layer of every disk that any point has. */
export function newestFirst(points: readonly PointManifest[]): Newest {
  const number = (layer: string): number => parseLayerFile(layer)?.layer ?? 0;
  const top = ({ disks }: PointManifest): number => Math.max(0, ...disks.map(({ layer }) => number(layer)));
  const sorted = points.toSorted((one, other) => top(one) - top(other));
  const point = sorted.at(-1);
  if (point === undefined) {
    throw new Error('a replica without points is not rebuilt');
  }
  return { point, disks: new Map(sorted.flatMap(({ disks }) => disks.map((disk) => [disk.target, disk]))) };
}

export function rebuilt(found: {
  readonly newest: Newest;
  /** Per target the layers up to the newest point's, from the base up. */
  readonly chains: ReadonlyMap<string, readonly number[]>;
  readonly nextLayer: number;
  readonly method: ReplicaState['method'];
}): ReplicaState {
  const { point, disks } = found.newest;
  return {
    version: 1,
    vm: point.vm,
    method: found.method,
    source: point.source,
    disks: [...disks.values()].map(({ target, sizeBytes }): DiskState => {
      const layers = found.chains.get(target) ?? [];
      const isActive = point.disks.some((disk) => disk.target === target);
      return isActive
        ? { target, sizeBytes, layers: [...layers, found.nextLayer] }
        : { target, sizeBytes, layers, isRemoved: true };
    }),
    nextLayer: found.nextLayer + 1,
  };
}

/** The layers from the base up to this one, as the images name one another. Numbers shrink on the way, so it ends. */
async function chainOf(seat: Seat, file: string): Promise<readonly number[]> {
  const layers: number[] = [];
  let next: string | undefined = file;
  while (next !== undefined) {
    const layer = parseLayerFile(next)?.layer;
    if (layer === undefined || layer >= (layers[0] ?? Number.POSITIVE_INFINITY)) {
      throw damaged(seat, `${seat.folder}/${file}`, `${next} cannot lie below it`);
    }
    layers.unshift(layer);
    const argv = ['qemu-img', 'info', '-U', '--output=json', '--', `${seat.folder}/${next}`];
    const facts = parseRecord<{ 'backing-filename': string }>(await succeed(seat, argv));
    const below: unknown = typeof facts === 'string' ? undefined : facts['backing-filename'];
    next = typeof below === 'string' ? below : undefined;
  }
  if (layers[0] !== 0) {
    throw damaged(seat, `${seat.folder}/${file}`, 'no base lies below it');
  }
  return layers;
}
