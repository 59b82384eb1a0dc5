import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSshShell } from '../../../src/hypervisors/ssh/ssh-shell.js';
import { createSshSocket } from '../../../src/hypervisors/ssh/ssh-socket.js';
import type { Estate } from '../../../src/model/estate.js';
import type { OpenRequest } from '../../../src/storage-sync/store/open.js';
import type { NewPoint } from '../../../src/storage-sync/store/publish.js';
import { createReplicaStore, type ReplicaStore } from '../../../src/storage-sync/store/store.js';
import { remembered } from '../../properties/builders.js';
import { type Mortal, mortal, type Stop } from './stops.js';

export const vmId = '11111111-2222-3333-4444-555555555555';
export const never: AbortSignal = new AbortController().signal;
export const diskBytes = 8 * 2 ** 20;
export const targets = ['vda', 'vdb'] as const;
const source = { site: 'north', host: 'north-1' };
const estate: Estate = { sites: {}, links: {}, tls: 'off', store: { sqlite: 'db' } };

export const request: OpenRequest = {
  vm: { id: vmId, name: 'db-1' },
  method: 'block-sync',
  source,
  disks: targets.map((target) => ({ target, sizeBytes: diskBytes })),
  listening: { kind: 'unix' },
  expectedBytes: 0,
};

const carries = remembered('db-1', 'north-1', { id: vmId });

/** The point of this number, written at that moment. */
export function newPoint(number: number): NewPoint {
  const definition = `<domain><name>db-${'ü'.repeat(20_000)}</name></domain>`;
  return { id: `p${number}`, at: number, consistency: 'crash', bytes: 1, carries, definition };
}

/** What the disk holds after so many rounds of writing: a letter for each MiB. Round by round another part is written. */
export function contentAfter(rounds: number, target: string): readonly number[] {
  const shift = target === 'vda' ? 0 : 0x80;
  const letters = Array.from({ length: 8 }, () => 0);
  for (let round = 1; round <= rounds; round += 1) {
    for (const { index, letter } of writesOf(round)) {
      letters[index] = letter === 0 ? 0 : letter + shift;
    }
  }
  return letters;
}

/** The first round seeds all but a hole; each other one writes a part again, and a zero over data. */
function writesOf(round: number): readonly { readonly index: number; readonly letter: number }[] {
  if (round === 1) {
    return [0, 1, 2, 3, 4, 5].map((index) => ({ index, letter: 1 }));
  }
  return [
    { index: round % 6, letter: round },
    { index: (round + 2) % 6, letter: 0 },
  ];
}

export interface Scene {
  readonly store: ReplicaStore;
  readonly folder: string;
  readonly run: string;
  /** The same host, as a controller sees it that dies at that act. */
  dying(stop: Stop | undefined): { readonly store: ReplicaStore; readonly mortal: Mortal };
  /** Writes a round over NBD to the incoming layers, and flushes. */
  write(round: number): void;
  /** Why an image does not hold what it must; undefined when it does. */
  differs(image: string, rounds: number, target: string): string | undefined;
  /** Takes all but so many bytes of what is free beside the replicas; the function returned gives them back. */
  fill(leftBytes: number): () => void;
  /** Pids of storage daemons of this scene. */
  daemons(): readonly number[];
  close(): Promise<void>;
}

/**
 * A folder of replicas of its own, empty or as another scene has left it; `sizeBytes` puts it on a file system of its own that
 * is no larger.
 */
export function openScene(from?: string, sizeBytes?: number): Scene {
  const root = mkdtempSync(join(tmpdir(), 'lb-store-'));
  const replicas = join(root, 'replicas');
  const run = join(root, 'run');
  const folder = join(replicas, vmId);
  if (sizeBytes !== undefined) {
    mkdirSync(replicas);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'lb-store', replicas]);
  }
  if (from !== undefined) {
    cpSync(from, folder, { recursive: true });
  }
  const shell = createSshShell(estate);
  const sockets = createSshSocket(estate);
  const dying: Scene['dying'] = (stop) => {
    const ways = mortal(shell, sockets, stop);
    return { mortal: ways, store: createReplicaStore({ ...ways, on: 'controller', replicas, run }) };
  };
  const { store } = dying(undefined);
  const daemons = (): readonly number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => {
        try {
          return (
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('qemu-storage-daemon') &&
            readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(run)
          );
        } catch {
          return false;
        }
      })
      .map(Number);
  return {
    store,
    folder,
    run,
    dying,
    daemons,
    write(round) {
      for (const target of targets) {
        const shift = target === 'vda' ? 0 : 0x80;
        const commands = writesOf(round).flatMap(({ index, letter }) => [
          '-c',
          letter === 0 ? `write -z ${index}M 1M` : `write -P ${letter + shift} ${index}M 1M`,
        ]);
        const uri = `nbd+unix:///${target}?socket=${store.nbdSocket(vmId)}`;
        execFileSync('qemu-io', ['-f', 'raw', ...commands, '-c', 'flush', uri]);
      }
    },
    differs(image, rounds, target) {
      const reads = contentAfter(rounds, target).flatMap((letter, index) => ['-c', `read -P ${letter} ${index}M 1M`]);
      const { status, stdout, stderr } = spawnSync('qemu-io', ['-r', '-U', '-f', 'qcow2', ...reads, image], {
        encoding: 'utf8',
      });
      return status === 0 ? undefined : `${image}: ${stdout.match(/Pattern.*/g)?.join(' · ') ?? ''} ${stderr}`;
    },
    fill(leftBytes) {
      const file = join(replicas, 'filling');
      const { bavail, bsize } = statfsSync(replicas);
      execFileSync('fallocate', ['-l', String(bavail * bsize - leftBytes), file]);
      return () => rmSync(file);
    },
    async close() {
      for (const pid of daemons()) {
        process.kill(pid, 'SIGKILL');
      }
      if (sizeBytes !== undefined) {
        // Lazily: a daemon that was killed lets go of its images a moment later.
        execFileSync('umount', ['--lazy', replicas]);
      }
      rmSync(root, { recursive: true, force: true });
      if (existsSync(root)) {
        throw new Error(`${root} is still there`);
      }
    },
  };
}
