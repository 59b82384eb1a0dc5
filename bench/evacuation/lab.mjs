/** The lab as the bench of evacuations needs it: guests on one host, brought back after each round, and watched. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const labProgram = fileURLToPath(new URL('../../lab/lab', import.meta.url));
const virshMove = fileURLToPath(new URL('../peers/virsh-move.sh', import.meta.url));
const run = promisify(execFile);
export const labFolder = process.env.LIFEBOAT_LAB_DIR ?? '/var/lib/lifeboat-lab';
const DISK = '256M';

/** How the loops reach a host, by transport: with ssh, as most people do, each command has to log in. */
export const uriOf = {
  ssh: ({ address }) => `qemu+ssh://root@${address}/system?command=${labFolder}/ssh/ssh`,
  tcp: ({ address }) => `qemu+tcp://${address}/system`,
};
/** The same for ours, which takes the lab's key by other words. */
export const ourUriOf = {
  ssh: ({ address }) => `qemu+ssh://root@${address}/system?keyfile=${labFolder}/ssh/id_ed25519&no_verify=1`,
  tcp: uriOf.tcp,
};
const imagesOf = (host) => `${labFolder}/hosts/${host}/var/lib/libvirt/images`;

/** Brings a lab with three hosts a site up unless one is up; gives what takes it down again, if need be. */
export async function labThatIsUp() {
  const isUp = await lab('status').then(
    () => true,
    () => false,
  );
  if (isUp) return async () => undefined;
  await lab('up', '--yes', '--hosts', '3');
  return () => lab('down');
}

/** The hosts by these names, with their addresses; refuses when the lab lacks one. */
export async function hostsNamed(names) {
  const { hosts } = JSON.parse((await lab('status', '-o', 'json')).stdout);
  return names.map((name) => {
    const found = hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`the lab has no host ${name}: lab/lab down, then lab/lab up --hosts 3`);
    return found;
  });
}

function lab(...args) {
  return run(labProgram, args, { maxBuffer: 2 ** 26 });
}

/** Starts idle guests of 96 MiB with one disk each on a host; gives their names. */
export async function startGuests({ prefix, count, host }) {
  const shape = ['--memory', '96', '--disk', DISK, '--ticks-per-second', '1', '--beacons-per-second', '20'];
  const { stdout } = await lab('guest', prefix, '--host', host, '--count', String(count), ...shape, '-o', 'json');
  return JSON.parse(stdout).map(({ name }) => name);
}

export async function removeGuests(names) {
  await lab('guest-remove', ...names);
}

/** Moves guests by `virsh` processes, `atOnce` of them at a time, to the targets in turn; gives how long it took, ms. */
export async function virshLoop({ guests, source, targets, atOnce, transport }) {
  const lines = guests.map((guest, index) => {
    const { name, address } = targets[index % targets.length];
    return `${guest} ${name} ${address}\n`;
  });
  const began = performance.now();
  const xargs = spawn('xargs', ['-n', '3', '-P', String(atOnce), 'sh', virshMove], {
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...process.env, SOURCE: uriOf[transport](source), SSH: `${labFolder}/ssh/ssh`, SIZE: DISK },
  });
  let said = '';
  xargs.stderr.on('data', (chunk) => (said += chunk));
  xargs.stdin.end(lines.join(''));
  const [code] = await once(xargs, 'close');
  if (code !== 0) throw new Error(`virsh did not move all guests away from ${source.name}: ${said}`);
  return performance.now() - began;
}

/** Brings guests back to where they started, whoever moved them, and takes away the disks they leave. */
export async function bringBack({ guests, source, targets }) {
  for (const target of targets) {
    const { stdout } = await run('virsh', ['-q', '-c', uriOf.tcp(target), 'list', '--name']);
    const here = stdout.split('\n').filter((name) => guests.includes(name));
    for (const guest of here) await rm(`${imagesOf(source.name)}/${guest}-vda.qcow2`, { force: true });
    await virshLoop({ guests: here, source: target, targets: [source], atOnce: 6, transport: 'tcp' });
    for (const guest of guests) await rm(`${imagesOf(target.name)}/${guest}-vda.qcow2`, { force: true });
  }
  const { stdout } = await run('virsh', ['-q', '-c', uriOf.tcp(source), 'list', '--name']);
  const lost = guests.filter((guest) => !stdout.split('\n').includes(guest));
  if (lost.length > 0) throw new Error(`${lost.join(', ')} did not come back to ${source.name}: see lab/lab guests`);
}

/**
 * Does the work while the lab's auditor hears the guests' beacons; gives the work's result and, for each move of one of the
 * guests, the silence in which it changed hosts, ms. Fails when a guest was live twice.
 */
export async function heard(guests, work) {
  const auditor = spawn(labProgram, ['audit', '-o', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  auditor.stdout.on('data', (chunk) => (printed += chunk));
  const watching = new Promise((resolve, reject) => {
    auditor.stderr.on('data', (chunk) => {
      said += chunk;
      if (said.includes('watching')) resolve();
    });
    auditor.once('exit', () => reject(new Error(`the auditor ended: ${said}`)));
  });
  await watching;
  try {
    const result = await work();
    // A guest's first beacon from where it went to may still be to come.
    await new Promise((resolve) => setTimeout(resolve, 500));
    auditor.kill('SIGTERM');
    const [code] = await once(auditor, 'close');
    const vms = code === null ? [] : JSON.parse(printed).vms.filter(({ name }) => guests.includes(name));
    const doubles = vms.filter(({ double }) => double).map(({ name }) => name);
    if (doubles.length > 0) throw new Error(`live twice: ${doubles.join(', ')}`);
    return { result, downtimesMs: vms.flatMap(({ moves }) => moves.map(({ gap_ms }) => gap_ms)) };
  } finally {
    auditor.kill('SIGTERM');
  }
}
