import { FailureError } from '../../model/failure.js';
import type { VmFacts } from '../../model/inventory.js';
import type { Qmp } from '../qmp/qmp.js';
import { nodesOf, openLayer } from './block-nodes.js';
import { findDaemon, withMonitor } from './daemon.js';
import { daemonLost } from './failures.js';
import { removeFiles, syncPaths, writeDurably } from './host-files.js';
import { createImage } from './images.js';
import { isPointId, layerFile, layerNode, pointsFolder } from './layout.js';
import { asciiXml, type PointManifest } from './manifest.js';
import { endJobs } from './merge-jobs.js';
import { activeDisks, incoming, type ReplicaState, withoutPublishing } from './replica-state.js';
import type { Seat } from './seat.js';
import { settled, writeManifest, writeState } from './settle.js';
import { demandSpace } from './space.js';
import { demandSurvey } from './survey.js';

export interface NewPoint {
  /** Chosen by the caller, who calls again with the same one after a crash. */
  readonly id: string;
  readonly at: number;
  readonly consistency: 'crash' | 'filesystem';
  readonly bytes: number;
  readonly checkpoint?: string;
  /** SHA-256 of whole disks by target, when known. */
  readonly digests?: Readonly<Record<string, string>>;
  readonly carries: VmFacts;
  /** The domain XML. */
  readonly definition?: string;
  readonly nvram?: Buffer;
  readonly tpm?: Buffer;
}

/** What a layer takes that holds nothing yet. */
const emptyLayerBytes = 2 ** 20;

/**
 * Makes a recovery point of the incoming layers, of all disks at one moment, while writers stay connected; they write to
 * new layers from then on. All they have written is flushed first, by the transaction itself. `instance` is what `open`
 * returned: with another daemon the writes since the last point are not known to be there, and `storage-daemon-lost` says
 * so. Again with the same id it finds the point, or goes on.
 *
 * The folder has the point when this returns; the world has it when the caller has journalled it.
 */
export async function publishPoint(seat: Seat, point: NewPoint, instance: string): Promise<PointManifest> {
  if (!isPointId(point.id)) {
    throw new FailureError({ code: 'replica-damaged', kind: 'bug', message: `${point.id} cannot name a point` });
  }
  const found = await settled(seat, await demandSurvey(seat));
  const known = found.points.find(({ id }) => id === point.id);
  if (known !== undefined) {
    return known;
  }
  const daemon = await findDaemon(seat);
  if (daemon?.instance !== instance) {
    throw daemonLost(seat, daemon === undefined ? 'does not run' : 'is not the one that the data was written to');
  }
  await demandSpace(seat, seat.folder, emptyLayerBytes * activeDisks(found.state).length);
  const manifest = manifestOf(found.state, point);
  await writeBeside(seat, point);
  await createNextLayers(seat, found.state);
  const publishing: ReplicaState = { ...found.state, publishing: manifest };
  await writeState(seat, publishing);
  await withMonitor(seat, async (qmp) => await putAbove(seat, qmp, publishing));
  await writeManifest(seat, manifest);
  await writeState(seat, withoutPublishing(publishing, true));
  return manifest;
}

function manifestOf(state: ReplicaState, point: NewPoint): PointManifest {
  const { id, at, consistency, bytes, checkpoint, digests, carries } = point;
  return {
    version: 1,
    id,
    vm: state.vm,
    at,
    consistency,
    bytes,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    source: state.source,
    disks: activeDisks(state).map((disk) => {
      const digest = digests?.[disk.target];
      return {
        target: disk.target,
        sizeBytes: disk.sizeBytes,
        layer: layerFile(disk.target, incoming(disk)),
        backing: layerFile(disk.target, disk.layers.at(-2) ?? incoming(disk)),
        ...(digest === undefined ? {} : { digest }),
      };
    }),
    carries,
    ...(point.definition === undefined ? {} : { definition: `${id}.xml` }),
    ...(point.nvram === undefined ? {} : { nvram: `${id}.nvram` }),
    ...(point.tpm === undefined ? {} : { tpm: `${id}.tpm` }),
  };
}

async function writeBeside(seat: Seat, { id, definition, nvram, tpm }: NewPoint): Promise<void> {
  const parts = { xml: definition === undefined ? undefined : asciiXml(definition), nvram, tpm };
  for (const [ending, content] of Object.entries(parts)) {
    if (content !== undefined) {
      await writeDurably(seat, `${pointsFolder}/${id}.${ending}`, content);
    }
  }
}

async function createNextLayers(seat: Seat, state: ReplicaState): Promise<void> {
  const next = activeDisks(state).map(({ target }) => layerFile(target, state.nextLayer));
  await removeFiles(seat, next);
  for (const disk of activeDisks(state)) {
    await createImage(seat, {
      path: layerFile(disk.target, state.nextLayer),
      sizeBytes: disk.sizeBytes,
      backing: layerFile(disk.target, incoming(disk)),
    });
  }
  await syncPaths(seat, [...next.map((file) => `${seat.folder}/${file}`), seat.folder]);
}

/** Puts the new layers above the incoming ones, of all disks or of none. */
async function putAbove(seat: Seat, qmp: Qmp, state: ReplicaState): Promise<void> {
  // A commit that a stop has left running forbids it; the next merge begins it again.
  await endJobs(seat, qmp);
  const open = await nodesOf(qmp, seat.signal);
  for (const { target } of activeDisks(state)) {
    if (!open.has(layerNode(target, state.nextLayer))) {
      await openLayer(seat, qmp, { target, layer: state.nextLayer, below: null, isWritable: true });
    }
  }
  const actions = activeDisks(state).map((disk) => ({
    type: 'blockdev-snapshot',
    data: { node: layerNode(disk.target, incoming(disk)), overlay: layerNode(disk.target, state.nextLayer) },
  }));
  await qmp.execute('transaction', { actions }, seat.signal);
}
