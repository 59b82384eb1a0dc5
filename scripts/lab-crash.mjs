/**
 * Kills `lab/lab up` at random instants and checks that `lab/lab down` then leaves nothing behind.
 * usage: node scripts/lab-crash.mjs [--kills 20] [--seed 1]
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } },
});
const lab = fileURLToPath(new URL('../lab/lab', import.meta.url));
const random = randomFrom(Number(values.seed));

if (spawnSync(lab, ['status'], { stdio: 'ignore' }).status === 0) {
  console.error('the lab is up: take it down first (lab/lab down), since this test takes it down');
  process.exit(64);
}

const whole = performance.now();
must('up', '--yes');
const upMs = performance.now() - whole;
must('down');
console.log(
  `up takes ${Math.round(upMs)} ms here; ${values.kills} kills at random instants of it, seed ${values.seed}`,
);
console.log('kill   after ms   down   leftovers');

let failures = 0;
for (let kill = 1; kill <= Number(values.kills); kill++) {
  const afterMs = Math.round(random() * upMs);
  const up = spawn(lab, ['up', '--yes'], { stdio: 'ignore' });
  const ended = once(up, 'exit');
  const timer = setTimeout(() => up.kill('SIGKILL'), afterMs);
  await ended;
  clearTimeout(timer);
  const down = spawnSync(lab, ['down'], { encoding: 'utf8' });
  const leftovers = spawnSync(lab, ['leftovers'], { encoding: 'utf8' });
  const ok = down.status === 0 && leftovers.status === 0;
  if (!ok) failures++;
  console.log(
    `${String(kill).padStart(4)}   ${String(afterMs).padStart(8)}   ${down.status === 0 ? 'ok  ' : 'FAIL'}   ${leftovers.status === 0 ? 'none' : 'SOME'}`,
  );
  if (!ok) console.log(`${down.stderr}${leftovers.stdout}${leftovers.stderr}`);
}
console.log(
  failures === 0 ? `all ${values.kills} left nothing behind` : `${failures} of ${values.kills} left something behind`,
);
process.exit(failures === 0 ? 0 : 1);

function must(...args) {
  const { status, stderr } = spawnSync(lab, args, { encoding: 'utf8' });
  if (status === 0) return;
  console.error(`lab/lab ${args.join(' ')} fails: ${stderr}`);
  process.exit(1);
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
