import { FailureError } from '../../model/failure.js';
import type { Place } from '../../model/place.js';
import type { Qmp } from '../qmp/qmp.js';
import { closeLayers, openLayers, records } from './block-nodes.js';
import { type Daemon, ensureDaemon, withMonitor } from './daemon.js';
import { type Export, endServing, endStrayExports, exportName, type Listening, serve } from './exports.js';
import { damaged } from './failures.js';
import { succeed } from './host-commands.js';
import { listFiles, removeFiles, syncPaths } from './host-files.js';
import { createImage } from './images.js';
import {
  baseLayer,
  isTarget,
  layerFile,
  layerNode,
  overlaysFolder,
  parseLayerFile,
  pinsFolder,
  pointsFolder,
  stateFile,
} from './layout.js';
import { leftovers } from './leftovers.js';
import { activeDisks, type DiskState, incoming, type ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';
import { settled, writeState } from './settle.js';
import { demandSpace } from './space.js';
import { demandImages, type Survey, survey } from './survey.js';

export interface OpenRequest {
  readonly vm: { readonly id: string; readonly name: string };
  readonly method: 'mirror' | 'block-sync';
  readonly source: Place;
  /** All disks that the VM has now. */
  readonly disks: readonly { readonly target: string; readonly sizeBytes: number }[];
  readonly listening: Listening;
  /** Bytes that are about to be written; the replica is not opened when they do not fit. */
  readonly expectedBytes: number;
  /** Takes up again a replica that a run has promoted. Without it such a replica is refused. */
  readonly reopen?: boolean;
}

export interface OpenReplica {
  /** Names the daemon that runs. When it changes, what was written since the last point must be written again. */
  readonly instance: string;
  readonly exports: readonly OpenExport[];
}

export interface OpenExport extends Export {
  /** `kept` it holds what it held · `empty` and needs a seed · `stale` the VM had lost the disk meanwhile: compare all. */
  readonly content: 'kept' | 'empty' | 'stale';
}

/**
 * Makes or takes up the replica, cleans what a stop has left, and exports the incoming layers. A disk that is new gets an
 * empty base, one that grew its new size, and one that the VM has no more is written to no longer. Called again it finds
 * what is there; writers that are connected stay so when nothing about the exports changes.
 */
export async function openReplica(seat: Seat, request: OpenRequest): Promise<OpenReplica> {
  const found = await survey(seat);
  demandFree(seat, request, found);
  demandUnmirrored(seat, found);
  const folders = [pointsFolder, pinsFolder, overlaysFolder].map((name) => `${seat.folder}/${name}`);
  await succeed(seat, ['mkdir', '-p', '--', ...folders]);
  await demandSpace(seat, seat.folder, request.expectedBytes);
  const before = found === undefined ? await begun(seat, request) : await settled(seat, found);
  if (found !== undefined) {
    demandImages(seat, before);
  }
  const state = await withDisks(seat, before.state, request);
  const daemon = await ensureDaemon(seat);
  await withMonitor(seat, async (qmp) => {
    await endStrayExports(seat, qmp, state);
    await closeLayers(seat, qmp, state);
    await removeFiles(seat, leftovers(before.files.keys(), { state, points: before.points }));
    await openLayers(seat, qmp, state);
    await fit(seat, qmp, state);
    await serve(seat, qmp, state, request.listening);
  });
  return opened(daemon, before, state, request.listening);
}

function demandFree(seat: Seat, { vm, disks, reopen }: OpenRequest, found: Survey | undefined): void {
  const odd = disks.find(({ target }) => !isTarget(target));
  if (odd !== undefined) {
    throw new FailureError({ code: 'replica-damaged', kind: 'bug', message: `${odd.target} is no target of a disk` });
  }
  const layer = found?.overlays.find(({ purpose }) => purpose !== 'clone');
  const isClosed = found?.state.closedBy !== undefined && (!reopen || found.state.disks.length === 0);
  if (layer !== undefined || isClosed) {
    throw new FailureError({
      code: 'replica-in-use',
      kind: 'precondition',
      message: `The replica of ${vm.name} on ${seat.on} was promoted for ${found?.state.closedBy ?? layer?.key ?? ''}`,
      hint: 'reverse the replication with `lifeboat reverse`',
    });
  }
}

/** What a mirror has written is published or thrown away first: a part of it that passed for a delta would spoil points. */
function demandUnmirrored(seat: Seat, found: Survey | undefined): void {
  if (found?.state.mirror !== undefined) {
    throw new FailureError({
      code: 'replica-mirrored',
      kind: 'transient',
      message: `A mirror of ${found.state.vm.name} to ${seat.on} has not been ended`,
      hint: 'the next cycle ends it',
    });
  }
}

/**
 * A replica that has nothing yet. Its state is written before its images, so that images without one are known to be
 * somebody's: of a replica whose state was lost, or disks of a VM that was started from one. They are never written over.
 */
async function begun(seat: Seat, { vm, method, source }: OpenRequest): Promise<Survey> {
  const files = (await listFiles(seat)) ?? new Map<string, number>();
  const image = [...files.keys()].find((path) => parseLayerFile(path) !== undefined || path.endsWith('.json'));
  if (image !== undefined) {
    throw damaged(seat, `${seat.folder}/${image}`, `there is no ${stateFile} beside it`);
  }
  const state: ReplicaState = { version: 1, vm, method, source, disks: [], nextLayer: 1 };
  await writeState(seat, state);
  return { state, points: [], pins: [], overlays: [], files };
}

/** The state with the disks that the VM has now; images of new ones are made before the state names them. */
async function withDisks(seat: Seat, before: ReplicaState, request: OpenRequest): Promise<ReplicaState> {
  const { closedBy: _, ...kept } = before;
  const known = new Map(before.disks.map((disk) => [disk.target, disk]));
  const fresh = request.disks.filter(({ target }) => known.get(target)?.isRemoved !== undefined || !known.has(target));
  const images: string[] = [];
  for (const { target, sizeBytes } of fresh) {
    const old = known.get(target);
    if (old === undefined) {
      await createImage(seat, { path: layerFile(target, baseLayer), sizeBytes });
      images.push(layerFile(target, baseLayer));
    }
    const backing = layerFile(target, old === undefined ? baseLayer : incoming(old));
    await createImage(seat, { path: layerFile(target, before.nextLayer), sizeBytes, backing });
    images.push(layerFile(target, before.nextLayer));
  }
  if (images.length > 0) {
    await syncPaths(seat, [...images.map((image) => `${seat.folder}/${image}`), seat.folder]);
  }
  const disks = request.disks.map(({ target, sizeBytes }): DiskState => {
    const old = known.get(target);
    if (old !== undefined && sizeBytes < old.sizeBytes) {
      throw new FailureError({
        code: 'disk-shrunk',
        kind: 'permanent',
        message: `${target} of ${request.vm.name} has ${sizeBytes} bytes, and its replica on ${seat.on} ${old.sizeBytes}`,
        hint: 'remove the replica and let it be seeded anew',
      });
    }
    const isFresh = fresh.some((disk) => disk.target === target);
    const layers = [...(old?.layers ?? [baseLayer]), ...(isFresh ? [before.nextLayer] : [])];
    return { target, sizeBytes, layers };
  });
  const gone = before.disks
    .filter(({ target }) => !request.disks.some((disk) => disk.target === target))
    .map((disk): DiskState => ({ ...disk, isRemoved: true }));
  const state: ReplicaState = {
    ...kept,
    vm: request.vm,
    method: request.method,
    source: request.source,
    disks: [...disks, ...gone],
    nextLayer: before.nextLayer + (fresh.length > 0 ? 1 : 0),
  };
  if (JSON.stringify(state) !== JSON.stringify(before)) {
    await writeState(seat, state);
  }
  return state;
}

/** Gives incoming layers of disks that grew their size, and refuses images of a size that nobody gave them. */
async function fit(seat: Seat, qmp: Qmp, state: ReplicaState): Promise<void> {
  const nodes = records(await qmp.execute('query-named-block-nodes', { flat: true }, seat.signal));
  const sizes = activeDisks(state).map((disk) => {
    const node = layerNode(disk.target, incoming(disk));
    const image = nodes.find((each) => each['node-name'] === node)?.['image'] as Record<string, unknown> | undefined;
    return { node, disk, sizeBytes: Number(image?.['virtual-size']) };
  });
  const larger = sizes.find(({ sizeBytes, disk }) => !(sizeBytes <= disk.sizeBytes));
  if (larger !== undefined) {
    const { disk, sizeBytes } = larger;
    const file = `${seat.folder}/${layerFile(disk.target, incoming(disk))}`;
    throw damaged(seat, file, `its size is ${sizeBytes} bytes, and not ${disk.sizeBytes}`);
  }
  const smaller = sizes.filter(({ sizeBytes, disk }) => sizeBytes < disk.sizeBytes);
  if (smaller.length > 0) {
    // An export keeps the size that it began with, and keeps others from changing it.
    await endServing(seat, qmp);
    for (const { node, disk } of smaller) {
      await qmp.execute('block_resize', { 'node-name': node, size: disk.sizeBytes }, seat.signal);
    }
  }
}

function opened(daemon: Daemon, before: Survey, state: ReplicaState, listening: Listening): OpenReplica {
  const hasPoint = (target: string): boolean =>
    before.points.some(({ disks }) => disks.some((disk) => disk.target === target));
  return {
    instance: daemon.instance,
    exports: activeDisks(state).map(({ target, sizeBytes }) => {
      const wasRemoved = before.state.disks.some((disk) => disk.target === target && disk.isRemoved);
      const content = wasRemoved ? 'stale' : hasPoint(target) ? 'kept' : 'empty';
      return { target, name: exportName(listening, target), sizeBytes, content };
    }),
  };
}
