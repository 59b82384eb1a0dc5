/**
 * The whole test: installs what is missing, then formatting, types, lint, documents and the tests that run anywhere.
 * With LIFEBOAT_LIVE=1 (root on Debian or Ubuntu) the live tests run in the lab too; without it their number is said.
 */
import './install.mjs';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

run('lint', process.execPath, ['scripts/lint.mjs']);
run('build', process.execPath, ['scripts/build.mjs']);
run('documents are up to date', process.execPath, ['scripts/generate.mjs', '--check']);
run('tests', process.execPath, ['scripts/jest.mjs', '--selectProjects', 'unit']);
if (spawnSync('python3', ['--version']).status === 0) {
  run("tests of the lab's judgements", 'python3', ['-B', '-m', 'unittest', 'discover', '-s', 'lab/test']);
} else {
  console.log("\nNot run: the tests of the lab's judgements, which need Python 3.9 or newer.");
}

if (process.env.LIFEBOAT_LIVE === '1') {
  run('live tests', process.execPath, ['scripts/jest.mjs', '--selectProjects', 'live', '--runInBand']);
} else {
  const files = readdirSync('test/live').filter((name) => name.endsWith('.test.ts'));
  const count = files.reduce(
    (sum, name) => sum + (readFileSync(`test/live/${name}`, 'utf8').match(/^\s*(it|test)(\.each)?\(/gm)?.length ?? 0),
    0,
  );
  console.log(`\nNot run: ${count} live tests in ${files.length} files, which need real libvirt hosts.`);
  console.log('Run them in the lab with: sudo LIFEBOAT_LIVE=1 npm test   (Debian or Ubuntu, see docs/lab.md)');
}
