import { type BackupRequest, backupSocket, type Checkpoint, type CheckpointRecord } from '../../backups.js';
import { child, children, escaped, parseXml } from '../domain-xml.js';

/** A `<domainbackup>`: https://libvirt.org/formatbackup.html */
export function backupXml({ folder, disks, others }: BackupRequest): string {
  const disk = ({ target, since }: BackupRequest['disks'][number]): string =>
    [
      `<disk name='${escaped(target)}' backup='yes' type='file' `,
      since === undefined ? `backupmode='full'>` : `backupmode='incremental' incremental='${escaped(since)}'>`,
      `<scratch file='${escaped(`${folder}/${target}.scratch`)}'/></disk>`,
    ].join('');
  return [
    `<domainbackup mode='pull'><server transport='unix' socket='${escaped(backupSocket(folder))}'/><disks>`,
    ...disks.map(disk),
    ...others.map((target) => `<disk name='${escaped(target)}' backup='no'/>`),
    '</disks></domainbackup>',
  ].join('');
}

/** The `<domaincheckpoint>` of the moment of a backup: https://libvirt.org/formatcheckpoint.html */
export function checkpointXml({ checkpoint, disks, others }: BackupRequest): string {
  const untracked = disks.filter(({ isTracked }) => !isTracked).map(({ target }) => target);
  const tracked = disks.filter(({ isTracked }) => isTracked).map(({ target }) => target);
  return checkpointDocument(checkpoint, '', { tracked, others: [...untracked, ...others] });
}

/** The `<domaincheckpoint>` of one that is made by itself. */
export function newCheckpointXml({ checkpoint, ...disks }: Omit<CheckpointRecord, 'at'>): string {
  return checkpointDocument(checkpoint, '', disks);
}

/** The `<domaincheckpoint>` by which a host is told of bitmaps that it has. */
export function redefinitionXml({ checkpoint, at, ...disks }: CheckpointRecord): string {
  return checkpointDocument(checkpoint, `<creationTime>${Math.floor(at / 1000)}</creationTime>`, disks);
}

function checkpointDocument(
  name: string,
  created: string,
  { tracked, others }: Pick<CheckpointRecord, 'tracked' | 'others'>,
): string {
  return [
    `<domaincheckpoint><name>${escaped(name)}</name>${created}<disks>`,
    ...tracked.map((target) => `<disk name='${escaped(target)}' checkpoint='bitmap' bitmap='${escaped(name)}'/>`),
    ...others.map((target) => `<disk name='${escaped(target)}' checkpoint='no'/>`),
    '</disks></domaincheckpoint>',
  ].join('');
}

/**
 * Which disks a checkpoint covers, and whether their bitmaps can be used: asked for sizes of a running VM, libvirt gives
 * one for each bitmap that is whole, and none for one that is broken or gone.
 */
export function readCheckpoint(xml: string, name: string, isRunning: boolean): Checkpoint {
  const disks = children(child(parseXml(xml), 'disks') ?? parseXml(xml), 'disk');
  const covered = disks.filter((disk) => disk.getAttribute('checkpoint') === 'bitmap');
  const stateOf = (size: string | null) => (!isRunning ? 'unknown' : size === null ? 'broken' : 'whole');
  return {
    name,
    bitmaps: Object.fromEntries(
      covered.map((disk) => [disk.getAttribute('name') ?? '', stateOf(disk.getAttribute('size'))] as const),
    ),
  };
}

/** The path of the socket of a backup that is under way; empty when it has none. */
export function readSocket(xml: string): string {
  return child(parseXml(xml), 'server')?.getAttribute('socket') ?? '';
}
