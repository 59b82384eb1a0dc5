import type { BackupDisk } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import type { Cycle } from './cycle-request.js';
import { type DiskDecision, decide } from './disk-decision.js';
import { openExport } from './exports.js';
import { lookAtImage, serveImage, stampOf } from './image-server.js';
import { lookAtVm } from './leftovers.js';
import type { SourceRequest } from './live-source.js';
import { pointIdAt } from './names.js';
import type { SourceMoment } from './source-moment.js';
import { prepareFolder, removeFolder } from './work-folder.js';

const endWithinMs = 60_000;

interface StillImage {
  readonly disk: BackupDisk;
  readonly stamp: string;
  readonly decision: DiskDecision;
}

/**
 * The disks of a VM that is shut off, read from its images on its host. Nothing keeps the VM from being started meanwhile:
 * then `settle` rejects, and nothing becomes a point. What was written since the newest point the images tell themselves,
 * and go on to tell it: no checkpoint is made, and the next cycle copies from the same one again.
 */
export async function openImages(cycle: Cycle, { source, newest, exports }: SourceRequest): Promise<SourceMoment> {
  const { from, folder, tools, signal, vm } = cycle;
  const seat = { shell: tools.shell, on: from.host, signal };
  const at = tools.clock.now();
  const images = new Map<string, StillImage>();
  for (const disk of source.disks) {
    const { target, format } = disk;
    const { stamp, bitmap } = await lookAtImage(seat, disk, newest?.checkpoint);
    const decision = decide({
      target,
      format,
      content: exports.find((each) => each.target === target)?.content ?? 'stale',
      isInPoint: newest?.manifest.disks.some((each) => each.target === target) ?? false,
      ...(newest?.checkpoint === undefined ? {} : { checkpoint: newest.checkpoint }),
      bitmap,
    });
    images.set(target, { disk, stamp, decision });
  }
  await prepareFolder(seat, folder);
  return {
    at,
    pointId: pointIdAt(at),
    // Nobody writes to it, so its file systems are as the guest has left them; whether in good order, nobody can tell.
    consistency: 'crash',
    ...(newest?.checkpoint === undefined ? {} : { checkpoint: newest.checkpoint }),
    definition: source.definition,
    decisions: new Map([...images].map(([target, { decision }]) => [target, decision])),
    signal,
    openDisk: async (target) => {
      const image = images.get(target);
      if (image === undefined) {
        throw new Error(`${target} was there a moment ago`);
      }
      const bitmap = image.decision.how === 'delta' ? newest?.checkpoint : undefined;
      const dirtyContext = `qemu:dirty-bitmap:${bitmap ?? ''}`;
      const path = await serveImage(seat, { folder, disk: image.disk, bitmap });
      const contexts = bitmap === undefined ? [] : [dirtyContext];
      const endpoint = await openExport({ sockets: tools.sockets, on: from.host, path, name: '', contexts, signal });
      return { endpoint, dirtyContext };
    },
    settle: async () => {
      const now = await lookAtVm(cycle);
      const stamps = await Promise.all(
        [...images.values()].map(async ({ disk, stamp }) => stamp === (await stampOf(seat, disk.path))),
      );
      if (now.state !== 'shut-off' || stamps.includes(false)) {
        throw new FailureError({
          code: 'image-changed',
          kind: 'transient',
          message: `The disks of ${vm.name} on ${from.host} changed while they were read, as when a VM is started`,
          hint: 'sync it again',
        });
      }
    },
    succeeded: async () => undefined,
    end: async () => await removeFolder({ ...seat, signal: AbortSignal.timeout(endWithinMs) }, folder),
  };
}
