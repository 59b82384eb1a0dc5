import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { openSqliteStore } from '../../src/stores/sqlite/store.js';
import { temporaryFolders } from '../contracts/journal-folder.js';

const writer = fileURLToPath(new URL('./journal-writer.mjs', import.meta.url));
const folders = temporaryFolders();
const KILLS = 10;
/** A file of more than this many bytes cannot be written: RLIMIT_FSIZE, which `ulimit -f` counts in blocks of 512. */
const FILE_LIMIT_BLOCKS = 1_000;

describe('a journal whose writer ends in the middle', () => {
  it('has everything that was acknowledged after each kill -9, and the next writer takes the lease at once', async () => {
    const path = join(folders.make(), 'lifeboat.db');
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = spawn(process.execPath, [writer, path, 'run-1', '100'], { stdio: ['ignore', 'pipe', 'inherit'] });
      acknowledged = await killAfter(child, 40 + 37 * kill);
      const numbers = await storedNumbers(path);
      expect(numbers.length).toBeGreaterThanOrEqual(acknowledged);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    }
    expect(acknowledged).toBeGreaterThan(KILLS * 40);
  });

  it('has everything that was acknowledged when its file could grow no more, and refused every write after that', async () => {
    const path = join(folders.make(), 'lifeboat.db');
    const { stdout } = spawnSync(
      'sh',
      ['-c', `ulimit -f ${FILE_LIMIT_BLOCKS}; exec "$@"`, 'sh', process.execPath, writer, path, 'run-1', '400'],
      {
        encoding: 'utf8',
      },
    );
    const lines = stdout.trimEnd().split('\n');
    expect(JSON.parse(lines.pop() ?? '')).toEqual(Array.from({ length: 9 }, () => 'journal-unwritable'));
    expect(lines.length).toBeGreaterThan(100);
    expect(await storedNumbers(path)).toEqual(expect.arrayContaining(lines.map(Number)));
  });
});

/** Kills the child as soon as it has acknowledged so many entries; resolves to the greatest number that it printed at all. */
async function killAfter(child: ChildProcess, entries: number): Promise<number> {
  if (child.stdout === null) {
    throw new Error('the writer has no output');
  }
  let [lines, greatest] = [0, 0];
  const exit = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    greatest = Math.max(greatest, Number(line));
    lines += 1;
    if (lines === entries) {
      child.kill('SIGKILL');
    }
  }
  await exit;
  return greatest;
}

async function storedNumbers(path: string): Promise<readonly number[]> {
  const store = openSqliteStore(path);
  try {
    const entries = await store.journal.read('run-1', 1);
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ seq }) => seq));
    return entries.map(({ seq }) => seq);
  } finally {
    store.close();
  }
}
