/** Real exports of qemu-nbd on UNIX sockets in a folder of their own. Nothing of it is left behind. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder with images, and the servers over them. */
export class QemuExports {
  readonly folder = mkdtempSync(join(tmpdir(), 'lifeboat-nbd-'));
  readonly #servers = new Set<ChildProcess>();
  #count = 0;

  /** A file of the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  qemuImg(...args: readonly string[]): void {
    execFileSync('qemu-img', args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: this.folder });
  }

  /** Starts qemu-nbd with these arguments, the image last, and returns its socket once it listens. */
  async serve(...args: readonly string[]): Promise<{ readonly socket: string; readonly server: ChildProcess }> {
    this.#count += 1;
    const socket = this.path(`${this.#count}.sock`);
    // It is written once the server listens; the socket is there a little earlier.
    const listens = this.path(`${this.#count}.pid`);
    const watcher = watch(this.folder);
    const server = spawn('qemu-nbd', ['--persistent', '--shared=8', `--pid-file=${listens}`, '-k', socket, ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#servers.add(server);
    let complaint = '';
    server.stderr?.on('data', (bytes: Buffer) => {
      complaint += bytes.toString();
    });
    try {
      await new Promise<void>((resolve, reject) => {
        watcher.on('change', () => {
          if (existsSync(listens)) resolve();
        });
        server.on('error', reject);
        server.on('exit', () => reject(new Error(`qemu-nbd ended: ${complaint}`)));
        if (existsSync(listens)) resolve();
      });
    } finally {
      watcher.close();
    }
    return { socket, server };
  }

  /** Ends one server, by its process, and waits until it is gone. */
  async end(server: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#servers.delete(server);
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await gone;
  }

  /** Ends all servers and removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers].map((server) => this.end(server)));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
