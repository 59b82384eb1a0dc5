import type { MigrationResult } from '../../hypervisors/hypervisor.js';
import { type Failure, FailureError } from '../../model/failure.js';
import type { MigrateInput } from '../../model/step-input.js';
import { poll } from '../polling.js';
import type { StepContext } from '../step-type.js';
import { look } from './look.js';
import { contradiction, neverStoppedCodes, type Standing } from './verdict.js';

/** Where the VM is, now that no migration is under way any more. */
export type Settled =
  | { readonly where: 'moved'; readonly result: MigrationResult | undefined }
  /** The failure of a migration that was joined, or the one given. */
  | { readonly where: Standing; readonly failure: Failure | undefined };

/**
 * Says where the VM is once no migration is under way; rejects when that is not certain. One that is under way is joined,
 * so that it is watched for stalling and ends with this step's signal; where nothing can join it, its end is waited for.
 */
export async function settle(
  input: MigrateInput,
  context: StepContext,
  { failure, join }: { readonly failure?: Failure | undefined; readonly join?: () => Promise<Failure | undefined> },
): Promise<Settled> {
  let last = failure;
  return await poll(context, async () => {
    const seen = await look(input, context);
    switch (seen.verdict) {
      case 'moved':
        return { where: 'moved', result: seen.result };
      case 'at-source':
      case 'stopped-at-source':
      case 'stopped-at-target':
        return { where: seen.verdict, failure: last };
      case 'under-way':
        last = (await join?.()) ?? last;
        return undefined;
      case 'contradictory':
        throw new FailureError(contradiction(input, seen.code, seen.evidence));
      case 'unreachable':
        throw new FailureError({
          code: 'migration-unseen',
          kind: 'outcome-unknown',
          message: `${seen.evidence}, so nobody can tell whether it has moved`,
          hint: 'bring the host back into reach',
          ...(last === undefined ? {} : { cause: last.message }),
        });
    }
  });
}

/** How long a guest that was asked to shut down is given to do so before what is seen of it counts. */
const lateStopMs = 60_000;

/**
 * Waits until nothing is to be expected any more of a shutdown that an earlier attempt may have asked for. One that has told
 * of a failure before which no guest is asked has asked for none.
 */
export async function awaitLateStop(input: MigrateInput, context: StepContext): Promise<void> {
  if (neverStoppedCodes.includes(context.toldBefore?.code ?? '')) {
    return;
  }
  const untilMs = context.clock.now() + lateStopMs;
  await poll(context, async () => {
    const { verdict } = await look(input, context);
    if (verdict !== 'at-source' || context.clock.now() >= untilMs) {
      return true;
    }
    context.progress({ text: `Waiting whether the guest of ${input.vm} shuts down after all`, untilMs });
    return undefined;
  });
}
