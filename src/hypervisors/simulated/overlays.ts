import type { OverlayDisks, OverlayRequest, PointChoice, PromotedReplica } from '../../storage-sync/replicas.js';
import type { Outcome } from './call.js';
import { copyAt, dataAt, publish, recoveryPoint } from './copies.js';
import { type Copy, type Overlay, overlayKey, type PublishedPoint } from './copy.js';
import { type Core, note } from './core.js';
import { failed } from './failures.js';
import { hasMemory } from './guests.js';
import { addOverlay, dropCopy, dropOverlay } from './holdings.js';
import { breakSync, syncsOf } from './syncs.js';
import type { HostState } from './world-state.js';

/** What an empty layer takes on the disk. */
const emptyLayerBytes = 2 ** 20;

/** Ends writing from the source, and pins the point for the run. Again for the same run: the same point. */
export function promote(core: Core, vm: string, host: string, choice: PointChoice, runId: string): Outcome {
  const copy = copyAt(core, vm, host);
  if (copy === undefined) {
    return noReplica(vm, host);
  }
  const earlier = promoted(core, vm, host, runId);
  if (earlier !== undefined) {
    return { value: earlier };
  }
  const newest = dataAt(core, copy);
  if (copy.method === 'mirror' && !copy.isClosed && newest !== undefined && newest > (copy.points.at(-1)?.at ?? 0)) {
    publish(core, copy, newest);
  }
  const point = choose(copy, choice);
  if (point === undefined) {
    return noPoint(vm, host, choice);
  }
  copy.isLive = false;
  copy.isClosed = true;
  copy.promoted[runId] = point.id;
  for (const transfer of syncsOf(core, copy)) {
    breakSync(core, transfer, failed('transfer-broken', 'precondition', `${vm} was promoted on ${host}`));
  }
  note(core, 'promote', { host, vm, detail: point.id });
  return { value: promoted(core, vm, host, runId), tookMs: 200 };
}

/** The point that the run has pinned. */
export function promoted(core: Core, vm: string, host: string, runId: string): PromotedReplica | undefined {
  const copy = copyAt(core, vm, host);
  const point = copy?.points.find(({ id }) => id === copy.promoted[runId]);
  if (copy === undefined || point === undefined) {
    return undefined;
  }
  const folder = `${replicasFolder(core, host)}/${vm}/${point.id}`;
  return { point: recoveryPoint(core, copy, point), disks: disksIn(folder, point) };
}

/** Makes a writable layer over a point; the one of the same key is found again. */
export function createOverlay(core: Core, { vm, host, key, purpose, point: choice }: OverlayRequest): Outcome {
  const known = core.state.overlays[overlayKey(vm, host, key)];
  if (known !== undefined) {
    return { value: disksOf(core, known) };
  }
  const copy = copyAt(core, vm, host);
  if (copy === undefined) {
    return noReplica(vm, host);
  }
  const point = choose(copy, choice);
  if (point === undefined) {
    return noPoint(vm, host, choice);
  }
  const state = core.state.hosts[host] as HostState;
  const neededBytes = emptyLayerBytes * point.carries.disks.length;
  if (state.diskFreeBytes < neededBytes) {
    return failed('no-space', 'permanent', `${host} has no room for an overlay of ${vm}`, 'Free some disk space');
  }
  const disks = disksIn(`${replicasFolder(core, host)}/${vm}/${key.replaceAll('/', '_')}`, point);
  const overlay: Overlay = {
    vm,
    host,
    key,
    purpose,
    point: point.id,
    disks,
    writesSince: purpose === 'move' ? point.at : core.clock.now(),
  };
  addOverlay(core, overlay);
  for (const [index, { path, sizeBytes }] of disks.entries()) {
    const usedBytes = point.carries.disks[index]?.usedBytes ?? sizeBytes;
    state.files[path] = { of: copy.id, sizeBytes, usedBytes, isShared: false, dataAt: point.at };
  }
  state.diskFreeBytes -= neededBytes;
  note(core, 'overlay', { host, vm, detail: `${purpose} ${key}` });
  return { value: disksOf(core, overlay), tookMs: 50 };
}

/** The disks of a layer; undefined when there is none. */
export function overlayDisks(core: Core, vm: string, host: string, key: string): OverlayDisks | undefined {
  const overlay = core.state.overlays[overlayKey(vm, host, key)];
  return overlay === undefined ? undefined : disksOf(core, overlay);
}

/** Removes a layer and what it holds. Nothing happens when there is none. */
export function removeOverlay(core: Core, vm: string, host: string, key: string): Outcome {
  const overlay = core.state.overlays[overlayKey(vm, host, key)];
  if (overlay === undefined) {
    return {};
  }
  const state = core.state.hosts[host] as HostState;
  const paths = overlay.disks.map(({ path }) => path);
  const user = Object.values(state.guests).find(
    (guest) => hasMemory(guest) && guest.definition.disks.some(({ path }) => paths.includes(path)),
  );
  if (user !== undefined) {
    return failed('overlay-in-use', 'precondition', `${user.definition.name} runs on that overlay`, 'Stop it first');
  }
  dropOverlay(core, overlay);
  for (const path of paths) {
    delete state.files[path];
  }
  state.diskFreeBytes += emptyLayerBytes * paths.length;
  note(core, 'overlay-removed', { host, vm, detail: key });
  return { tookMs: 50 };
}

/** Merges a layer into the replica below, which becomes the VM's own disk. Nothing happens when there is none. */
export function mergeOverlay(core: Core, vm: string, host: string, key: string): Outcome {
  const overlay = core.state.overlays[overlayKey(vm, host, key)];
  if (overlay === undefined) {
    return {};
  }
  const state = core.state.hosts[host] as HostState;
  const folder = `${replicasFolder(core, host)}/${vm}`;
  const merged = overlay.disks.map((disk) => ({ ...disk, path: `${folder}/${disk.target}.qcow2` }));
  for (const [index, { path }] of overlay.disks.entries()) {
    const file = state.files[path];
    const below = merged[index]?.path;
    if (file !== undefined && below !== undefined) {
      state.files[below] = file;
      delete state.files[path];
    }
  }
  const user = Object.values(state.guests).find(({ definition }) =>
    definition.disks.some(({ path }) => overlay.disks.some((disk) => disk.path === path)),
  );
  if (user !== undefined) {
    user.definition = { ...user.definition, disks: merged };
  }
  dropOverlay(core, overlay);
  dropCopy(core, vm, host);
  note(core, 'merge', { host, vm, detail: key });
  return { tookMs: 500 };
}

function choose({ points }: Copy, choice: PointChoice): PublishedPoint | undefined {
  if (choice === 'newest') {
    return points.at(-1);
  }
  return 'id' in choice
    ? points.find(({ id }) => id === choice.id)
    : points.findLast(({ at }) => at <= choice.notAfter);
}

function replicasFolder(core: Core, host: string): string {
  const site = core.state.estate.sites[core.state.hosts[host]?.site ?? ''];
  return site?.replicas ?? '/var/lib/lifeboat/replicas';
}

function disksIn(folder: string, { carries }: PublishedPoint): OverlayDisks['disks'] {
  return carries.disks.map(({ target, sizeBytes }) => ({ target, sizeBytes, path: `${folder}/${target}.qcow2` }));
}

/** A point is not merged while a layer lies over it, so that it is always there. */
function disksOf(core: Core, { vm, host, point, disks }: Overlay): OverlayDisks {
  const copy = copyAt(core, vm, host);
  const published = copy?.points.find(({ id }) => id === point);
  if (copy === undefined || published === undefined) {
    throw new Error(`The overlay over ${point} of ${vm} on ${host} has lost its point`);
  }
  return { point: recoveryPoint(core, copy, published), disks };
}

function noReplica(vm: string, host: string): Outcome {
  return failed('replica-not-found', 'permanent', `${host} has no replica of ${vm}`, 'Protect the VM first');
}

function noPoint(vm: string, host: string, choice: PointChoice): Outcome {
  const wanted = choice === 'newest' ? 'no point yet' : `no point ${JSON.stringify(choice)}`;
  return failed(
    'point-not-found',
    'permanent',
    `The replica of ${vm} on ${host} has ${wanted}`,
    'Choose another point',
  );
}
