import { FailureError } from '../../model/failure.js';
import type { PointChoice } from '../replicas.js';
import { endDaemon, findDaemon, withMonitor } from './daemon.js';
import { endServing } from './exports.js';
import { imageMissing } from './failures.js';
import { removeFiles, writeDurably } from './host-files.js';
import { nameFor, pinsFolder } from './layout.js';
import { leftovers } from './leftovers.js';
import { type PointManifest, serialise } from './manifest.js';
import type { Pin } from './pin.js';
import { type NewPoint, publishPoint } from './publish.js';
import type { Seat } from './seat.js';
import { settled, writeState } from './settle.js';
import { demandSurvey, type Survey } from './survey.js';

export interface Promotion {
  readonly choice: PointChoice;
  readonly runId: string;
  /** For a mirror that was ready and unbroken: what the incoming layers hold becomes this point before anything else. */
  readonly publish?: { readonly point: NewPoint; readonly instance: string };
}

/**
 * Ends writing from the source. What a mirror has is published first, while all exports are there, so that its disks are of
 * one moment also when the source still writes; then the exports and the daemon are ended and seen gone, and the point is
 * pinned for the run. Again for the same run it gives the same point.
 */
export async function promotePoint(seat: Seat, { choice, runId, publish }: Promotion): Promise<PointManifest> {
  const earlier = promotedPoint(await demandSurvey(seat), runId);
  if (earlier !== undefined) {
    return earlier;
  }
  if (publish !== undefined) {
    await publishPoint(seat, publish.point, publish.instance);
  }
  if ((await findDaemon(seat)) !== undefined) {
    await withMonitor(seat, async (qmp) => await endServing(seat, qmp));
  }
  const found = await settled(seat, await demandSurvey(seat));
  const point = demandPoint(seat, found, choice);
  demandLayers(seat, found, point);
  await endDaemon(seat);
  await removeFiles(seat, leftovers(found.files.keys(), found));
  const { mirror: _, ...state } = found.state;
  await writeState(seat, { ...state, closedBy: runId });
  const pin: Pin = { version: 1, runId, point: point.id };
  await writeDurably(seat, `${pinsFolder}/${nameFor(runId) ?? ''}.json`, serialise(pin));
  return point;
}

/** The point that the run has pinned. */
export function promotedPoint({ pins, points }: Survey, runId: string): PointManifest | undefined {
  const pin = pins.find((each) => each.runId === runId);
  return points.find(({ id }) => id === pin?.point);
}

export function demandPoint(seat: Seat, { points }: Survey, choice: PointChoice): PointManifest {
  const point = choose(points, choice);
  if (point === undefined) {
    throw new FailureError({
      code: 'point-not-found',
      kind: 'permanent',
      message: `The replica of ${seat.vmId} on ${seat.on} has no such point: ${JSON.stringify(choice)}`,
      hint: points.length === 0 ? 'its seed is not complete' : `it has ${points.map(({ id }) => id).join(', ')}`,
    });
  }
  return point;
}

export function demandLayers(seat: Seat, { files }: Survey, { disks }: PointManifest): void {
  const missing = disks.find(({ layer }) => !files.has(layer));
  if (missing !== undefined) {
    throw imageMissing(seat, `${seat.folder}/${missing.layer}`);
  }
}

function choose(points: readonly PointManifest[], choice: PointChoice): PointManifest | undefined {
  if (choice === 'newest') {
    return points.at(-1);
  }
  return 'id' in choice
    ? points.find(({ id }) => id === choice.id)
    : points.findLast(({ at }) => at <= choice.notAfter);
}
