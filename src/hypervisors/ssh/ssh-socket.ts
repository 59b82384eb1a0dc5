import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type Estate, hostsOf } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';
import type { HostSocket } from '../host-socket.js';
import { quoted, sshTarget } from './ssh-target.js';

/** ssh's own exit status when it could not connect, or lost the connection. */
const sshFailed = 255;
/** How much of what a relay complains about is kept. */
const keptCharacters = 2_000;

/** Opens sockets of the controller directly, and those of hosts by `ssh HOST nc -U PATH`. */
export function createSshSocket(estate: Estate): HostSocket {
  const hosts = hostsOf(estate);
  return {
    async connect(on, path, signal) {
      if (signal.aborted) {
        throw new FailureError({
          code: 'not-asked',
          kind: 'precondition',
          message: `${path} was not opened on ${on}`,
        });
      }
      if (on === 'controller') {
        return await opened({ on, path, signal }, connect({ path }));
      }
      const host = hosts[on];
      if (host === undefined) {
        throw new FailureError({
          code: 'host-not-found',
          kind: 'permanent',
          message: `the estate has no host ${on}`,
          hint: `it has ${Object.keys(hosts).join(', ')}`,
        });
      }
      const { command, args } = sshTarget(host);
      return await relayed({ on, path, signal }, spawn(command, [...args, ['nc', '-U', path].map(quoted).join(' ')]));
    },
  };
}

interface Opening {
  readonly on: string;
  readonly path: string;
  readonly signal: AbortSignal;
}

function opened({ on, path, signal }: Opening, socket: Socket): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('connect', connected);
      socket.removeListener('error', failed);
    };
    const abort = (): void => {
      settle();
      socket.destroy();
      reject(givenUp(on, path));
    };
    const connected = (): void => {
      settle();
      resolve(socket);
    };
    const failed = (error: Error): void => {
      settle();
      reject(refused(on, path, error.message));
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', connected);
    socket.once('error', failed);
  });
}

/** The relay's two pipes as one stream, once its far side has said something. */
function relayed({ on, path, signal }: Opening, child: ChildProcessWithoutNullStreams): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-keptCharacters);
    });
    // A relay that is gone shows by the end of its output; the broken pipe to it says nothing more.
    child.stdin.on('error', () => undefined);
    const settle = (): void => {
      signal.removeEventListener('abort', abort);
      child.stdout.removeListener('readable', heard);
      child.removeListener('error', missing);
      child.removeListener('close', closed);
    };
    const abort = (): void => {
      settle();
      child.kill('SIGKILL');
      reject(givenUp(on, path));
    };
    const heard = (): void => {
      if (child.stdout.readableLength === 0) {
        return;
      }
      settle();
      const stream = Duplex.from({ readable: child.stdout, writable: child.stdin });
      stream.once('close', () => child.kill('SIGKILL'));
      resolve(stream);
    };
    const missing = (error: Error): void => {
      settle();
      reject(unreachable(on, error.message));
    };
    const closed = (code: number | null): void => {
      settle();
      reject(code === sshFailed ? unreachable(on, complaint.trim()) : refused(on, path, complaint.trim()));
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('readable', heard);
    child.once('error', missing);
    child.once('close', closed);
  });
}

function givenUp(on: string, path: string): FailureError {
  return new FailureError({
    code: 'reply-lost',
    kind: 'outcome-unknown',
    message: `Opening ${path} on ${on} was given up before it was there`,
  });
}

function unreachable(on: string, cause: string): FailureError {
  return new FailureError({
    code: 'host-unreachable',
    kind: 'transient',
    message: `Host ${on} cannot be reached by ssh`,
    hint: 'see that ssh to it works here without a question',
    cause,
  });
}

function refused(on: string, path: string, cause: string): FailureError {
  return new FailureError({
    code: 'socket-refused',
    kind: 'transient',
    message: `Nothing answers on the socket ${path} of ${on}`,
    hint: `see that its server runs, and that ${on} has nc from netcat-openbsd`,
    cause,
  });
}
