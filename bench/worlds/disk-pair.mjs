/**
 * A disk at its source and the layer of a replica that takes it, served as on real hosts: a qcow2 image exported read-only
 * by `qemu-nbd`, and one exported for writing by `qemu-storage-daemon` with the options that a replica's layer has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { takesConnections } from './socket.mjs';

/** statfs(2): the type of a file system that is in memory and cannot go past the page cache. */
const TMPFS_MAGIC = 0x01021994;
const PATTERN_BYTES = 2 ** 22;

/**
 * A folder in memory where there is one with room for a few disks of 1 GiB, else that for temporary files. On a disk all
 * copiers are as fast as that, and nothing is seen of what they cost.
 */
export function inMemory() {
  const shared = '/dev/shm';
  try {
    const { type, bavail, bsize } = statfsSync(shared);
    return type === TMPFS_MAGIC && bavail * bsize > 2 ** 32 ? shared : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Runs a program to its end; throws what it has to say unless it succeeds. */
function succeed(program, args, options = {}) {
  const { status, error, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed (${error?.message ?? status}): ${stderr}`);
  return stdout;
}

/** Makes a qcow2 image, over `backing` where there is one. */
export function createImage(path, sizeBytes, backing) {
  const over = backing === undefined ? [] : ['-b', backing, '-F', 'qcow2'];
  succeed('qemu-img', ['create', '-q', '-f', 'qcow2', ...over, path, String(sizeBytes)]);
}

/**
 * Writes parts of an image, each `{ kind, offset, length }`: `data` bytes that look random, and are others for another
 * `seed`; `zero` zeroes that are stored like any other data. All else stays as it is.
 */
export function writeImage(path, parts, seed = 1) {
  const pattern = `${path}.pattern`;
  writeFileSync(pattern, randomBytes(PATTERN_BYTES, seed));
  const commands = parts.map(({ kind, offset, length }) =>
    kind === 'zero' ? `write -q -P 0 ${offset} ${length}` : `write -q -s ${pattern} ${offset} ${length}`,
  );
  succeed('qemu-io', ['-f', 'qcow2', path], { input: `${commands.join('\n')}\nquit\n` });
  rmSync(pattern);
}

/** Adds a dirty bitmap that notes what is written to the image from now on. */
export function addBitmap(path, name, granularityBytes) {
  succeed('qemu-img', ['bitmap', '--add', '-g', String(granularityBytes), '-f', 'qcow2', path, name]);
}

/** Exports an image for reading by up to 16 connections; with `bitmap`, that too. */
export function serveSource(image, socket, bitmap) {
  const context = bitmap === undefined ? [] : ['-B', bitmap];
  return serve('qemu-nbd', ['-r', '-t', '-e', '16', '-k', socket, '-f', 'qcow2', ...context, image], socket);
}

/** Exports a layer under the name `vda` for writing, over the image `below` where there is one. */
export function serveTarget(layer, socket, below) {
  const direct = statfsSync(layer).type === TMPFS_MAGIC ? 'off' : 'on';
  const nodes = (name, image, settings) => [
    '--blockdev',
    `driver=file,node-name=${name}.file,filename=${image},aio=threads,discard=unmap,cache.direct=${direct},auto-read-only=on`,
    '--blockdev',
    `driver=qcow2,node-name=${name},file=${name}.file,discard=unmap,cache.direct=${direct},${settings}`,
  ];
  const layers =
    below === undefined
      ? nodes('vda', layer, 'detect-zeroes=unmap')
      : [...nodes('below', below, 'read-only=on'), ...nodes('vda', layer, 'backing=below')];
  const server = ['--nbd-server', `addr.type=unix,addr.path=${socket}`];
  const exported = ['--export', 'type=nbd,id=vda,node-name=vda,name=vda,writable=on'];
  return serve('qemu-storage-daemon', [...layers, ...server, ...exported], socket);
}

/** Waits until the file system of a folder has nothing left to do, such as to discard what a removed image had. */
export function settle(folder) {
  succeed('sync', ['-f', folder]);
}

/** Fails unless both images read the same. */
export function expectSame(one, other) {
  succeed('qemu-img', ['compare', '-U', '-q', '-f', 'qcow2', '-F', 'qcow2', one, other]);
}

/** Numbers from 0 to 1, the same in each run. */
export function* chances(seed) {
  for (let state = seed >>> 0 || 1; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) / 2 ** 32;
  }
}

function randomBytes(length, seed) {
  const words = new Uint32Array(length / 4);
  const numbers = chances(seed);
  for (let at = 0; at < words.length; at += 1) words[at] = numbers.next().value * 2 ** 32;
  return Buffer.from(words.buffer);
}

/** Starts a server and waits until it takes connections; `end` ends it by its own means and waits until it is gone. */
async function serve(program, args, socket) {
  rmSync(socket, { force: true });
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = [];
  server.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
  const ended = once(server, 'exit');
  while (!(await takesConnections(socket))) {
    if (server.exitCode !== null) throw new Error(`${program} ended: ${said.join('')}`);
    await pause(10);
  }
  return {
    async end() {
      server.kill();
      await ended;
      rmSync(socket, { force: true });
    },
  };
}
