import type { BackupDisk, BackupSource } from '../../../hypervisors/backups.js';
import { succeed } from '../../store/host-commands.js';
import type { PointManifest } from '../../store/manifest.js';
import { parseRecord } from '../../store/manifest.js';
import { copyDisks, type PlannedTransfer, planTransfer } from '../block-sync/disk-transfer.js';
import { openExport } from '../block-sync/exports.js';
import { lookAtImage, serveImage } from '../block-sync/image-server.js';
import { workFolder } from '../block-sync/names.js';
import { prepareFolder, removeFolder } from '../block-sync/work-folder.js';
import type { Mirroring } from './mirror-request.js';

/** What the name of an overlay ends with; before it stands the name of the image that it lies over. */
const ending = '.lifeboat-mirror';

/** How long a work folder may take to be removed, ms. */
const endWithinMs = 60_000;

/** The image below, when this one is an overlay of a mirror. */
export function baseOf(path: string): string | undefined {
  return path.endsWith(ending) ? path.slice(0, -ending.length) : undefined;
}

/** Whether a disk is an overlay of a mirror now. */
export function isOverlaid({ disks }: Pick<BackupSource, 'disks'>, target: string): boolean {
  return disks.some((disk) => disk.target === target && baseOf(disk.path) !== undefined);
}

/**
 * Merges the overlays that an earlier mirror has left on the running VM's disks into the images below, with what the bitmaps
 * know, and removes them. Whether there were any; those of a VM that is shut off stay.
 */
export async function mergeOverlays(mirroring: Pick<Mirroring, 'vm' | 'from' | 'signal' | 'tools'>): Promise<boolean> {
  const { vm, from, tools, signal } = mirroring;
  const source = await tools.backups.look({ host: from.host, id: vm.id }, signal);
  const isLive = source?.state === 'running' || source?.state === 'paused';
  const laid = (isLive ? source.disks : []).flatMap(({ target, path }) => {
    const base = baseOf(path);
    return base === undefined ? [] : [{ target, path, base }];
  });
  for (const { target, path, base } of laid) {
    await tools.commits.commit({ host: from.host, id: vm.id, target, base }, signal);
    await succeed({ shell: tools.shell, on: from.host, signal }, ['rm', '-f', '--', path]);
  }
  return laid.length > 0;
}

export interface Prepared {
  /** Disks of which a copy of the topmost image alone is left to do. */
  readonly shallow: ReadonlySet<string>;
  readonly bytes: number;
}

/**
 * Makes the incoming layers what the disks were at one moment, so that a mirror needs to copy only what was written since:
 * an overlay above each disk, and what was written to the image below since the newest point, by its bitmap, which is whole
 * once nothing writes there. A disk for which this cannot be done is left for the mirror to copy as a whole.
 */
export async function copyBelow(mirroring: Mirroring, source: BackupSource, newest: PointManifest): Promise<Prepared> {
  const { vm, from, to, scratch, tools, signal, note } = mirroring;
  const { checkpoint } = newest;
  const seat = { shell: tools.shell, on: from.host, signal };
  const disks: BackupDisk[] = [];
  for (const disk of source.disks) {
    if (checkpoint !== undefined && isFile(disk) && isIn(newest, disk) && (await isLowest(seat, disk))) {
      disks.push(disk);
    }
  }
  if (checkpoint === undefined || disks.length === 0) {
    return { shallow: new Set(), bytes: 0 };
  }
  const overlays = disks.map(({ target, path }) => ({ target, path: `${path}${ending}` }));
  await tools.mirrors.overlay({ host: from.host, id: vm.id, disks: overlays }, signal);
  const folder = workFolder(scratch, vm.id);
  await prepareFolder(seat, folder);
  const planned: PlannedTransfer[] = [];
  try {
    const { exports } = await tools.store.open(
      {
        vm,
        method: 'mirror',
        source: from,
        disks: source.disks.map(({ target, sizeBytes }) => ({ target, sizeBytes })),
        listening: { kind: 'unix' },
        expectedBytes: 0,
      },
      signal,
    );
    for (const disk of disks) {
      const { target } = disk;
      const name = exports.find((each) => each.target === target)?.name ?? target;
      if ((await lookAtImage(seat, disk, checkpoint)).bitmap !== 'whole') {
        note(`${disk.path} does not tell what was written to it, so all of ${target} is copied`);
        continue;
      }
      const dirtyContext = `qemu:dirty-bitmap:${checkpoint}`;
      const path = await serveImage(seat, { folder, disk, bitmap: checkpoint });
      const ways = { sockets: tools.sockets, signal };
      const below = await openExport({ ...ways, on: from.host, path, name: '', contexts: [dirtyContext] });
      const incoming = await openExport({ ...ways, on: to.host, path: tools.store.nbdSocket(vm.id), name });
      const subject = `disk ${target} of ${vm.name}`;
      planned.push(
        await planTransfer({ how: 'delta', target, subject, source: below, incoming, dirtyContext }, signal),
      );
    }
    const { rate, onProgress } = mirroring;
    const limited = rate === undefined ? {} : { rate };
    const bytes = await copyDisks(planned, { clock: tools.clock, signal, onProgress, ...limited });
    return { shallow: new Set(planned.map(({ target }) => target)), bytes };
  } finally {
    await Promise.allSettled(planned.flatMap((disk) => [disk.source.close(), disk.incoming.close()]));
    await removeFolder({ ...seat, signal: AbortSignal.timeout(endWithinMs) }, folder);
  }
}

function isFile({ path, format, isRemote }: BackupDisk): boolean {
  return format === 'qcow2' && !isRemote && !path.startsWith('/dev/') && baseOf(path) === undefined;
}

function isIn({ disks }: PointManifest, { target }: BackupDisk): boolean {
  return disks.some((disk) => disk.target === target);
}

/** Whether nothing lies below an image: what is merged in the end goes into the lowest one, which others may share. */
async function isLowest(seat: Parameters<typeof succeed>[0], { path }: BackupDisk): Promise<boolean> {
  const told = await succeed(seat, ['qemu-img', 'info', '-U', '--output=json', '--', path]);
  const facts = parseRecord<{ 'backing-filename': string }>(told);
  return typeof facts !== 'string' && facts['backing-filename'] === undefined;
}
