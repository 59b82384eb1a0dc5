import { isRecord } from '../qmp/message.js';
import { damaged } from './failures.js';
import { attempt, succeed } from './host-commands.js';
import type { Seat } from './seat.js';

export interface NewImage {
  /** From the replica's folder. */
  readonly path: string;
  readonly sizeBytes: number;
  /** As the image itself will say it: relative to the image. */
  readonly backing?: string;
}

/**
 * Makes an empty qcow2 image, over whatever was left there. `-u` keeps qemu-img from opening the file below, which the
 * daemon has locked; so the size is said here.
 */
export async function createImage(seat: Seat, { path, sizeBytes, backing }: NewImage): Promise<void> {
  const over = backing === undefined ? [] : ['-u', '-b', backing, '-F', 'qcow2'];
  const file = `${seat.folder}/${path}`;
  await succeed(seat, ['qemu-img', 'create', '-q', '-f', 'qcow2', ...over, '--', file, String(sizeBytes)]);
}

/** Looks for damage inside an image that nobody writes to. Throws `replica-damaged` with what was found. */
export async function checkImage(seat: Seat, path: string, sizeBytes: number): Promise<void> {
  const file = `${seat.folder}/${path}`;
  const told = await attempt(seat, ['qemu-img', 'info', '-U', '--output=json', '--', file]);
  const facts = told.exitCode === 0 ? parsed(told.stdout) : undefined;
  if (facts === undefined) {
    throw damaged(seat, file, told.stderr.trim() || 'it is no image');
  }
  if (facts['format'] !== 'qcow2') {
    throw damaged(seat, file, `its format is ${String(facts['format'])}, and not qcow2`);
  }
  if (facts['virtual-size'] !== sizeBytes) {
    throw damaged(seat, file, `its size is ${String(facts['virtual-size'])} bytes, and not ${sizeBytes}`);
  }
  // 0 whole · 3 leaked clusters, which cost space alone · anything else is damage.
  const checked = await attempt(seat, ['qemu-img', 'check', '-U', '-q', '-f', 'qcow2', '--output=json', '--', file]);
  if (checked.exitCode !== 0 && checked.exitCode !== 3) {
    throw damaged(seat, file, `qemu-img check ended with status ${checked.exitCode} ${checked.stderr.trim()}`);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
