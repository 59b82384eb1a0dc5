import { toMermaid, toSvg } from '../../state-machines/index.js';
import { argument, type Call, data, optionText } from '../call.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { writeText } from '../files.js';
import { withWorld } from '../open-world.js';
import { isConflicts, makePlan, tellConflicts } from '../plan-making.js';
import { askedMode, modeOf } from '../request.js';
import { readSubject } from '../subject.js';

/** `lifeboat graph`: the plan of a mode, drawn. */
export async function graphCommand(call: Call): Promise<ExitCode> {
  const subject = readSubject(call, argument(call, 0), askedMode(call));
  const mode = modeOf(call, subject, 'drill');
  const planned = await withWorld(call, subject, (world) => makePlan(call, { world, subject, mode }));
  if (isConflicts(planned)) {
    return tellConflicts(call, subject, planned);
  }
  const drawing = optionText(call, 'format') === 'svg' ? toSvg(planned) : toMermaid(planned);
  const out = optionText(call, 'out');
  if (out === undefined) {
    data(call, drawing);
  } else {
    writeText(call, out, drawing);
  }
  return exitCodes.done;
}
