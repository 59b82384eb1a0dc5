/** An estate over hosts of the lab, and Lifeboat's command line on it: a process of its own for each command. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addressOf, uriOf } from '../lab.js';

const program = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));

/** What a command came to. */
export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly process: ChildProcess;
  /** Settles at its first words on standard error, which of a run are that it was journalled; or at its end. */
  readonly begun: Promise<unknown>;
  readonly ended: Promise<Ended>;
}

/** A folder with an estate over these hosts of one site and a journal. Disposing removes it. */
export class Estate implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'lifeboat-live-'));
  readonly hosts: readonly string[];
  readonly #file = join(this.folder, 'lifeboat.yaml');

  constructor(hosts: readonly string[], uriOfHost: (host: string) => string = uriOf.tcp) {
    this.hosts = hosts;
    const lines = hosts.map(
      (host) =>
        `      ${host}: { uri: "${uriOfHost(host)}", address: ${addressOf(host)}, peer-uri: "qemu+tcp://${addressOf(host)}/system" }`,
    );
    writeFileSync(
      this.#file,
      `version: 1
sites:
  ${hosts[0]?.split('-')[0]}:
    hosts:
${lines.join('\n')}
    networks: { prod: br-prod, drill: br-drill }
tls: off
store: { sqlite: ${join(this.folder, 'lifeboat.db')} }
`,
    );
  }

  /** Writes a file beside the estate and gives its path. */
  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  /** Starts a command. */
  start(...args: string[]): Command {
    const child = spawn(process.execPath, [program, ...args, '--estate', this.#file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
    const ended = once(child, 'close').then(([code]) => ({ code, stdout, stderr }));
    return { process: child, begun: Promise.race([once(child.stderr, 'data'), ended]), ended };
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** Runs a command that has to succeed, and gives its document. */
  async document<T>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...args, '-o', 'json');
    if (code !== 0) throw new Error(`lifeboat ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
    return JSON.parse(stdout) as T;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
