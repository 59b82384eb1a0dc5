import type { ShellCommand, ShellResult } from '../host-shell.js';
import type { Outcome } from './call.js';
import { type Core, note } from './core.js';
import { failed } from './failures.js';

/** Runs a command as the world's list of commands says; one that it does not know does nothing and ends with 0. */
export function runCommand(core: Core, { on, argv }: ShellCommand): Outcome {
  const known = core.state.commands.find((command) => command.argv.every((word, index) => argv[index] === word));
  if (known?.isMissing === true) {
    return failed('command-not-found', 'permanent', `There is no ${argv[0] ?? 'command'} on ${on}`, 'Install it');
  }
  note(core, 'command', { ...(on === 'controller' ? {} : { host: on }), detail: argv.join(' ') });
  const result: ShellResult = {
    exitCode: known?.exitCode ?? 0,
    stdout: known?.stdout ?? '',
    stderr: known?.stderr ?? '',
  };
  return { value: result, tookMs: known?.tookMs ?? 100 };
}
