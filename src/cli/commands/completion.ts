import { hostsOf } from '../../model/estate.js';
import { argument, type Call, data } from '../call.js';
import { completionScript, shells } from '../completion-script.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { usage } from '../refusal.js';

/** `lifeboat completion`: a script, or for the scripts the names of the estate's hosts. */
export async function completionCommand(call: Call): Promise<ExitCode> {
  const typed = argument(call, 0);
  if (typed === 'hosts') {
    data(call, Object.keys(hostsOf(readEstate(call).estate)).join('\n'));
    return exitCodes.done;
  }
  const shell = shells.find((one) => one === typed);
  if (shell === undefined) {
    throw usage(`lifeboat completion: there is no script for ${typed}`, `Name one of ${shells.join(', ')}.`);
  }
  data(call, completionScript(shell));
  return exitCodes.done;
}
