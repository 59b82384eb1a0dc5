/**
 * `npm run bench -- NAME [OPTIONS]`: runs one bench, on the lab that is up, prints a table, and one line of JSON last.
 *
 * A bench is a file of this folder that exports `title`, one line, and `bench(hosts)`, which measures and returns
 * `{ table, metrics, peers, ratios }`. It leaves nothing behind. One that exports `needsHosts = false` is not given the
 * hosts of the lab that is up. One that exports `options`, as for `parseArgs`, takes them after its name and is given their
 * values second.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { takesConnections } from './worlds/socket.mjs';

/** sysexits.h: the command was used wrongly. */
const EX_USAGE = 64;
const root = fileURLToPath(new URL('..', import.meta.url));
const labDir = process.env.LIFEBOAT_LAB_DIR ?? '/var/lib/lifeboat-lab';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.mjs') && !['main.mjs', 'rounds.mjs'].includes(file))
  .map((file) => file.slice(0, -'.mjs'.length))
  .toSorted();
const [name, ...rest] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) await refuse();
const { bench, needsHosts = true, options = {} } = await import(new URL(`./${name}.mjs`, import.meta.url));
const values = readOptions(options);
const hosts = needsHosts ? await hostsThatAnswer() : [];
build();
const { table, metrics, peers, ratios } = await bench(hosts, values);
print(table);
console.log(JSON.stringify({ bench: name, metrics, peers, ratios }));

/** Says which benches there are and ends with the code of a wrong command line. */
async function refuse() {
  if (name !== undefined) console.error(`there is no bench "${name}"\n`);
  console.error('npm run bench -- NAME [OPTIONS], where NAME is one of:');
  for (const known of names) {
    const { title } = await import(new URL(`./${known}.mjs`, import.meta.url));
    console.error(`  ${known.padEnd(12)} ${title}`);
  }
  process.exit(EX_USAGE);
}

/** The values of a bench's own options; ends with the code of a wrong command line when one is unknown. */
function readOptions(known) {
  try {
    return parseArgs({ args: rest, options: known }).values;
  } catch (error) {
    console.error(`bench ${name}: ${error.message}`);
    process.exit(EX_USAGE);
  }
}

/** The hosts of the lab whose daemon takes connections, in the lab's own order. */
async function hostsThatAnswer() {
  const answering = [];
  for (const host of hostsOfTheLab()) if (await takesConnections(host.socket)) answering.push(host);
  if (answering.length === 0) {
    console.error('no host of the lab answers: bring the lab up with `sudo lab/lab up`, then run the bench again');
    process.exit(1);
  }
  return answering;
}

function hostsOfTheLab() {
  let described;
  try {
    described = JSON.parse(readFileSync(`${labDir}/lab.json`, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return described.sites
    .flatMap((site) => site.hosts)
    .map((host) => {
      const socket = `${labDir}/hosts/${host.name}/run/libvirt/libvirt-sock`;
      return { name: host.name, socket, uri: `qemu:///system?socket=${socket}` };
    });
}

/** Benches measure what is built, as users run it. */
function build() {
  const { status, error } = spawnSync(process.execPath, ['scripts/build.mjs'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (status === 0) return;
  console.error(`the sources do not build${error ? ` (${error.message})` : ''}: run \`npm ci\`, then again`);
  process.exit(1);
}

function print(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const row of rows) {
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('   '),
    );
  }
}
