import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { verifyExport } from '../../src/stores/ndjson.js';
import { openSqliteStore } from '../../src/stores/sqlite/store.js';
import { type Facts, factsOf } from './facts.js';
import type { Point } from './gate.js';
import { fill } from './in-process.js';
import { runIdOf } from './life.js';
import type { Opening } from './scene.js';

const typescript = new URL('./typescript.mjs', import.meta.url).href;
const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** A folder in which an opening stands on disk, and copies of it in which processes run and are killed. */
export interface KillField {
  /** Runs it in one process, without a kill. */
  calm(): Promise<{ readonly points: readonly Point[]; readonly facts: Facts }>;
  /**
   * Kills a process with SIGKILL at each of these points, one after the other, and lets one more run to the end. A later
   * one of them may come to the end before its point, and is not killed then.
   */
  kill(points: readonly number[]): Promise<{ readonly facts: Facts; readonly kills: number }>;
  /** Removes it all. */
  clear(): void;
}

/** The journal is SQLite and the world is a file: all that a killed process leaves. */
export async function openKillField(opening: Opening): Promise<KillField> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-crash-'));
  const template = join(folder, 'opening');
  await lay(template, opening);
  let count = 0;
  const fresh = (): string => {
    count += 1;
    const copy = join(folder, String(count));
    cpSync(template, copy, { recursive: true });
    return copy;
  };
  return {
    async calm() {
      const run = fresh();
      const { line } = await lastLine(run);
      const points = JSON.parse(line) as readonly Point[];
      return { points, facts: await factsIn(run, opening) };
    },
    async kill(points) {
      const run = fresh();
      let kills = 0;
      for (const [index, point] of points.entries()) {
        const { isKilled } = await lastLine(run, { point, mustDie: index === 0 });
        kills += isKilled ? 1 : 0;
      }
      await lastLine(run);
      return { facts: await factsIn(run, opening), kills };
    },
    clear: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function lay(folder: string, opening: Opening): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, 'opening.json'), JSON.stringify(opening));
  writeFileSync(join(folder, 'world.json'), opening.world);
  const store = openSqliteStore(join(folder, 'lifeboat.db'));
  await fill(store, opening);
  store.close();
}

/**
 * The last line that a process says: at its end, or, when it is to be killed, at the point where it waits for that. Throws
 * when it ends otherwise.
 */
async function lastLine(
  folder: string,
  kill?: { readonly point: number; readonly mustDie: boolean },
): Promise<{ readonly line: string; readonly isKilled: boolean }> {
  const argv = ['--import', typescript, child, folder, ...(kill === undefined ? [] : [String(kill.point)])];
  const running = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(running, 'close');
  let [line, errors] = ['', ''];
  running.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  for await (const said of createInterface({ input: running.stdout })) {
    line = said;
    if (kill !== undefined) {
      running.kill('SIGKILL');
    }
  }
  const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
  const isAtEnd = code === 0 && kill?.mustDie !== true;
  if (!isAtEnd && (kill === undefined || signal !== 'SIGKILL')) {
    throw new Error(`the process ends with ${signal ?? code}: ${errors.trim() || line.slice(0, 200)}`);
  }
  return { line, isKilled: signal === 'SIGKILL' };
}

async function factsIn(folder: string, opening: Opening): Promise<Facts> {
  const runId = runIdOf(opening);
  const store = openSqliteStore(join(folder, 'lifeboat.db'));
  try {
    const entries = await store.journal.read(runId, 1);
    const world = readFileSync(join(folder, 'world.json'), 'utf8');
    const facts = factsOf({ opening, runId, entries, world });
    const verified = verifyExport(store.exportRun(runId));
    return verified.ok ? facts : { ...facts, wrongs: [...facts.wrongs, `the journal's chain: ${verified.reason}`] };
  } finally {
    store.close();
  }
}
