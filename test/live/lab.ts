/** The lab, as live tests see it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../lab/lab', import.meta.url));
const run = promisify(execFile);

/** Where the lab keeps its keys, certificates and hosts. */
export const labFolder = process.env['LIFEBOAT_LAB_DIR'] ?? '/var/lib/lifeboat-lab';

/** Runs `lab/lab` and gives what it printed; throws with its last words when it fails. */
export async function lab(...args: string[]): Promise<string> {
  const { stdout } = await run(program, args, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** The lab's answer as data. */
export async function labJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await lab(...args, '-o', 'json')) as T;
}

/** Runs a command in a host. */
export function onHost(host: string, ...command: string[]): Promise<string> {
  return lab('exec', host, '--', ...command);
}

/** Management addresses: 10.77.<site>.1<number>. */
export function addressOf(host: string): string {
  const [site, number] = host.split('-');
  return `10.77.${site === 'north' ? 1 : 2}.1${number}`;
}

export const uriOf = {
  unix: (host: string) => `qemu+unix:///system?socket=${labFolder}/hosts/${host}/run/libvirt/libvirt-sock`,
  tcp: (host: string) => `qemu+tcp://${addressOf(host)}/system`,
  tls: (host: string, pki = `${labFolder}/pki`) => `qemu+tls://${addressOf(host)}/system?pkipath=${pki}`,
  ssh: (host: string, parameters = `keyfile=${labFolder}/ssh/id_ed25519&no_verify=1`) =>
    `qemu+ssh://root@${addressOf(host)}/system?${parameters}`,
};

/**
 * The hosts of one site that tests may use, so that those who share a lab stay out of each other's way: the names in
 * `LIFEBOAT_LAB_HOSTS`, with commas between them; the first three of north when it is unset.
 */
export function labHosts(): readonly string[] {
  return (process.env['LIFEBOAT_LAB_HOSTS'] ?? 'north-1,north-2,north-3').split(',');
}
