import type { Storage, VmDefinition } from '../hypervisor.js';
import type { Outcome } from './call.js';
import type { Core } from './core.js';
import { failed } from './failures.js';
import { fileOf } from './guests.js';
import type { Guest, HostState } from './world-state.js';

/** A VM on its way to another host, with what becomes of its disks. */
export interface Arrival {
  readonly guest: Guest;
  readonly from: HostState;
  readonly to: HostState;
  readonly storage: Storage;
}

type Disk = VmDefinition['disks'][number];

/** The disks that are copied whole. */
function copiedDisks({ guest, storage: { copyStorage, shared = [] } }: Arrival): readonly Disk[] {
  return copyStorage === 'all' ? guest.definition.disks.filter(({ target }) => !shared.includes(target)) : [];
}

/** What the copied disks hold. */
export function copiedBytes(core: Core, arrival: Arrival): number {
  return copiedDisks(arrival).reduce((sum, { path }) => sum + usedBytes(core, arrival.from, path), 0);
}

/** Why the disks cannot be where they should be at the target; undefined when they can. */
export function storageProblem(core: Core, arrival: Arrival): Outcome | undefined {
  const { guest, to, storage } = arrival;
  const { name, disks } = guest.definition;
  const copied = copiedDisks(arrival);
  const absent = disks.find((disk) => !copied.includes(disk) && fileOf(core, to, disk.path) === undefined);
  if (absent !== undefined && storage.copyStorage !== 'overlay') {
    return refused(`${to.name} does not see the disk ${absent.target} of ${name}`, 'Copy it with the move');
  }
  const inTheWay = copied.find(({ path }) => !mayReplace(core, arrival, path));
  if (inTheWay !== undefined) {
    return refused(`${to.name} has a file ${inTheWay.path} already`, 'See whose it is, and move it away');
  }
  const neededBytes = copied.reduce((sum, { path }) => sum + newBytes(core, arrival, path), 0);
  return neededBytes > to.diskFreeBytes
    ? failed('no-space', 'permanent', `${to.name} has too little disk space for ${name}`, 'Free some')
    : undefined;
}

function refused(message: string, hint: string): Outcome {
  return failed('migration-refused', 'precondition', message, hint);
}

function mayReplace(core: Core, { guest, to, storage: { replaces } }: Arrival, path: string): boolean {
  const file = fileOf(core, to, path);
  if (file === undefined) {
    return true;
  }
  const { id } = guest.definition;
  const hasUser = Object.values(to.guests).some(
    ({ definition }) => definition.id !== id && definition.disks.some((disk) => disk.path === path),
  );
  if (replaces === undefined || file.isShared || hasUser) {
    return false;
  }
  const isOfThisMove = file.of === id && (file.incomingSince ?? Number.NEGATIVE_INFINITY) >= replaces.since;
  return isOfThisMove || replaces.stale;
}

/** Makes the files that the disks are copied into. They are not whole until the VM has arrived. */
export function makeFiles(core: Core, arrival: Arrival): void {
  const { guest, from, to } = arrival;
  for (const { path, sizeBytes } of copiedDisks(arrival)) {
    to.diskFreeBytes -= newBytes(core, arrival, path);
    to.files[path] = {
      of: guest.definition.id,
      sizeBytes,
      usedBytes: usedBytes(core, from, path),
      isShared: false,
      dataAt: 0,
      incomingSince: core.clock.now(),
    };
  }
}

/** The disks have arrived whole, each with the data of the moment that `dataAt` names for its path. */
export function keepFiles(
  { files }: HostState,
  { disks }: Pick<VmDefinition, 'disks'>,
  dataAt: (path: string) => number,
): void {
  for (const { path } of disks) {
    const file = files[path];
    if (file?.incomingSince !== undefined) {
      delete file.incomingSince;
      file.dataAt = dataAt(path);
    }
  }
}

/** Removes what was made for a move of this VM that has not ended well. */
export function discardFiles(host: HostState, id: string): void {
  for (const [path, file] of Object.entries(host.files)) {
    if (file.of === id && file.incomingSince !== undefined) {
      host.diskFreeBytes += file.usedBytes;
      delete host.files[path];
    }
  }
}

function usedBytes(core: Core, host: HostState, path: string): number {
  return fileOf(core, host, path)?.usedBytes ?? 0;
}

/** What a copy takes beyond the file that it replaces. */
function newBytes(core: Core, { from, to }: Arrival, path: string): number {
  return usedBytes(core, from, path) - (to.files[path]?.usedBytes ?? 0);
}
