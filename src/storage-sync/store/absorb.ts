import { endDaemon } from './daemon.js';
import { succeed } from './host-commands.js';
import { writeDurably } from './host-files.js';
import {
  baseLayer,
  layerFile,
  overlayFile,
  overlaysFolder,
  parseLayerFile,
  pinsFolder,
  pointsFolder,
  stateFile,
} from './layout.js';
import { serialise } from './manifest.js';
import { folderOf } from './overlays.js';
import type { Seat } from './seat.js';
import { writeState } from './settle.js';
import { type Survey, survey } from './survey.js';

export interface Absorption {
  readonly target: string;
  /** The image that the VM has now. */
  readonly overlay: string;
  /** The image that has everything afterwards, and is the VM's own disk from then on. */
  readonly base: string;
}

/** Writes an overlay and all between into its base. May be asked again for a disk that was done. */
export type Absorb = (disk: Absorption, signal: AbortSignal) => Promise<void>;

/**
 * Merges an overlay and the layers below into the base, and gives the replica up: the base is the disk of the VM that was
 * started from it. `absorb` does the writing, by the hypervisor while the VM runs; without it the VM must be shut off.
 * Nothing happens when there is no such overlay; called again it goes on.
 */
export async function absorbOverlay(seat: Seat, key: string, absorb: Absorb = offline(seat)): Promise<void> {
  const found = await survey(seat);
  const record = found?.overlays.find((overlay) => overlay.key === key);
  if (found === undefined || (record === undefined && found.state.disks.length > 0)) {
    return;
  }
  const point = found.points.find(({ id }) => id === record?.point);
  if (record !== undefined && point !== undefined && found.state.disks.length > 0) {
    await endDaemon(seat);
    await writeDurably(seat, `${folderOf(key)}/${overlayFile}`, serialise({ ...record, state: 'merging' }));
    for (const { target } of point.disks) {
      const overlay = `${seat.folder}/${folderOf(key)}/${target}.qcow2`;
      await absorb({ target, overlay, base: `${seat.folder}/${layerFile(target, baseLayer)}` }, seat.signal);
    }
    // A closed replica without disks is one given up: never opened again, and removed by whoever comes next.
    await writeState(seat, { ...found.state, disks: [], closedBy: key });
  }
  await dissolve(seat, found);
}

/** Removes all but the bases. */
async function dissolve(seat: Seat, { files }: Survey): Promise<void> {
  const layers = [...files.keys()].filter((path) => (parseLayerFile(path)?.layer ?? baseLayer) !== baseLayer);
  const names = [...layers, pointsFolder, pinsFolder, overlaysFolder, stateFile];
  await succeed(seat, ['rm', '-rf', '--', ...names.map((name) => `${seat.folder}/${name}`)]);
}

function offline(seat: Seat): Absorb {
  return async ({ overlay, base }) => {
    await succeed(seat, ['qemu-img', 'commit', '-q', '-d', '-f', 'qcow2', '-b', base, '--', overlay]);
  };
}
