import { randomUUID } from 'node:crypto';
import type { BackupSource } from '../../../hypervisors/backups.js';
import { sleep } from '../../../model/clock.js';
import { FailureError } from '../../../model/failure.js';
import type { PointManifest } from '../../store/manifest.js';
import type { OpenReplica } from '../../store/open.js';
import type { MirrorRecord } from '../../store/replica-state.js';
import { lookAtVm } from '../block-sync/leftovers.js';
import { carriedFacts } from '../block-sync/source-facts.js';
import { ensureMirrorGuard } from './guarded.js';
import type { Mirroring } from './mirror-request.js';
import { copyBelow, type Prepared } from './overlays.js';
import { pointUnderMirror } from './point.js';
import { portsFor } from './ports.js';
import { standingOf } from './standing.js';

const lookEveryMs = 500;
const nothing: Prepared = { shallow: new Set(), bytes: 0 };

export interface Begun {
  readonly point: PointManifest;
  /** Bytes that the copies came to. */
  readonly bytes: number;
}

/**
 * Begins a mirror of all disks into the incoming layers, which hold nothing, or what the newest point has; returns when it is
 * ready and has its first point.
 */
export async function beginMirror(mirroring: Mirroring, newest: PointManifest | undefined): Promise<Begun> {
  const { vm, from, address, bytesPerSecond, tools, signal } = mirroring;
  const source = await lookAtVm({ ...mirroring, quiesce: false, folder: '' });
  const { shallow, bytes } = newest === undefined ? nothing : await copyBelow(mirroring, source, newest);
  const prefix = `${randomUUID().slice(0, 8)}-`;
  const { instance, port, exports } = await openAtFreePort(mirroring, source, prefix);
  const record: MirrorRecord = { instance, address, port, prefix };
  await tools.store.recordMirror(vm.id, record, signal);
  const disks = exports.map(({ target, name }) => ({
    target,
    to: { address, port, name },
    isShallow: shallow.has(target),
  }));
  const limit = bytesPerSecond === undefined ? {} : { bytesPerSecond };
  await tools.mirrors.begin({ host: from.host, id: vm.id, disks, ...limit }, signal);
  const begun = await followMirror(mirroring, { source, record });
  return { ...begun, bytes: begun.bytes + bytes };
}

/** Guards a mirror that copies, and follows it until it is ready: then its first point is made, and it is known to be ready. */
export async function followMirror(
  mirroring: Mirroring,
  { source, record }: { readonly source: BackupSource; readonly record: MirrorRecord },
): Promise<Begun> {
  const { vm, tools, signal } = mirroring;
  const disks = source.disks.map(({ target }) => target);
  await ensureMirrorGuard(mirroring, record, disks);
  const bytes = await untilReady(mirroring, record, disks);
  const point = await pointUnderMirror(mirroring, { source, instance: record.instance, bytes });
  await tools.store.recordMirror(vm.id, { ...record, readyAt: point.at }, signal);
  return { point, bytes };
}

async function untilReady(mirroring: Mirroring, record: MirrorRecord, disks: readonly string[]): Promise<number> {
  const { vm, from, tools, signal, onProgress } = mirroring;
  const { clock, mirrors } = tools;
  const began = clock.now();
  for (;;) {
    const copies = await mirrors.look({ host: from.host, id: vm.id }, signal);
    const standing = standingOf({ record, instance: record.instance, disks, copies });
    const doneBytes = copies.reduce((sum, copy) => sum + copy.doneBytes, 0);
    if (standing === 'ready') {
      return doneBytes;
    }
    if (standing !== 'copying') {
      throw new FailureError({
        code: 'mirror-broken',
        kind: 'transient',
        message: `The mirror of ${vm.name} from ${from.host} to ${mirroring.to.host} broke before it was ready`,
        hint: 'it is made again; then look at the link, and at the log of the VM on its host',
      });
    }
    const seconds = (clock.now() - began) / 1_000;
    onProgress({
      doneBytes,
      totalBytes: copies.reduce((sum, copy) => sum + copy.totalBytes, 0),
      bytesPerSecond: seconds > 0 ? Math.round(doneBytes / seconds) : 0,
    });
    await sleep(clock, lookEveryMs, signal);
  }
}

/** Opens the replica for its VM's host, at the first of the VM's ports that is free there. */
async function openAtFreePort(
  mirroring: Mirroring,
  { disks }: BackupSource,
  prefix: string,
): Promise<OpenReplica & { readonly port: number }> {
  const { vm, from, address, tools, signal } = mirroring;
  const { disks: used } = await carriedFacts(mirroring);
  let taken: unknown;
  for (const port of portsFor(vm.id)) {
    try {
      const opened = await tools.store.open(
        {
          vm,
          method: 'mirror',
          source: from,
          disks: disks.map(({ target, sizeBytes }) => ({ target, sizeBytes })),
          listening: { kind: 'tcp', address, port, prefix },
          expectedBytes: used.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
        },
        signal,
      );
      return { ...opened, port };
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.code !== 'nbd-port-taken') {
        throw error;
      }
      taken = error;
    }
  }
  throw taken;
}
