/** Guests of the lab, for live tests. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { lab, labJson, onHost } from './lab.js';

export interface Guest {
  readonly name: string;
  readonly uuid: string;
  readonly host: string;
  readonly address: string;
  readonly disks: ReadonlyArray<{ readonly target: string; readonly path: string; readonly size: number }>;
}

export interface Witness {
  /** The last counter on a console, and the highest on any copy of a disk. */
  readonly printed: number;
  readonly on_disk: number;
  readonly console: Readonly<Record<string, number>>;
  readonly disks: ReadonlyArray<{ readonly host: string; readonly path: string; readonly counter: number | null }>;
}

/** Defines and starts a guest; resolves once it has counted to 1. */
export function startGuest(name: string, host: string, ...options: string[]): Promise<Guest> {
  return labJson<Guest>('guest', name, '--host', host, ...options);
}

/** Removes a guest with its disks wherever they are. */
export function removeGuest(name: string): Promise<string> {
  return lab('guest-remove', name);
}

export function witnessOf(name: string): Promise<Witness> {
  return labJson<Witness>('witness', name);
}

/** Resolves when the guest has printed a counter above `counter`. */
export async function countedPast(name: string, counter: number): Promise<Witness> {
  for (;;) {
    const witness = await witnessOf(name);
    if (witness.printed > counter) return witness;
  }
}

/** Makes empty targets for the disks of a guest, of the right size and format, as a migration with copied storage needs them. */
export async function prepareTargets(guest: Guest, host: string): Promise<void> {
  for (const { path, size } of guest.disks)
    await onHost(host, 'qemu-img', 'create', '-q', '-f', 'qcow2', path, String(size));
}

/** What the auditor saw of each VM. */
export interface Census {
  readonly vms: ReadonlyArray<{
    readonly name: string;
    readonly double: boolean;
    /** The longest silence between two beacons, which is the downtime as the network saw it. */
    readonly longest_gap_ms: number;
    readonly moves: ReadonlyArray<{ readonly source: string; readonly target: string; readonly same_boot: boolean }>;
  }>;
}

/** Watches all hosts until `stop`, which gives the census; it rejects when a VM was live twice. Disposing ends it too. */
export async function startAudit(): Promise<{ stop: () => Promise<Census> } & AsyncDisposable> {
  const program = fileURLToPath(new URL('../../lab/lab', import.meta.url));
  const child = spawn(program, ['audit', '-o', 'json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes('watching')) resolve();
    });
    void ended.then(() => reject(new Error(`the auditor did not start: ${said}`)));
  });
  return {
    async stop() {
      child.kill('SIGTERM');
      const code = await ended;
      if (code !== 0) throw new Error(`the auditor found a VM live twice, or failed (${code}): ${printed}${said}`);
      return JSON.parse(printed) as Census;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
