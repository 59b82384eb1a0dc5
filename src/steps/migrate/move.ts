import type { Migration } from '../../hypervisors/hypervisor.js';
import { FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { endedAtSource, knownAtSource, leadsToRestart, liveLadder, migrateLive } from './live.js';
import { carryOver, type Moved, restart } from './restart.js';
import { awaitLateStop, settle } from './settle.js';

/** Attempts that begin later than this after the first may meet a guest that an earlier one has asked to shut down, ms. */
const laterMs = 5_000;

/** Moves the VM from wherever it is found; what is undefined is not known any more. */
export async function move(input: MigrateInput, context: StepContext): Promise<Moved | undefined> {
  if (input.state === 'shut-off') {
    return await moveShutOff(input, context);
  }
  const ladder = liveLadder(input);
  return ladder === undefined ? await moveByRestart(input, context) : await moveRunning(input, ladder, context);
}

async function moveShutOff(input: MigrateInput, context: StepContext): Promise<Moved | undefined> {
  const settled = await settle(input, context, {});
  switch (settled.where) {
    case 'moved':
      return settled.result;
    case 'stopped-at-source':
    case 'stopped-at-target':
      return await carryOver(input, context);
    case 'at-source':
      throw new FailureError({
        code: 'migration-refused',
        kind: 'precondition',
        message: `${input.vm} runs on ${formatPlace(input.from)}, and was shut off when the plan was made`,
        hint: 'plan again, so that it moves live',
      });
  }
}

async function moveByRestart(input: MigrateInput, context: StepContext): Promise<Moved | undefined> {
  const settled = await settle(input, context, {});
  return settled.where === 'moved'
    ? settled.result
    : await restart(input, context, { from: settled.where, reason: 'its ladder has no other rung' });
}

async function moveRunning(
  input: MigrateInput,
  ladder: Migration['ladder'],
  context: StepContext,
): Promise<Moved | undefined> {
  if (input.ladder.includes('restart') && context.clock.now() - context.startedAt > laterMs) {
    await awaitLateStop(input, context);
  }
  const join = () => migrateLive(input, ladder, context);
  const before = await settle(input, context, { join });
  const isTried = before.where !== 'at-source' || before.failure !== undefined;
  const after = isTried ? before : await settle(input, context, { join, failure: await join() });
  if (after.where === 'moved') {
    return after.result;
  }
  if (after.where !== 'at-source') {
    const reason = after.failure?.message ?? `${input.vm} was found shut off on its way`;
    return await restart(input, context, { from: after.where, reason });
  }
  const failure = after.failure ?? endedAtSource(input);
  if (!leadsToRestart(failure, input)) {
    throw new FailureError(knownAtSource(failure, input));
  }
  return await restart(input, context, { from: 'at-source', reason: failure.message });
}
