import { damaged, imageMissing, replicaNotFound } from './failures.js';
import { listFiles, readTexts } from './host-files.js';
import { layerFile, overlayFile, overlaysFolder, pinsFolder, pointsFolder, stateFile } from './layout.js';
import { type PointManifest, parseManifest } from './manifest.js';
import { type OverlayRecord, type Pin, parseOverlay, parsePin } from './pin.js';
import { parseState, type ReplicaState } from './replica-state.js';
import type { Seat } from './seat.js';

/** What one look at a replica's folder has found. */
export interface Survey {
  readonly state: ReplicaState;
  /** Oldest first; not those that a merge has given up. */
  readonly points: readonly PointManifest[];
  readonly pins: readonly Pin[];
  readonly overlays: readonly OverlayRecord[];
  /** Every file with its size, by its path from the folder. */
  readonly files: ReadonlyMap<string, number>;
}

/** Looks at the folder; undefined when there is no replica. A damaged file of the store is told of, never passed over. */
export async function survey(seat: Seat): Promise<Survey | undefined> {
  const files = await listFiles(seat);
  if (files === undefined || !files.has(stateFile)) {
    return undefined;
  }
  const records = [...files].filter(([path]) => isRecordPath(path));
  const texts = await readTexts(seat, records);
  const read = <Value>(path: string, parse: (text: string) => Value | string): Value => {
    const value = parse(texts.get(path) ?? '');
    if (typeof value === 'string') {
      throw damaged(seat, `${seat.folder}/${path}`, value);
    }
    return value;
  };
  const all = <Value>(folder: string, parse: (text: string) => Value | string): readonly Value[] =>
    records.filter(([path]) => path.startsWith(`${folder}/`)).map(([path]) => read(path, parse));
  const state = read(stateFile, parseState);
  const given = new Set(state.merging?.points);
  return {
    state,
    points: inOrder(all(pointsFolder, parseManifest).filter(({ id }) => !given.has(id))),
    pins: all(pinsFolder, parsePin),
    overlays: all(overlaysFolder, parseOverlay),
    files,
  };
}

export async function demandSurvey(seat: Seat): Promise<Survey> {
  const found = await survey(seat);
  if (found === undefined) {
    throw replicaNotFound(seat);
  }
  return found;
}

/** Throws when an image that counts is not there. */
export function demandImages(seat: Seat, { state, files }: Pick<Survey, 'state' | 'files'>): void {
  for (const { target, layers } of state.disks) {
    const missing = layers.map((layer) => layerFile(target, layer)).find((file) => !files.has(file));
    if (missing !== undefined) {
      throw imageMissing(seat, `${seat.folder}/${missing}`);
    }
  }
}

/** Names of runs that need each point, by its id. */
export function pinsOf({ pins, overlays }: Pick<Survey, 'pins' | 'overlays'>): ReadonlyMap<string, readonly string[]> {
  const runs = new Map<string, Set<string>>();
  const needs = [
    ...pins.map(({ runId, point }) => ({ point, run: runId })),
    ...overlays.map(({ key, point }) => ({ point, run: key.split('/')[0] ?? key })),
  ];
  for (const { point, run } of needs) {
    runs.set(point, (runs.get(point) ?? new Set()).add(run));
  }
  return new Map([...runs].map(([point, all]) => [point, [...all].toSorted()]));
}

function isRecordPath(path: string): boolean {
  return (
    path === stateFile ||
    ((path.startsWith(`${pointsFolder}/`) || path.startsWith(`${pinsFolder}/`)) && path.endsWith('.json')) ||
    (path.startsWith(`${overlaysFolder}/`) && path.endsWith(`/${overlayFile}`))
  );
}

/** By the layers, which grow with every point; two points may have the same moment. */
function inOrder(points: readonly PointManifest[]): readonly PointManifest[] {
  const number = ({ disks }: PointManifest): number =>
    Math.max(0, ...disks.map(({ layer }) => Number(layer.split('.')[1]) || 0));
  return points.toSorted((one, other) => number(one) - number(other));
}
