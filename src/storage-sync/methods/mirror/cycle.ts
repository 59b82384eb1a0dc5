import type { BackupSource } from '../../../hypervisors/backups.js';
import type { DiskCopy } from '../../../hypervisors/mirrors.js';
import { FailureError } from '../../../model/failure.js';
import type { PointManifest } from '../../store/manifest.js';
import { blockSync } from '../block-sync/cycle.js';
import type { CycleResult as BlockSyncResult } from '../block-sync/cycle-request.js';
import { clearSource } from '../block-sync/leftovers.js';
import { workFolder } from '../block-sync/names.js';
import { type Transferred, transferOf } from '../block-sync/transfer-kind.js';
import { beginMirror, followMirror } from './begin.js';
import { ensureMirrorGuard } from './guarded.js';
import type { Mirroring, MirrorRequest, MirrorTools } from './mirror-request.js';
import { isOverlaid, mergeOverlays } from './overlays.js';
import { pointUnderMirror } from './point.js';
import { settleMirror } from './settle.js';
import { isOwn, standingOf } from './standing.js';

export interface MirrorCycleResult extends Transferred {
  readonly point: PointManifest;
  readonly bytes: number;
  readonly transferMs: number;
  readonly notes: readonly string[];
}

/**
 * Brings the mirror of a running VM to where it is ready, and makes a point under it; one that is ready gets a point. What
 * both hosts show decides, so that a mirror which an earlier process has begun goes on: one that copies is followed, one
 * that has broken is ended, and the replica is brought up to date by what was written before a new one begins.
 *
 * Rejects with a `FailureError`: what the ports, the store and block-sync say, `mirror-broken`, `mirror-not-guarded`,
 * `mirror-needs-vm` (its replica has a new point all the same), `job-under-way`. Aborted, it leaves a mirror that copies
 * to go on, guarded; the next cycle follows it.
 */
export async function mirrorCycle(request: MirrorRequest, tools: MirrorTools): Promise<MirrorCycleResult> {
  const notes: string[] = [];
  const mirroring: Mirroring = { ...request, tools, note: (text) => notes.push(text) };
  return { ...(await run(mirroring)), notes };
}

async function run(mirroring: Mirroring): Promise<Omit<MirrorCycleResult, 'notes'>> {
  const { vm, from, scratch, tools, signal } = mirroring;
  const { mirrors, store, clock } = tools;
  const source = await clearSource({ ...mirroring, quiesce: false, folder: workFolder(scratch, vm.id) });
  const replica = await store.find(vm.id, signal);
  const record = replica?.state.mirror;
  const copies = await mirrors.look({ host: from.host, id: vm.id }, signal);
  const disks = source.disks.map(({ target }) => target);
  const standing = standingOf({ record, instance: replica?.daemon?.instance, disks, copies });
  const since = clock.now();
  if (record !== undefined && replica !== undefined) {
    if (standing === 'whole') {
      await ensureMirrorGuard(mirroring, record, disks);
      const point = await pointUnderMirror(mirroring, { source, instance: record.instance, bytes: 0 });
      return { point, bytes: 0, transfer: 'delta', transferMs: 0 };
    }
    if (standing === 'copying' || standing === 'ready') {
      const followed = await followMirror(mirroring, { source, record });
      const transfer = replica.points.length === 0 ? 'seed' : 'delta';
      return { ...followed, transfer, transferMs: clock.now() - since };
    }
    await settleMirror({ host: from.host, tools, replica, standing, signal });
  }
  const others = copies.filter((copy) => record === undefined || !isOwn(copy, record));
  const merges = others.filter((copy) => copy.to === undefined && isOverlaid(source, copy.target));
  if (merges.length > 0) {
    // A cycle that was cut off has begun them.
    await mergeOverlays(mirroring);
  }
  demandFree(
    mirroring,
    others.filter((copy) => !merges.includes(copy)),
  );
  const isLive = source.state === 'running' || source.state === 'paused';
  const hasPoint = ((await store.find(vm.id, signal))?.points.length ?? 0) > 0;
  const sync = async (): Promise<BlockSyncResult> => {
    const result = await blockSync({ ...mirroring, method: 'mirror', quiesce: false }, tools);
    result.notes.forEach(mirroring.note);
    return result;
  };
  const synced = hasPoint || !isLive ? await sync() : undefined;
  if (!isLive) {
    throw needsVm(mirroring, source);
  }
  // A merge may take long: the replica is brought up to date before, and once more after it.
  const again = (await mergeOverlays(mirroring)) && synced !== undefined ? await sync() : undefined;
  const begun = await beginMirror(mirroring, (again ?? synced)?.point);
  return {
    point: begun.point,
    bytes: begun.bytes + (synced?.bytes ?? 0) + (again?.bytes ?? 0),
    ...(synced === undefined ? { transfer: 'seed' } : transferOf(synced.disks)),
    transferMs: clock.now() - since,
  };
}

/** Somebody else's copy of a disk is left alone. */
function demandFree({ vm, from }: Mirroring, [foreign]: readonly DiskCopy[]): void {
  if (foreign !== undefined) {
    throw new FailureError({
      code: 'job-under-way',
      kind: 'transient',
      message: `${foreign.target} of ${vm.name} on ${from.host} is being copied or merged by somebody else`,
      hint: `wait for it, or end it with \`virsh blockjob ${vm.name} ${foreign.target} --abort\``,
    });
  }
}

function needsVm({ vm, from }: Mirroring, { state }: BackupSource): FailureError {
  return new FailureError({
    code: 'mirror-needs-vm',
    kind: 'precondition',
    message: `${vm.name} on ${from.host} is ${state}, so nothing mirrors it; its replica has what its disks hold`,
    hint: 'its mirror begins when it runs',
  });
}
