import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import { formatPlace, type Place } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';
import { toOutput } from '../output.js';
import type { StepContext } from '../step-type.js';
import { look } from './look.js';
import { awaitLateStop, settle } from './settle.js';

/**
 * Sees to it that a VM which a move has shut down runs again: at its source when that still has it, which then has it
 * whole, else at the target, where it was carried to. One that runs is left where it runs, and one that was shut off
 * before stays so. The output says where it is: authority goes there.
 */
export async function undoMove(input: MigrateInput, context: StepContext): Promise<JsonObject> {
  if (context.wasBegun === false) {
    return {};
  }
  if (input.state === 'running' && input.ladder.includes('restart')) {
    await awaitLateStop(input, context);
  }
  const { where } = await settle(input, context, {});
  const at = where === 'moved' || where === 'stopped-at-target' ? input.to : input.from;
  const isStopped = where === 'stopped-at-source' || where === 'stopped-at-target';
  if (isStopped && input.state === 'running') {
    await startAgain(input, at, context);
  }
  return toOutput({ at, state: input.state === 'shut-off' && where !== 'at-source' ? 'shut-off' : 'running' });
}

async function startAgain(input: MigrateInput, at: Place, context: StepContext): Promise<void> {
  context.progress({ text: `Starting ${input.vm} again on ${formatPlace(at)}` });
  await context.hypervisor.start(at.host, input.id, context.signal);
  const { verdict, evidence } = await look(input, context);
  if (verdict !== (at === input.to ? 'moved' : 'at-source')) {
    throw new FailureError({
      code: 'start-failed',
      kind: 'transient',
      message: `${input.vm} was started again on ${formatPlace(at)}, and now ${evidence}`,
      hint: `look at its console and log on ${at.host}, then retry`,
    });
  }
}
