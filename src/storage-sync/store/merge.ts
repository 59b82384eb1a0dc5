import { closeLayers, openLayers } from './block-nodes.js';
import { ensureDaemon, findDaemon, withMonitor } from './daemon.js';
import { removeFiles, syncPaths } from './host-files.js';
import { baseLayer, layerFile, layerNode, pointsFolder } from './layout.js';
import { commit, dismissJobs } from './merge-jobs.js';
import { merged, mergePlan } from './merge-plan.js';
import { activeDisks, incoming, type Merging, type ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';
import { settled, writeState } from './settle.js';
import { demandSpace } from './space.js';
import { demandImages, demandSurvey, pinsOf, type Survey } from './survey.js';

/**
 * Merges the oldest points into the base until `keep` are left, under the running exports; returns the ids that are gone.
 * Nothing is merged while a run needs any point. At every instant each point that stays reads right: until the base has
 * everything, the merged layers lie over it and say the same. Called again it goes on with a merge that was cut off.
 */
export async function mergePoints(seat: Seat, keep: number): Promise<readonly string[]> {
  const found = await settled(seat, await demandSurvey(seat));
  const pinned = pinsOf(found);
  const { merging } = found.state;
  if (merging?.phase === 'remove') {
    await finish(seat, found.state, merging);
    return merging.points;
  }
  const plan = pinned.size > 0 ? undefined : (merging ?? mergePlan({ ...found, pinned: new Set(pinned.keys()), keep }));
  if (plan === undefined) {
    return [];
  }
  demandImages(seat, found);
  await demandSpace(seat, seat.folder, bytesOf(found, plan));
  const state: ReplicaState = { ...found.state, merging: plan };
  if (merging === undefined) {
    await writeState(seat, state);
  }
  await removeFiles(
    seat,
    plan.points.flatMap((id) => ['json', 'xml', 'nvram', 'tpm'].map((ending) => `${pointsFolder}/${id}.${ending}`)),
  );
  await syncPaths(seat, [`${seat.folder}/${pointsFolder}`]);
  await commitAll(seat, state, plan);
  const after = merged(state);
  await writeState(seat, after);
  await finish(seat, after, plan);
  return plan.points;
}

async function commitAll(seat: Seat, state: ReplicaState, { layers }: Merging): Promise<void> {
  const disks = activeDisks(state).filter(({ target }) => (layers[target] ?? []).length > 0);
  if (disks.length === 0) {
    return;
  }
  await ensureDaemon(seat);
  await withMonitor(seat, async (qmp) => {
    await openLayers(seat, qmp, state);
    for (const disk of disks) {
      const { target } = disk;
      await commit(seat, qmp, {
        id: `merge-${target}`,
        device: layerNode(target, incoming(disk)),
        top: layerNode(target, layers[target]?.at(-1) ?? baseLayer),
        base: layerNode(target, baseLayer),
        backingFile: layerFile(target, baseLayer),
      });
    }
  });
}

/** The base has it all: the merged layers are closed and removed, and the state forgets them. */
async function finish(seat: Seat, state: ReplicaState, { layers }: Merging): Promise<void> {
  if ((await findDaemon(seat)) !== undefined) {
    await withMonitor(seat, async (qmp) => {
      await dismissJobs(seat, qmp);
      await closeLayers(seat, qmp, state);
    });
  }
  const files = Object.entries(layers).flatMap(([target, all]) => all.map((layer) => layerFile(target, layer)));
  await removeFiles(seat, files);
  await syncPaths(seat, [seat.folder]);
  const { merging: _, ...rest } = state;
  await writeState(seat, rest);
}

function bytesOf({ files }: Survey, { layers }: Merging): number {
  return Object.entries(layers)
    .flatMap(([target, all]) => all.map((layer) => files.get(layerFile(target, layer)) ?? 0))
    .reduce((sum, bytes) => sum + bytes, 0);
}
