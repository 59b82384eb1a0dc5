/**
 * Kills the engine at every point of every sample runbook, in this process and with SIGKILL, and checks that the next
 * engine brings each run to the same end. Compiles first, and proves that.
 * usage: npm run test:crash -- [--seed 1] [--mode M] [--scene NAME] [--every 1] [--kills 54]
 *        npm run test:crash -- --scene NAME --points 12[,5] [--pause MS] [--real]    one trial again
 */
import { spawnSync } from 'node:child_process';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    scene: { type: 'string' },
    every: { type: 'string', default: '1' },
    kills: { type: 'string', default: '54' },
    points: { type: 'string' },
    pause: { type: 'string', default: '0' },
    real: { type: 'boolean', default: false },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
if (spawnSync('npx', ['tsc', '-b', 'src'], { stdio: ['ignore', 'inherit', 'ignore'] }).status !== 0) process.exit(1);
register('../test/crash/typescript.mjs', import.meta.url);
const { scenes } = await import('../test/crash/scene.ts');
const { prove, proveScene } = await import('../test/crash/proof.ts');
const { repeatable } = await import('../test/crash/comparison.ts');

const chosen = scenes.filter(({ name, mode }) => (values.scene ?? name) === name && (values.mode ?? mode) === mode);
if (chosen.length === 0) {
  console.error(`no scene is meant; there are ${scenes.map(({ name }) => name).join(', ')}`);
  process.exit(64);
}

process.exit(values.points === undefined ? await proveAll() : await proveAgain());

async function proveAgain() {
  const points = values.points.split(',').map(Number);
  const [{ name }] = chosen;
  const verdict = await prove({ scene: name, points, pauseMs: Number(values.pause), isReal: values.real });
  show([verdict]);
  if (verdict.differences.length === 0) console.log(`${name}, killed at ${values.points}: the same end`);
  return verdict.differences.length === 0 ? 0 : 1;
}

async function proveAll() {
  const options = { seed: Number(values.seed), every: Number(values.every), twiceEvery: 4 };
  const rows = [];
  const wrong = [];
  for (const [index, { name, file, mode }] of chosen.entries()) {
    const realKills = Math.floor((Number(values.kills) + index) / chosen.length);
    const { appends, effects, verdicts } = await proveScene(name, { ...options, realKills });
    const count = (is) => verdicts.filter(is).length;
    const sum = (field) => verdicts.reduce((total, verdict) => total + verdict[field], 0);
    rows.push({
      runbook: file,
      mode,
      scene: name,
      appends,
      effects,
      'killed once': count(({ points, isReal }) => !isReal && points.length === 1),
      twice: count(({ points, isReal }) => !isReal && points.length === 2),
      'kill -9': verdicts.reduce((total, { kills, isReal }) => total + (isReal ? kills : 0), 0),
      'same end': `${count(({ differences }) => differences.length === 0)} of ${verdicts.length}`,
      repeated: sum('repeated'),
      doubles: sum('doubles'),
    });
    wrong.push(...verdicts.filter(({ differences }) => differences.length > 0));
    console.error(`${name}: ${verdicts.length} trials`);
  }
  print(rows);
  console.log('\nEffects that may be repeated:');
  for (const [kind, reason] of Object.entries(repeatable)) console.log(`  ${kind}: ${reason}`);
  show(wrong);
  console.log(wrong.length === 0 ? '\nall came to the same end' : `\n${wrong.length} came to another end`);
  return wrong.length === 0 ? 0 : 1;
}

function show(verdicts) {
  for (const { scene, points, pauseMs, isReal, about, differences } of verdicts) {
    const how = isReal ? ' --real' : ` --pause ${pauseMs}`;
    if (differences.length === 0) continue;
    console.log(`\n${scene}, killed at ${points.join(' and ')} (${about})`);
    for (const difference of differences.slice(0, 12)) console.log(`  ${difference}`);
    console.log(`  again: npm run test:crash -- --scene ${scene} --points ${points.join(',')}${how}`);
  }
}

function print(rows) {
  const titles = Object.keys(rows[0]);
  const lines = [titles, ...rows.map((row) => titles.map((title) => String(row[title])))];
  const widths = titles.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isNumber = (text) => /^\d/.test(text);
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      isNumber(lines[1][column]) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
    );
    console.log(cells.join('  ').trimEnd());
  }
}
