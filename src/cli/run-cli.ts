import { CommanderError } from 'commander';
import type { Environment } from './environment.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { createProgram } from './program.js';
import { type Refusal, refusalOf } from './refusal.js';

/** Runs one command line, without the program's name, and resolves with the exit code. Never rejects. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  let exitCode: ExitCode = exitCodes.done;
  const program = createProgram(environment, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.code === 'commander.helpDisplayed' || error.code === 'commander.version'
        ? exitCodes.done
        : exitCodes.usage;
    }
    const refusal = refusalOf(error);
    environment.stderr.write(refusal === undefined ? ourMistake(error) : refusalText(refusal));
    return refusal?.exitCode ?? exitCodes.failed;
  }
}

function refusalText({ message, said, hint }: Refusal): string {
  const lines = [
    `error: ${message}`,
    ...(said === undefined ? [] : [`  ${said}`]),
    ...(hint === undefined ? [] : [`${hint.charAt(0).toUpperCase()}${hint.slice(1)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function ourMistake(error: unknown): string {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error: this is a mistake in Lifeboat itself, please report it with these lines\n${detail}\n`;
}
