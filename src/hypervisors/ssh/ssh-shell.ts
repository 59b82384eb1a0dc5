import { type ChildProcess, spawn } from 'node:child_process';
import { type Estate, hostsOf } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';
import type { HostShell, ShellCommand, ShellResult } from '../host-shell.js';
import type { SharedConnections } from './shared-connections.js';
import { quoted, sshTarget } from './ssh-target.js';

const keptBytes = 16 * 1024;
/** ssh's own exit status when it could not connect, or lost the connection. */
const sshFailed = 255;

/**
 * Runs commands on the controller, and on hosts by the system's ssh with its configuration, agents and jump hosts. Commands
 * to one host share a connection when there are `connections`; by default each has its own.
 */
export function createSshShell(estate: Estate, connections?: SharedConnections): HostShell {
  const hosts = hostsOf(estate);
  return {
    async run(command, signal) {
      if (command.on === 'controller') {
        const [file = '', ...args] = command.argv;
        return await ended(command, { file, args, environment: { ...process.env, ...command.environment }, signal });
      }
      const host = hosts[command.on];
      if (host === undefined) {
        throw new FailureError({
          code: 'host-not-found',
          kind: 'permanent',
          message: `the estate has no host ${command.on}`,
          hint: `it has ${Object.keys(hosts).join(', ')}`,
        });
      }
      const target = sshTarget(host);
      const session = await connections?.session(command.on, target, signal);
      const pairs = Object.entries(command.environment).map(([name, value]) => `${name}=${value}`);
      const words = [...(pairs.length === 0 ? [] : ['env', ...pairs]), ...command.argv];
      const result = await ended(command, {
        file: target.command,
        args: [...(session?.args ?? []), ...target.args, words.map(quoted).join(' ')],
        environment: process.env,
        signal,
      }).finally(session?.end);
      if (result.exitCode === sshFailed) {
        throw new FailureError({
          code: 'host-unreachable',
          kind: 'transient',
          message: `Host ${command.on} cannot be reached by ssh`,
          hint: `see that \`ssh ${host.address}\` works here without a question`,
          cause: result.stderr.trim(),
        });
      }
      return result;
    },
  };
}

interface Process {
  readonly file: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The process to its end. Aborted, it is killed with all that it began, and nobody knows how far it came. */
function ended({ on, argv, input }: ShellCommand, { file, args, environment, signal }: Process): Promise<ShellResult> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(
        new FailureError({ code: 'not-asked', kind: 'precondition', message: `${argv[0] ?? ''} was not run on ${on}` }),
      );
      return;
    }
    const child = spawn(file, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const stdout = kept(child.stdout);
    const stderr = kept(child.stderr);
    // A command that ends without reading its input says why by its status.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    const kill = (): void => killGroup(child);
    signal.addEventListener('abort', kill, { once: true });
    child.once('error', (error: NodeJS.ErrnoException) => {
      signal.removeEventListener('abort', kill);
      reject(
        new FailureError({
          code: 'command-not-found',
          kind: 'permanent',
          message: `${file} cannot be run ${on === 'controller' ? 'here' : `to reach ${on}`}`,
          hint: 'see that it is installed and may be executed',
          cause: error.message,
        }),
      );
    });
    child.once('close', (code) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted || code === null) {
        reject(
          new FailureError({
            code: 'reply-lost',
            kind: 'outcome-unknown',
            message: `${argv[0] ?? ''} on ${on} was given up before it ended`,
          }),
        );
        return;
      }
      resolve({ exitCode: code, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Collects the last of a stream's text. */
function kept(stream: NodeJS.ReadableStream): () => string {
  let chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > 4 * keptBytes) {
      const rest = Buffer.concat(chunks).subarray(-keptBytes);
      chunks = [rest];
      size = rest.length;
    }
  });
  return () => Buffer.concat(chunks).subarray(-keptBytes).toString('utf8');
}

function killGroup({ pid }: ChildProcess): void {
  if (pid !== undefined) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // It has ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
