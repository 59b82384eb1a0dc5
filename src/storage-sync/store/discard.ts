import { endDaemon } from './daemon.js';
import { removeFiles, syncPaths } from './host-files.js';
import { createImage } from './images.js';
import { baseLayer, layerFile, parseLayerFile } from './layout.js';
import { leftovers } from './leftovers.js';
import type { DiskState, ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';
import { settled, writeState } from './settle.js';
import { demandSpace } from './space.js';
import { demandSurvey, type Survey } from './survey.js';

/**
 * Throws away all that was written since the newest point, by a mirror too, and begins new incoming layers above it. The daemon is ended
 * for it; the replica is opened again afterwards. Without a point the seed begins anew.
 */
export async function discardIncoming(seat: Seat): Promise<void> {
  const found = await settled(seat, await demandSurvey(seat));
  await endDaemon(seat);
  await demandSpace(seat, seat.folder, 0);
  const state = cut(found);
  for (const disk of state.disks.filter(({ isRemoved }) => isRemoved === undefined)) {
    const { target, sizeBytes, layers } = disk;
    const backing = layerFile(target, layers.at(-2) ?? baseLayer);
    await createImage(seat, { path: layerFile(target, found.state.nextLayer), sizeBytes, backing });
    await syncPaths(seat, [`${seat.folder}/${layerFile(target, found.state.nextLayer)}`]);
  }
  await syncPaths(seat, [seat.folder]);
  await writeState(seat, state);
  await removeFiles(seat, leftovers(found.files.keys(), { state, points: found.points }));
}

/** The state with one new layer above the newest that a point needs. */
function cut({ state: before, points }: Survey): ReplicaState {
  const { mirror: _, ...state } = before;
  const newest = (target: string): number =>
    points
      .flatMap(({ disks }) => disks.filter((disk) => disk.target === target))
      .map(({ layer }) => parseLayerFile(layer)?.layer ?? baseLayer)
      .reduce((one, other) => Math.max(one, other), baseLayer);
  return {
    ...state,
    nextLayer: state.nextLayer + 1,
    disks: state.disks.map((disk): DiskState => {
      const kept = disk.layers.filter((layer) => layer <= newest(disk.target));
      return disk.isRemoved ? disk : { ...disk, layers: [...kept, state.nextLayer] };
    }),
  };
}
