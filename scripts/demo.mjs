/**
 * `npm run demo`: installs, builds, and rehearses a drill and then a real failover of twelve VMs in a simulated world. It
 * changes nothing outside of a folder of its own in the system's temporary folder, whose reports it names at the end.
 */
import './install.mjs';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const runbook = 'failover-site.yaml';
/** Virtual seconds per second where somebody watches. */
const speed = process.stderr.isTTY ? '5' : 'max';

process.chdir(root);
run('build', process.execPath, ['scripts/build.mjs']);

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-demo-'));
cpSync('runbooks', folder, { recursive: true });
process.chdir(folder);

say('A drill: clones of all twelve VMs start at south, on a network of their own, and are cleaned up again.');
const drill = rehearse('drill');
say('North loses its power. The failover: first proof that its hosts are dead, then databases, applications, web.');
const failover = rehearse('failover', '--simulate-lose', 'north', '--confirm', 'failover-site');

say('The evidence of both, for people and for auditors:');
console.log(`  ${drill}\n  ${failover}`);
console.log(`\nGo on in ${folder} with, for example:`);
console.log(`  node ${join(root, 'dist/main.js')} status ${runbook} --simulate`);
console.log(`  node ${join(root, 'dist/main.js')} authority --simulate`);

/** Runs the mode and returns the path of its report. */
function rehearse(mode, ...options) {
  lifeboat(mode, runbook, '--simulate', '--speed', speed, ...options);
  const [newest] = JSON.parse(lifeboat('runs', '--simulate', '-o', 'json')).runs;
  const page = join(folder, `${mode}.html`);
  lifeboat('report', newest.runId, '--simulate', '-o', 'html', '--out', page);
  return page;
}

function lifeboat(...args) {
  const isShown = args[0] === 'drill' || args[0] === 'failover';
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist/main.js'), ...args], {
    encoding: 'utf8',
    stdio: ['inherit', isShown ? 'inherit' : 'pipe', 'inherit'],
  });
  if (status !== 0) {
    console.error(`lifeboat ${args[0]} ended with ${status}`);
    process.exit(status ?? 1);
  }
  return stdout;
}

function say(text) {
  console.log(`\n── ${text}\n`);
}
