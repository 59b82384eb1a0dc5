import type { MigrationResult } from '../../hypervisors/hypervisor.js';
import { type Failure, FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';
import { poll } from '../polling.js';
import type { StepContext } from '../step-type.js';
import { reportTransfer } from '../transfer-progress.js';
import { look } from './look.js';
import { contradiction, leftAtSourceCodes } from './verdict.js';

type Rung = MigrateInput['ladder'][number];

/** Resolves once the VM was seen moved; the result is undefined when it is not known any more. */
export async function climb(input: MigrateInput, context: StepContext): Promise<MigrationResult | undefined> {
  let failure: Failure | undefined;
  for (const rung of input.ladder) {
    // One that an earlier attempt has begun is followed to its end first, and may have moved the VM.
    const before = await settle({ input, rung, failure }, context);
    if (before.isMoved) {
      return before.result;
    }
    requireStalled(before.failure, input);
    const after = await settle({ input, rung, failure: await attempt(input, rung, context) }, context);
    if (after.isMoved) {
      return after.result;
    }
    failure = after.failure ?? endedAtSource(input);
    requireStalled(failure, input);
    context.progress({ text: `${input.vm} writes memory faster than \`${rung}\` can move it` });
  }
  throw new FailureError({
    code: stalledCode,
    kind: 'permanent',
    ...failure,
    message: `${input.vm} did not converge on any rung of its ladder (${input.ladder.join(', ')}); it still runs on ${formatPlace(input.from)}`,
    hint: 'allow a longer downtime, or a further rung such as `post-copy` or `pause`, and plan again',
  });
}

const stalledCode = 'migration-stalled';

/** Only a move that did not converge is tried on the next rung; every other failure ends the climb. */
function requireStalled(failure: Failure | undefined, input: MigrateInput): void {
  if (failure !== undefined && failure.code !== stalledCode) {
    throw new FailureError(knownAtSource(failure, input));
  }
}

/** One rung; its failure as a value, since where the VM is must be asked before anything is made of it. */
async function attempt(input: MigrateInput, rung: Rung, context: StepContext): Promise<Failure | undefined> {
  const { vm, id, from, to, copyStorage, maxDowntimeMs, bytesPerSecond } = input;
  const text = `Moving ${vm} to ${formatPlace(to)} (${rung})`;
  context.progress({ text });
  const rate = bytesPerSecond === undefined ? {} : { bytesPerSecond };
  try {
    await context.hypervisor.migrate(
      { id, source: from.host, target: to.host, ladder: [rung], copyStorage, maxDowntimeMs, ...rate },
      context.signal,
      reportTransfer(context, text),
    );
    return undefined;
  } catch (error) {
    if (error instanceof FailureError && !context.signal.aborted) {
      return error.failure;
    }
    throw error;
  }
}

interface Settling {
  readonly input: MigrateInput;
  readonly rung: Rung;
  /** Why the last attempt failed, if it did. */
  readonly failure: Failure | undefined;
}

type Settled =
  | { readonly isMoved: false; readonly failure: Failure | undefined }
  | { readonly isMoved: true; readonly result: MigrationResult | undefined };

/**
 * Says where the VM is once no migration is under way any more; rejects when that is not certain. One that is under way
 * is joined by asking for it again, so that it is watched for stalling and ends with this step's signal.
 */
async function settle({ input, rung, failure }: Settling, context: StepContext): Promise<Settled> {
  let last = failure;
  return await poll(context, async () => {
    const seen = await look(input, context);
    switch (seen.verdict) {
      case 'moved':
        return { isMoved: true, result: seen.result };
      case 'at-source':
        return { isMoved: false, failure: last };
      case 'under-way':
        last = await attempt(input, rung, context);
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

/** After a look the outcome is known: the VM did not move. A code of another sort becomes the cause. */
function knownAtSource(failure: Failure, { vm, from }: MigrateInput): Failure {
  return leftAtSourceCodes.includes(failure.code)
    ? failure
    : {
        code: 'migration-aborted',
        kind: failure.kind === 'outcome-unknown' ? 'transient' : failure.kind,
        message: `${vm} did not move and still runs on ${formatPlace(from)}`,
        cause: failure.message,
      };
}

function endedAtSource({ vm, from, to }: MigrateInput): Failure {
  return {
    code: 'migration-aborted',
    kind: 'transient',
    message: `the migration of ${vm} to ${formatPlace(to)} was reported done, but it runs on ${formatPlace(from)}`,
  };
}
