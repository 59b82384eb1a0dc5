import { argument, type Call, data } from '../call.js';
import { completionScript, shells } from '../completion-script.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { usage } from '../refusal.js';

/** `lifeboat completion`. */
export async function completionCommand(call: Call): Promise<ExitCode> {
  const typed = argument(call, 0);
  const shell = shells.find((one) => one === typed);
  if (shell === undefined) {
    throw usage(`lifeboat completion: there is no script for ${typed}`, `Name one of ${shells.join(', ')}.`);
  }
  data(call, completionScript(shell));
  return exitCodes.done;
}
