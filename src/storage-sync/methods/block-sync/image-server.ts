import type { BackupDisk } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import { isRecord } from '../../qmp/message.js';
import { attempt, type CommandSeat, succeed } from '../../store/host-commands.js';

/** An image of a VM that is shut off. */
export interface ImageFacts {
  /** Changes with every change of the image. */
  readonly stamp: string;
  /** Of the bitmap that was asked about. */
  readonly bitmap: 'whole' | 'broken' | 'missing';
}

/**
 * Looks at an image without taking its lock. Of an image that lies over another one no bitmap is whole: what was written
 * before it came to lie there is known to the one below alone.
 */
export async function lookAtImage(
  seat: CommandSeat,
  { path, target, isRemote }: BackupDisk,
  bitmap: string | undefined,
): Promise<ImageFacts> {
  if (isRemote) {
    throw new FailureError({
      code: 'disk-not-a-file',
      kind: 'permanent',
      message: `${target} on ${seat.on} is reached over a network (${path}), and is read only while its VM runs`,
      hint: 'start the VM, then sync it',
    });
  }
  const stamp = await stampOf(seat, path);
  if (bitmap === undefined) {
    return { stamp, bitmap: 'missing' };
  }
  const { exitCode, stdout } = await attempt(seat, ['qemu-img', 'info', '-U', '--output=json', '--', path]);
  return { stamp, bitmap: exitCode === 0 ? bitmapIn(stdout, bitmap) : 'missing' };
}

/** Size and moments of the last changes of an image and of its inode. */
export async function stampOf(seat: CommandSeat, path: string): Promise<string> {
  return (await succeed(seat, ['stat', '-L', '-c', '%d %i %s %y %z', '--', path])).trim();
}

/** What the answer of `qemu-img info` says of a bitmap. */
export function bitmapIn(info: string, name: string): ImageFacts['bitmap'] {
  const facts = parsed(info);
  const data = field(field(facts, 'format-specific'), 'data');
  const bitmaps = field(data, 'bitmaps');
  const found = Array.isArray(bitmaps) ? bitmaps.find((each) => field(each, 'name') === name) : undefined;
  const flags: unknown = field(found, 'flags');
  if (found === undefined || field(facts, 'backing-filename') !== undefined) {
    return 'missing';
  }
  // A bitmap that was not written when its QEMU ended stays `in-use`: nobody knows what it lacks.
  return Array.isArray(flags) && !flags.includes('in-use') && flags.includes('auto') ? 'whole' : 'broken';
}

/**
 * Serves an image read-only at a unix socket in the folder, without taking its lock, so that the VM can start at any time;
 * the caller sees by the image's stamp whether it has. The server ends with its first client, and with the work folder.
 */
export async function serveImage(
  seat: CommandSeat,
  { folder, disk, bitmap }: { readonly folder: string; readonly disk: BackupDisk; readonly bitmap: string | undefined },
): Promise<string> {
  const { target, path, format } = disk;
  const socket = `${folder}/${target}.sock`;
  const file = `file.driver=${path.startsWith('/dev/') ? 'host_device' : 'file'},file.filename=${path.replaceAll(',', ',,')}`;
  await succeed(seat, [
    'qemu-nbd',
    '--read-only',
    '--fork',
    `--pid-file=${folder}/${target}.pid`,
    `--socket=${socket}`,
    ...(bitmap === undefined ? [] : [`--bitmap=${bitmap}`]),
    '--image-opts',
    `driver=${format},force-share=on,${file}`,
  ]);
  return socket;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
