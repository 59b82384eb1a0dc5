/**
 * A simulated failover of 5,000 VMs, killed with SIGKILL late in the run, is taken up by a new process: how long from
 * the opening of the journal until it acts again, with the folded state that was kept and, as its peer, without. Needs
 * no hosts. At the end the run is brought to its end, to see that it was the same run.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, median, medianRatio } from './rounds.mjs';
import { failOver } from './run.mjs';

export const title = 'time until a killed run of 5,000 VMs acts again';
export const needsHosts = false;

const VMS = 5_000;
const ROUNDS = 7;
/** Of about 85,000 entries. */
const KILL_AT_SEQ = 80_000;

export async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-bench-'));
  try {
    if (failOver(folder, VMS, `kill-at=${KILL_AT_SEQ}`) !== undefined) throw new Error('the run ended before its kill');
    const contender = (name) => ({
      name,
      run: async () => ({ calls: 1, seconds: failOver(folder, VMS, name).actingMs / 1e3 }),
    });
    const rates = await interleave({
      rounds: ROUNDS,
      slices: 1,
      contenders: ['take-up', 'take-up-cold'].map(contender),
    });
    return summary(rates, failOver(folder, VMS, 'resume'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function summary(rates, finished) {
  const seconds = (name) => Number((1 / median(rates[name])).toPrecision(3));
  return {
    table: [
      ['taken up', 'seconds until it acts'],
      ['with the folded state', String(seconds('take-up'))],
      ['from the journal alone', String(seconds('take-up-cold'))],
      [`then: ${finished.result}`, `${finished.entries} entries`],
    ],
    metrics: { seconds: seconds('take-up'), entries: finished.entries },
    peers: { cold: seconds('take-up-cold') },
    ratios: { cold: Number(medianRatio(rates['take-up'], rates['take-up-cold']).toPrecision(3)) },
  };
}
