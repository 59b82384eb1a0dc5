import type { LiveRung, Migration } from '../../hypervisors/hypervisor.js';
import { type Failure, FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { MigrateInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { reportTransfer } from '../transfer-progress.js';
import { leftAtSourceCodes } from './verdict.js';

/** What is left of the time for saying how it went, when the hypervisor has given up, ms; at most a part of it all. */
const marginMs = 10_000;
const marginShare = 0.05;

/** The rungs on which the VM runs, or pauses, while it moves; undefined when there is none. */
export function liveLadder({ ladder }: MigrateInput): Migration['ladder'] | undefined {
  const [first, ...others] = ladder.filter((rung): rung is LiveRung => rung !== 'restart');
  return first === undefined ? undefined : [first, ...others];
}

/**
 * How the VM's disks travel, and what may be written over: what an attempt to move the same VM has left unfinished, be it
 * of an earlier run, whose host or engine was gone before it could take that away; and its old disks when the plan says so.
 */
export function storageOf(input: MigrateInput) {
  const { copyStorage, shared, bytesPerSecond, replacesStale = false } = input;
  return {
    copyStorage,
    ...(shared === undefined ? {} : { shared }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
    replaces: { since: 0, stale: replacesStale },
  };
}

/**
 * One live migration, up its ladder, or the one that is under way. Its failure is a value, since where the VM is must be
 * asked before anything is made of it.
 */
export async function migrateLive(
  input: MigrateInput,
  ladder: Migration['ladder'],
  context: StepContext,
): Promise<Failure | undefined> {
  const { vm, id, from, to, maxDowntimeMs } = input;
  const text = `Moving ${vm} to ${formatPlace(to)}`;
  context.progress({ text });
  try {
    const ends = { id, source: from.host, target: to.host };
    await context.hypervisor.migrate(
      { ...ends, ladder, maxDowntimeMs, ...storageOf(input), ...deadline(input, ladder, context) },
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

/** By when live rungs have to have moved it: a restart after them needs its own share of the time. */
function deadline(
  { ladder: whole }: MigrateInput,
  ladder: Migration['ladder'],
  { deadlineAt, clock }: StepContext,
): Pick<Migration, 'deadlineAt'> {
  if (deadlineAt === undefined) {
    return {};
  }
  const now = clock.now();
  const leftMs = Math.max(0, deadlineAt - now);
  const usableMs = leftMs - Math.min(marginMs, leftMs * marginShare);
  return { deadlineAt: Math.round(now + (usableMs * ladder.length) / whole.length) };
}

/** Whether a VM that could not be moved live may be restarted: a refusal that stops every move would stop that one too. */
export function leadsToRestart({ code, kind }: Failure, { ladder }: MigrateInput): boolean {
  return (
    ladder.includes('restart') &&
    (code === 'migration-stalled' || (code === 'migration-refused' && kind === 'permanent'))
  );
}

/** After a look the outcome is known: the VM did not move. A code of another sort becomes the cause. */
export function knownAtSource(failure: Failure, { vm, from }: MigrateInput): Failure {
  return leftAtSourceCodes.includes(failure.code)
    ? failure
    : {
        code: 'migration-aborted',
        kind: failure.kind === 'outcome-unknown' ? 'transient' : failure.kind,
        message: `${vm} did not move and still runs on ${formatPlace(from)}`,
        cause: failure.message,
      };
}

/** It was reported done, and the look that followed says otherwise. */
export function endedAtSource({ vm, from, to }: MigrateInput): Failure {
  return {
    code: 'migration-aborted',
    kind: 'transient',
    message: `the migration of ${vm} to ${formatPlace(to)} was reported done, but it runs on ${formatPlace(from)}`,
  };
}
