import { FailureError } from '../../model/failure.js';
import { attempt, succeed } from './host-commands.js';
import type { Seat } from './seat.js';

/** A shell keeps the last 16 KiB of what a command says; an answer of that length may lack its beginning. */
const answerBytes = 16 * 1024;

/** Every file below the replica's folder with its size, by its path from there; undefined when there is no folder. */
export async function listFiles(seat: Seat): Promise<ReadonlyMap<string, number> | undefined> {
  const { exitCode, stdout, stderr } = await attempt(seat, [
    'find',
    seat.folder,
    '-maxdepth',
    '3',
    '-type',
    'f',
    '-printf',
    '%s %P\\n',
  ]);
  if (exitCode !== 0) {
    if ((await attempt(seat, ['test', '-e', seat.folder])).exitCode !== 0) {
      return undefined;
    }
    throw new FailureError({
      code: 'replica-damaged',
      kind: 'permanent',
      message: `${seat.folder} on ${seat.on} cannot be read`,
      hint: 'see the cause; the controller needs the rights to read it',
      cause: stderr.trim(),
    });
  }
  return new Map(
    whole(seat, stdout)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const at = line.indexOf(' ');
        return [line.slice(at + 1), Number(line.slice(0, at))];
      }),
  );
}

/**
 * The texts of small ASCII files by their paths from the folder, as few commands as their sizes allow. A file that went
 * away meanwhile, or is empty, has the empty text.
 */
export async function readTexts(
  seat: Seat,
  sizes: readonly (readonly [path: string, sizeBytes: number])[],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const batch of batches(sizes)) {
    const paths = batch.map((path) => `${seat.folder}/${path}`);
    // `-H` names each line's file, so that an empty or cut file cannot be taken for its neighbour.
    const { stdout } = await attempt(seat, ['grep', '-H', '-e', '', '--', ...paths]);
    const lines = whole(seat, stdout).split('\n');
    for (const [index, path] of batch.entries()) {
      const prefix = `${paths[index] ?? ''}:`;
      const own = lines.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
      texts.set(path, own.join('\n'));
    }
  }
  return texts;
}

/** A whole ASCII file of any length up to 4 MiB, in pieces. */
export async function readText(seat: Seat, path: string): Promise<string> {
  const pieces: string[] = [];
  for (let piece = 0; piece < 256; piece += 1) {
    const text = await succeed(seat, [
      'dd',
      `if=${seat.folder}/${path}`,
      `bs=${answerBytes}`,
      `skip=${piece}`,
      'count=1',
      'iflag=fullblock',
      'status=none',
    ]);
    pieces.push(text);
    if (text.length < answerBytes) {
      return pieces.join('');
    }
  }
  throw new FailureError({
    code: 'replica-damaged',
    kind: 'permanent',
    message: `${path} of ${seat.folder} on ${seat.on} is longer than 4 MiB`,
    hint: 'see what it is; Lifeboat writes no such file',
  });
}

/**
 * Writes a file so that after a power cut it is there whole, or as it was before: beside, to the disk, in place by a
 * rename, and the folder's entry to the disk too.
 */
export async function writeDurably(seat: Seat, path: string, content: string | Buffer): Promise<void> {
  const file = `${seat.folder}/${path}`;
  await succeed(seat, ['dd', `of=${file}.new`, 'bs=1M', 'conv=fsync', 'iflag=fullblock', 'status=none'], content);
  await succeed(seat, ['mv', '-T', '-f', '--', `${file}.new`, file]);
  await syncPaths(seat, [folderOf(file)]);
}

/** Brings files and folders to the disk. Paths are absolute. */
export async function syncPaths(seat: Seat, paths: readonly string[]): Promise<void> {
  await succeed(seat, ['sync', '--', ...paths]);
}

/** Removes files; those that are not there are no mistake. */
export async function removeFiles(seat: Seat, paths: readonly string[]): Promise<void> {
  if (paths.length > 0) {
    await succeed(seat, ['rm', '-f', '--', ...paths.map((path) => `${seat.folder}/${path}`)]);
  }
}

function batches(sizes: readonly (readonly [path: string, sizeBytes: number])[]): readonly string[][] {
  const all: string[][] = [];
  let room = 0;
  for (const [path, sizeBytes] of sizes) {
    const needed = sizeBytes + 300;
    if (needed > room) {
      all.push([]);
      room = answerBytes - 512;
    }
    all.at(-1)?.push(path);
    room -= needed;
  }
  return all;
}

function whole(seat: Seat, text: string): string {
  if (Buffer.byteLength(text) >= answerBytes) {
    throw new FailureError({
      code: 'replica-damaged',
      kind: 'permanent',
      message: `${seat.folder} on ${seat.on} holds more files, or larger ones, than Lifeboat writes`,
      hint: 'move away what is not of the replica',
    });
  }
  return text;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
