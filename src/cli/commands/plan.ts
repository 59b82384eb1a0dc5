import { argument, type Call, data, document, optionText } from '../call.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { isConflicts, makePlan, tellConflicts } from '../plan-making.js';
import { planText } from '../plan-text.js';
import { askedMode, modeOf } from '../request.js';
import { planDocument, savePlan } from '../saved-plan.js';
import { readSubject } from '../subject.js';

/** `lifeboat plan`: nothing but the file of `--out` is written. */
export async function planCommand(call: Call): Promise<ExitCode> {
  const subject = readSubject(call, argument(call, 0), askedMode(call));
  const mode = modeOf(call, subject, 'drill');
  const planned = await withWorld(call, subject, (world) => makePlan(call, { world, subject, mode }));
  if (isConflicts(planned)) {
    return tellConflicts(call, subject, planned);
  }
  const out = optionText(call, 'out');
  if (out !== undefined) {
    savePlan(call, out, { plan: planned, subject });
  }
  if (call.format === 'json') {
    document(call, 'Plan', planDocument(call, planned, subject));
  } else {
    data(
      call,
      planText(planned, { style: call.style, columns: Math.min(120, call.environment.stdout.size().columns) }),
    );
  }
  return exitCodes.done;
}
