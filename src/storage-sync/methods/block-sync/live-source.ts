import type { BackupRequest, BackupSource } from '../../../hypervisors/backups.js';
import { backupSocket } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import type { OpenExport } from '../../store/open.js';
import type { StoredPoint } from '../../store/store.js';
import type { Cycle } from './cycle-request.js';
import { type DiskDecision, decide } from './disk-decision.js';
import { openExport } from './exports.js';
import { lookAtVm } from './leftovers.js';
import { chainOf, checkpointName, pointIdAt } from './names.js';
import { atQuietMoment } from './quiesce.js';
import { guardScratch } from './scratch-guard.js';
import type { SourceMoment } from './source-moment.js';
import { prepareFolder, removeFolder } from './work-folder.js';

/** What is done in the end goes on when the caller gives up, ms. */
const endWithinMs = 60_000;

export interface SourceRequest {
  readonly source: BackupSource;
  readonly newest: StoredPoint | undefined;
  readonly exports: readonly OpenExport[];
}

/**
 * One moment of a VM that has a QEMU, by a backup of all of its disks: with a new checkpoint, and with what was written
 * since the one of the newest point where that is known.
 */
export async function openLiveSource(cycle: Cycle, request: SourceRequest): Promise<SourceMoment> {
  const { vm, from, to, folder, tools, signal } = cycle;
  const { backups, sockets, shell, clock } = tools;
  const { newest, exports } = request;
  const place = { host: from.host, id: vm.id };
  const source = await withCheckpoint(cycle, request);
  const seat = { shell, on: from.host, signal };
  const freeAtBeginning = await prepareFolder(seat, folder);
  let decisions = new Map(exports.map(({ target, content }) => [target, decisionOf(request, source, target, content)]));
  const isTracked = source.disks.some(({ format }) => format === 'qcow2');
  let at = clock.now();
  let checkpoint = '';
  const begin = async (): Promise<'crash' | 'filesystem'> =>
    await atQuietMoment(cycle, {
      isWanted: cycle.quiesce && source.hasAgent && source.state === 'running',
      act: async () => {
        at = clock.now();
        checkpoint = checkpointName(to, pointIdAt(at));
        await backups.begin(
          { ...place, folder, checkpoint, ...disksOf(source, decisions, newest?.checkpoint) },
          signal,
        );
      },
    });
  /** Ends the backup whatever state it is in; without a point its checkpoint goes too. */
  const end = async (isPublished: boolean): Promise<void> => {
    const ending = AbortSignal.timeout(endWithinMs);
    await backups.end({ ...place, folder }, ending);
    const now = await backups.look(place, ending);
    if (now?.isPausedByError === true && !source.isPausedByError) {
      await backups.resume(place, ending);
      cycle.note(`${vm.name} had paused for want of scratch space, and runs on`);
    }
    if (!isPublished && now !== undefined && checkpoint !== '') {
      await backups.deleteCheckpoint({ ...place, checkpoint }, ending);
    }
    await removeFolder({ ...seat, signal: ending }, folder);
  };
  try {
    const consistency = await begin().catch(async (error: unknown) => {
      if (!(error instanceof FailureError) || error.failure.code !== 'checkpoint-broken') {
        throw error;
      }
      decisions = new Map([...decisions].map(([target, decision]) => [target, withoutBitmap(decision, target)]));
      return await begin();
    });
    const guard = guardScratch({
      vm: { ...place, name: vm.name, isPausedByError: source.isPausedByError },
      folder,
      freeAtBeginning,
      backups,
      seat,
      clock,
    });
    return {
      at,
      pointId: pointIdAt(at),
      consistency,
      ...(isTracked ? { checkpoint } : {}),
      definition: source.definition,
      decisions,
      signal: guard.signal,
      openDisk: async (target) => ({
        dirtyContext: dirtyContext(target),
        endpoint: await openExport({
          sockets,
          on: from.host,
          path: backupSocket(folder),
          name: target,
          contexts: [dirtyContext(target)],
          signal: guard.signal,
        }),
      }),
      settle: async () => {
        guard.signal.throwIfAborted();
        // From here on the VM needs no scratch space, however long publishing takes.
        await backups.end({ ...place, folder }, signal);
        guard.stop();
      },
      succeeded: async () => {
        if (newest?.checkpoint === undefined || newest.checkpoint === checkpoint) {
          return;
        }
        // The point is there; a checkpoint that stays costs the host some memory until the next cycle.
        await backups
          .deleteCheckpoint({ ...place, checkpoint: newest.checkpoint }, signal)
          .catch((error: unknown) => cycle.note(`the checkpoint of the point before stays for now: ${String(error)}`));
      },
      end: async (isPublished) => {
        guard.stop();
        await end(isPublished);
      },
    };
  } catch (error) {
    await end(false).catch((trouble: unknown) => cycle.note(`the backup could not be ended: ${String(trouble)}`));
    throw error;
  }
}

/**
 * The VM with the checkpoint of the newest point known to its host, if its bitmaps are there, and with no other of this
 * chain: those were made by cycles that never came to a point.
 */
async function withCheckpoint(cycle: Cycle, { source, newest }: SourceRequest): Promise<BackupSource> {
  const { vm, from, to, tools, signal } = cycle;
  const place = { host: from.host, id: vm.id };
  const wanted = newest?.checkpoint;
  for (const { name } of source.checkpoints) {
    if (name.startsWith(chainOf(to)) && name !== wanted) {
      // libvirt takes one job of a VM at a time.
      // oxlint-disable-next-line no-await-in-loop
      await tools.backups.deleteCheckpoint({ ...place, checkpoint: name }, signal);
    }
  }
  if (wanted === undefined || source.checkpoints.some(({ name }) => name === wanted)) {
    return source;
  }
  const inPoint = new Set(newest?.manifest.disks.map(({ target }) => target));
  const tracked = source.disks.filter(({ target, format }) => format === 'qcow2' && inPoint.has(target));
  const others = source.disks.filter((disk) => !tracked.includes(disk));
  const isTaken =
    tracked.length > 0 &&
    (await tools.backups.redefineCheckpoint(
      {
        ...place,
        checkpoint: wanted,
        at: newest?.at ?? 0,
        tracked: tracked.map(({ target }) => target),
        others: others.map(({ target }) => target),
      },
      signal,
    ));
  return isTaken ? await lookAtVm(cycle) : source;
}

function decisionOf(
  { newest }: SourceRequest,
  { disks, checkpoints }: BackupSource,
  target: string,
  content: OpenExport['content'],
): DiskDecision {
  const checkpoint = checkpoints.find(({ name }) => name === newest?.checkpoint);
  const bitmap = checkpoint?.bitmaps[target];
  return decide({
    target,
    format: disks.find((disk) => disk.target === target)?.format ?? 'raw',
    content,
    isInPoint: newest?.manifest.disks.some((disk) => disk.target === target) ?? false,
    ...(newest?.checkpoint === undefined ? {} : { checkpoint: newest.checkpoint }),
    bitmap: bitmap === 'whole' ? 'whole' : bitmap === undefined ? 'missing' : 'broken',
  });
}

function disksOf(
  { disks }: BackupSource,
  decisions: ReadonlyMap<string, DiskDecision>,
  since: string | undefined,
): Pick<BackupRequest, 'disks' | 'others'> {
  return {
    disks: disks.map(({ target, format }) => ({
      target,
      isTracked: format === 'qcow2',
      ...(decisions.get(target)?.how === 'delta' && since !== undefined ? { since } : {}),
    })),
    others: [],
  };
}

function withoutBitmap(decision: DiskDecision, target: string): DiskDecision {
  return decision.how === 'delta'
    ? { how: 'resync', why: `the host has lost what was written to ${target}, so all of ${target} is compared` }
    : decision;
}

function dirtyContext(target: string): string {
  return `qemu:dirty-bitmap:backup-${target}`;
}
