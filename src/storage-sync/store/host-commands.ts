import type { ShellResult } from '../../hypervisors/host-shell.js';
import { FailureError } from '../../model/failure.js';
import type { Seat } from './seat.js';

/** How a shell says that there is no such command. */
const notFound = 127;

/** A host for one call, and the way to its commands. */
export type CommandSeat = Pick<Seat, 'shell' | 'on' | 'signal'>;

/** Runs a command of the host; its status is for the caller to judge. Its words are in no language but English. */
export async function attempt(
  seat: CommandSeat,
  argv: readonly string[],
  input?: string | Buffer,
): Promise<ShellResult> {
  const result = await seat.shell.run(
    { on: seat.on, argv, environment: { LC_ALL: 'C' }, ...(input === undefined ? {} : { input }) },
    seat.signal,
  );
  if (result.exitCode === notFound) {
    throw new FailureError({
      code: 'command-not-found',
      kind: 'permanent',
      message: `${seat.on} has no command ${argv[0] ?? ''}`,
      hint: 'install qemu-utils, qemu-system-common and coreutils there',
      cause: result.stderr.trim(),
    });
  }
  return result;
}

/** Runs a command of the host that must end well, and returns what it said. */
export async function succeed(seat: CommandSeat, argv: readonly string[], input?: string | Buffer): Promise<string> {
  const { exitCode, stdout, stderr } = await attempt(seat, argv, input);
  if (exitCode !== 0) {
    throw new FailureError({
      code: 'store-command-failed',
      kind: 'permanent',
      message: `\`${argv.join(' ').slice(0, 300)}\` on ${seat.on} ended with status ${exitCode}`,
      hint: 'see the cause; rights, a full or a failing disk are the usual ones',
      cause: stderr.trim(),
    });
  }
  return stdout;
}
