import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { printSimulated, printTotals } from './print.js';
import { simulate } from './simulate.js';
import type { Summary } from './tally.js';

/** A worker that says nothing for so long hangs in one seed. */
const silenceMs = 300_000;

export interface SimulationOrder {
  readonly runs: number;
  readonly seed: number;
  readonly workers: number;
  readonly isVerbose: boolean;
}

/** Plays the seeds from `seed` on, in several processes, and prints what came out. Returns the exit code. */
export async function runSimulation({ runs, seed, workers, isVerbose }: SimulationOrder): Promise<number> {
  if (isVerbose) {
    let isBroken = false;
    for (let each = seed; each < seed + runs; each += 1) {
      const simulated = await simulate(each);
      printSimulated(simulated);
      isBroken ||= simulated.violations.length > 0;
    }
    return isBroken ? 1 : 0;
  }
  const startedAt = performance.now();
  const shares = await Promise.all(
    Array.from({ length: Math.max(1, Math.min(workers, runs)) }, (_, index) =>
      playShare({ first: seed + index, end: seed + runs, step: Math.max(1, Math.min(workers, runs)) }),
    ),
  );
  const summaries = shares.flat().toSorted((one, other) => one.seed - other.seed);
  const hash = createHash('sha256');
  for (const { digest } of summaries) {
    hash.update(digest);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  printTotals(summaries, { seconds, workers: shares.length, digest: hash.digest('hex') });
  const isWhole = summaries.length === runs && summaries.every(({ violations }) => violations.length === 0);
  return isWhole ? 0 : 1;
}

/** One process that plays every `step`-th seed; rejects when it ends before them. */
function playShare(order: { readonly first: number; readonly end: number; readonly step: number }): Promise<Summary[]> {
  return new Promise((resolve, reject) => {
    const summaries: Summary[] = [];
    const worker = fork(fileURLToPath(new URL('worker.js', import.meta.url)), [JSON.stringify(order)], {
      execArgv: ['--enable-source-maps', '--max-semi-space-size=64'],
    });
    const watchdog = setTimeout(() => worker.kill('SIGKILL'), silenceMs);
    worker.on('message', (summary) => {
      summaries.push(summary as Summary);
      watchdog.refresh();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      clearTimeout(watchdog);
      if (code === 0) {
        resolve(summaries);
      } else {
        reject(
          new Error(
            `a worker ended with ${code ?? 'a kill'} at seed ${(summaries.at(-1)?.seed ?? order.first - order.step) + order.step}`,
          ),
        );
      }
    });
  });
}
