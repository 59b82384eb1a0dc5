import { nodesOf, records } from './block-nodes.js';
import { findDaemon, withMonitor } from './daemon.js';
import { writeDurably } from './host-files.js';
import { layerNode, pointsFolder, stateFile } from './layout.js';
import { type PublishingFate, publishingFate } from './leftovers.js';
import { type PointManifest, serialise } from './manifest.js';
import { activeDisks, incoming, type ReplicaState, withoutPublishing } from './replica-state.js';
import type { Seat } from './seat.js';
import type { Survey } from './survey.js';

export async function writeState(seat: Seat, state: ReplicaState): Promise<void> {
  await writeDurably(seat, stateFile, serialise(state));
}

export async function writeManifest(seat: Seat, point: PointManifest): Promise<void> {
  await writeDurably(seat, `${pointsFolder}/${point.id}.json`, serialise(point));
}

/**
 * Brings a publishing that was cut off to its end, or takes it back: a point that is whole becomes one, and any other
 * leaves its layers to the next.
 */
export async function settled(seat: Seat, found: Survey): Promise<Survey> {
  const { state, points } = found;
  const { publishing } = state;
  if (publishing === undefined) {
    return found;
  }
  const fate = await fateOf(seat, found, publishing);
  switch (fate) {
    case 'published':
    case 'taken': {
      if (fate === 'taken') {
        await writeManifest(seat, publishing);
      }
      const next = withoutPublishing(state, true);
      await writeState(seat, next);
      return { ...found, state: next, points: fate === 'taken' ? [...points, publishing] : points };
    }
    case 'unknown':
    case 'not-taken': {
      // Without its daemon nobody knows whether the new layers hold data; as layers of no point they do no harm.
      const next = withoutPublishing(state, fate === 'unknown');
      await writeState(seat, next);
      return { ...found, state: next };
    }
    default:
      return fate satisfies never;
  }
}

async function fateOf(seat: Seat, { state, points }: Survey, { id }: PointManifest): Promise<PublishingFate> {
  const hasManifest = points.some((point) => point.id === id);
  if (hasManifest || (await findDaemon(seat)) === undefined) {
    return publishingFate({ hasManifest, isSealed: undefined });
  }
  const isSealed = await withMonitor(seat, async (qmp) => {
    const sealing = activeDisks(state).map((disk) => layerNode(disk.target, incoming(disk)));
    const open = await nodesOf(qmp, seat.signal);
    if (!sealing.every((node) => open.has(node))) {
      return undefined;
    }
    const nodes = records(await qmp.execute('query-named-block-nodes', { flat: true }, seat.signal));
    // A `blockdev-snapshot` leaves the layer that was written to read-only.
    return sealing.every((name) => nodes.some((node) => node['node-name'] === name && node['ro'] === true));
  });
  return publishingFate({ hasManifest, isSealed });
}
