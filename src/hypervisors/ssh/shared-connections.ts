import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from './ssh-target.js';

/** Commands that one connection carries at once: sshd takes ten sessions by default (`MaxSessions`), one of them is ours. */
const sessionsAtOnce = 8;
/** After a connection was lost, commands connect by themselves for so long, ms. */
const pauseMs = 30_000;
/** What the far side runs for as long as the connection is wanted: it ends with its input, and so with this process. */
const holder = 'echo up; exec cat >/dev/null';

interface Connection {
  readonly path: string;
  sessions: number;
  state: 'opening' | 'up' | 'gone';
  goneAt: number;
  /** Resolves when it is up, or gone without having been. */
  opened: Promise<void>;
}

export interface Session {
  /** Arguments for ssh, to come before all others; none when the command is to connect by itself. */
  readonly args: readonly string[];
  /** To be called when the command has ended. */
  readonly end: () => void;
}

/**
 * One connection to each host that many commands share, since logging in costs more than most of them do. A command waits
 * while it is being opened, as it would for one of its own, and nothing fails with it: a command that finds none, or one that
 * is full, connects by itself. It ends with this process, however that ends.
 */
export class SharedConnections {
  readonly #connections = new Map<string, Connection>();
  readonly #folder = socketFolder();

  /** A place for one command on the connection to this host; the first call opens one. Aborting ends the wait for it. */
  async session(name: string, target: SshTarget, signal: AbortSignal): Promise<Session> {
    const connection = this.#connectionTo(name, target);
    if (connection?.state === 'opening') {
      await unlessAborted(connection.opened, signal);
    }
    if (connection?.state !== 'up' || connection.sessions >= sessionsAtOnce) {
      return { args: [], end: () => undefined };
    }
    connection.sessions += 1;
    return {
      args: ['-o', 'ControlMaster=no', '-o', `ControlPath=${connection.path}`],
      end: () => {
        connection.sessions -= 1;
      },
    };
  }

  #connectionTo(name: string, target: SshTarget): Connection | undefined {
    const known = this.#connections.get(name);
    const isWanted = known === undefined || (known.state === 'gone' && Date.now() - known.goneAt >= pauseMs);
    if (this.#folder === undefined || !isWanted) {
      return known;
    }
    const path = join(this.#folder, `${process.pid}-${this.#connections.size}-${Date.now().toString(36)}`);
    const connection: Connection = { path, sessions: 0, state: 'opening', goneAt: 0, opened: Promise.resolve() };
    this.#connections.set(name, connection);
    connection.opened = new Promise((resolve) => open(connection, target, resolve));
    return connection;
  }
}

function open(connection: Connection, { command, args }: SshTarget, opened: () => void): void {
  const own = ['-o', 'ControlMaster=yes', '-o', `ControlPath=${connection.path}`, '-o', 'ControlPersist=no'];
  const child = spawn(command, [...own, ...args, holder], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const gone = (): void => {
    connection.state = 'gone';
    connection.goneAt = Date.now();
    rmSync(connection.path, { force: true });
    opened();
  };
  // The commands that share it tell what is wrong with the host; here there is nobody to tell.
  child.stdin.on('error', () => undefined);
  child.stdout.once('data', () => {
    connection.state = 'up';
    // Nobody waits for it any more, so that it does not keep this process.
    child.unref();
    for (const pipe of [child.stdin, child.stdout]) {
      (pipe as Socket).unref();
    }
    opened();
  });
  child.once('error', gone);
  child.once('close', gone);
}

async function unlessAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    return;
  }
  let stop = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  await Promise.race([promise, aborted]);
  signal.removeEventListener('abort', stop);
}

/** A folder for sockets that only this user may enter; undefined when somebody else has made it. */
function socketFolder(): string | undefined {
  const user = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `lifeboat-ssh-${user}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    return uid === user && (mode & 0o077) === 0 ? folder : undefined;
  } catch {
    return undefined;
  }
}
