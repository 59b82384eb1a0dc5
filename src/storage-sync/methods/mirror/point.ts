import type { BackupSource } from '../../../hypervisors/backups.js';
import type { PointManifest } from '../../store/manifest.js';
import { chainOf, checkpointName, pointIdAt } from '../block-sync/names.js';
import { carriedFacts } from '../block-sync/source-facts.js';
import type { Mirroring } from './mirror-request.js';

export interface NewMirrorPoint {
  readonly source: BackupSource;
  /** The daemon that the mirror writes to. */
  readonly instance: string;
  readonly bytes: number;
}

/**
 * A point under a mirror that is ready: its disks are of one moment, since the daemon takes them all at once and no write is
 * acknowledged before it is there. The checkpoint comes first, so that its bitmap has everything that the point lacks; one
 * that no point names was left by a stop, and goes.
 */
export async function pointUnderMirror(mirroring: Mirroring, made: NewMirrorPoint): Promise<PointManifest> {
  const { vm, from, to, tools, signal, note } = mirroring;
  const { backups, store, clock } = tools;
  const { source, instance, bytes } = made;
  const place = { host: from.host, id: vm.id };
  const newest = (await store.find(vm.id, signal))?.points.at(-1);
  for (const { name } of source.checkpoints) {
    if (name.startsWith(chainOf(to)) && name !== newest?.checkpoint) {
      // libvirt takes one job of a VM at a time.
      // oxlint-disable-next-line no-await-in-loop
      await backups.deleteCheckpoint({ ...place, checkpoint: name }, signal);
    }
  }
  if (source.hasStateBesideDisks) {
    note(`the point carries no firmware variables and no TPM state of ${vm.name}`);
  }
  const carries = await carriedFacts(mirroring);
  const at = clock.now();
  const id = pointIdAt(at);
  const tracked = source.disks.filter(({ format }) => format === 'qcow2').map(({ target }) => target);
  const others = source.disks.map(({ target }) => target).filter((target) => !tracked.includes(target));
  const checkpoint = tracked.length === 0 ? undefined : checkpointName(to, id);
  if (checkpoint !== undefined) {
    await backups.createCheckpoint({ ...place, checkpoint, tracked, others }, signal);
  }
  const point = await store.publish(
    vm.id,
    {
      id,
      at,
      consistency: 'crash',
      bytes,
      definition: source.definition,
      carries: { ...carries, observedAt: at },
      ...(checkpoint === undefined ? {} : { checkpoint }),
    },
    instance,
    signal,
  );
  if (newest?.checkpoint !== undefined && newest.checkpoint !== checkpoint) {
    await backups
      .deleteCheckpoint({ ...place, checkpoint: newest.checkpoint }, signal)
      .catch((error: unknown) => note(`the checkpoint of the point before stays for now: ${String(error)}`));
  }
  return point;
}
