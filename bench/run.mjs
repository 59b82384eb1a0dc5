/**
 * A simulated failover of 5,000 VMs, eight steps each, with the real SQLite journal: how long the whole run takes, and
 * how much memory. Needs no hosts. Its peer is the same run of 1,000 VMs: with five times the VMs, five times the time
 * is linear.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const title = 'a simulated failover of 5,000 VMs with the real journal, beside one of 1,000';
export const needsHosts = false;

const SIZES = [1_000, 5_000];
const child = fileURLToPath(new URL('./worlds/fail-over.mjs', import.meta.url));

export async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-bench-'));
  try {
    return summary(SIZES.map((size) => failOver(folder, size)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * In a process of its own, so that its memory is its own; it ends by SIGKILL, as a run does that is to be taken up.
 * Undefined when it had nothing to say before that.
 */
export function failOver(folder, size, ...way) {
  const { stdout, stderr, signal } = spawnSync(
    process.execPath,
    [child, join(folder, `${size}.db`), String(size), ...way],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  if (signal !== 'SIGKILL') throw new Error(`the run of ${size} VMs failed:\n${stderr}`);
  const line = stdout.trim().split('\n').at(-1);
  return line === '' ? undefined : JSON.parse(line);
}

function summary([small, large]) {
  const seconds = ({ runMs }) => Number((runMs / 1e3).toFixed(1));
  const row = (size, run) => [
    size.toLocaleString('en'),
    String(run.steps),
    String(run.entries),
    String(seconds(run)),
    String(Math.round(run.maxRssMiB)),
    run.result,
  ];
  return {
    table: [
      ['VMs', 'steps', 'entries', 'seconds', 'MiB at most', 'result'],
      row(SIZES[0], small),
      row(SIZES[1], large),
    ],
    metrics: { seconds: seconds(large), maxRssMiB: Math.round(large.maxRssMiB), entries: large.entries },
    peers: { seconds: seconds(small), maxRssMiB: Math.round(small.maxRssMiB) },
    ratios: { growth: Number((large.runMs / small.runMs).toPrecision(3)) },
  };
}
