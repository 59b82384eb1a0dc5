import { FailureError } from '../../model/failure.js';
import type { OverlayRequest } from '../replicas.js';
import { findDaemon, withMonitor } from './daemon.js';
import { attempt, succeed } from './host-commands.js';
import { syncPaths, writeDurably } from './host-files.js';
import { createImage } from './images.js';
import { nameFor, overlayFile, overlaysFolder } from './layout.js';
import { type PointManifest, serialise } from './manifest.js';
import { endJobs } from './merge-jobs.js';
import type { OverlayRecord } from './pin.js';
import { demandLayers, demandPoint } from './promote.js';
import type { Seat } from './seat.js';
import { settled } from './settle.js';
import { demandSpace } from './space.js';
import { demandSurvey, type Survey, survey } from './survey.js';

/** What a layer takes that holds nothing yet. */
const emptyLayerBytes = 2 ** 20;

export interface FoundOverlay {
  readonly point: PointManifest;
  readonly disks: readonly { readonly target: string; readonly path: string; readonly sizeBytes: number }[];
}

/**
 * Makes a writable overlay over a point, which it pins from the first write on. Again with the same key it finds it; one
 * that was half made is made anew, since nobody has heard of it.
 */
export async function createOverlay(
  seat: Seat,
  { key, purpose, point: choice }: Pick<OverlayRequest, 'key' | 'purpose' | 'point'>,
): Promise<FoundOverlay> {
  const found = await settled(seat, await demandSurvey(seat));
  const known = found.overlays.find((overlay) => overlay.key === key);
  if (known !== undefined && known.state !== 'making') {
    return shown(seat, found, known);
  }
  const point = demandPoint(seat, found, known === undefined ? choice : { id: known.point });
  demandLayers(seat, found, point);
  await demandSpace(seat, seat.folder, emptyLayerBytes * point.disks.length);
  const folder = folderOf(key);
  const record: OverlayRecord = { version: 1, key, purpose, point: point.id, state: 'making' };
  await succeed(seat, ['mkdir', '-p', '--', `${seat.folder}/${folder}`]);
  await writeDurably(seat, `${folder}/${overlayFile}`, serialise(record));
  if ((await findDaemon(seat)) !== undefined) {
    // A commit into the base would keep a VM from opening it; no other begins while the overlay pins its point.
    await withMonitor(seat, async (qmp) => await endJobs(seat, qmp));
  }
  for (const { target, sizeBytes, layer } of point.disks) {
    await createImage(seat, { path: `${folder}/${target}.qcow2`, sizeBytes, backing: `${seat.folder}/${layer}` });
  }
  const images = point.disks.map(({ target }) => `${seat.folder}/${folder}/${target}.qcow2`);
  await syncPaths(seat, [...images, `${seat.folder}/${folder}`, `${seat.folder}/${overlaysFolder}`]);
  const made: OverlayRecord = { ...record, state: 'made' };
  await writeDurably(seat, `${folder}/${overlayFile}`, serialise(made));
  return shown(seat, found, made);
}

/** The overlay of that key, once it is whole. */
export async function findOverlay(seat: Seat, key: string): Promise<FoundOverlay | undefined> {
  const found = await survey(seat);
  const record = found?.overlays.find((overlay) => overlay.key === key && overlay.state !== 'making');
  return found === undefined || record === undefined ? undefined : shown(seat, found, record);
}

/** Removes an overlay with all that it holds, and lets go of its point. Refused while a VM has it open. */
export async function removeOverlay(seat: Seat, key: string): Promise<void> {
  const found = await survey(seat);
  const folder = folderOf(key);
  const images = [...(found?.files.keys() ?? [])].filter(
    (path) => path.startsWith(`${folder}/`) && path.endsWith('.qcow2'),
  );
  for (const image of images) {
    if (await isInUse(seat, image)) {
      throw new FailureError({
        code: 'overlay-in-use',
        kind: 'precondition',
        message: `A VM has ${seat.folder}/${image} on ${seat.on} open`,
        hint: 'stop it first',
      });
    }
  }
  if (found !== undefined) {
    const record = found.overlays.find((overlay) => overlay.key === key);
    if (record !== undefined) {
      // From here on a stop leaves what was never made: nobody finds it, and it can be removed or made anew.
      await writeDurably(seat, `${folder}/${overlayFile}`, serialise({ ...record, state: 'making' }));
    }
    await succeed(seat, ['rm', '-f', '--', ...images.map((image) => `${seat.folder}/${image}`)]);
    await succeed(seat, ['rm', '-rf', '--', `${seat.folder}/${folder}`]);
    await syncPaths(seat, [`${seat.folder}/${overlaysFolder}`]);
  }
}

export function folderOf(key: string): string {
  const name = nameFor(key);
  if (name === undefined) {
    throw new FailureError({ code: 'replica-damaged', kind: 'bug', message: `"${key}" cannot name an overlay` });
  }
  return `${overlaysFolder}/${name}`;
}

/** Whether somebody writes to an image: it can then be looked at only without taking its lock. */
async function isInUse(seat: Seat, image: string): Promise<boolean> {
  const look = async (...how: string[]): Promise<number> =>
    (await attempt(seat, ['qemu-img', 'info', ...how, '--', `${seat.folder}/${image}`])).exitCode;
  return (await look()) !== 0 && (await look('-U')) === 0;
}

function shown(seat: Seat, { points }: Survey, { key, point: id }: OverlayRecord): FoundOverlay {
  const point = points.find((each) => each.id === id);
  if (point === undefined) {
    throw new FailureError({
      code: 'point-not-found',
      kind: 'permanent',
      message: `The overlay ${key} on ${seat.on} lies over the point ${id}, whose manifest is gone`,
      hint: 'remove the overlay',
    });
  }
  return {
    point,
    disks: point.disks.map(({ target, sizeBytes }) => ({
      target,
      path: `${seat.folder}/${folderOf(key)}/${target}.qcow2`,
      sizeBytes,
    })),
  };
}
