import type { Backups } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import type { Cycle } from './cycle-request.js';

const thawAttempts = 3;
/** A thaw does not end with the caller's signal: a frozen guest would be left behind. */
const thawWithinMs = 60_000;

/** What of a cycle is needed for it. */
export type Quietened = Pick<Cycle, 'vm' | 'from' | 'signal' | 'note'> & {
  readonly tools: { readonly backups: Pick<Backups, 'freeze' | 'thaw'> };
};

/**
 * Does something at one moment of the VM, with its guest's file systems frozen if that can be had; they are thawed again
 * whatever happens. Says how consistent the moment was.
 */
export async function atQuietMoment(
  cycle: Quietened,
  { isWanted, act }: { readonly isWanted: boolean; readonly act: () => Promise<void> },
): Promise<'crash' | 'filesystem'> {
  if (!isWanted) {
    await act();
    return 'crash';
  }
  const { vm, from, signal, note } = cycle;
  let reason: string | undefined;
  let isFrozen = true;
  try {
    try {
      ({ reason } = await cycle.tools.backups.freeze({ host: from.host, id: vm.id }, signal));
      isFrozen = reason === undefined;
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.kind === 'transient') {
        throw error;
      }
      reason = `${error.failure.message}${error.failure.cause === undefined ? '' : `: ${error.failure.cause}`}`;
    }
    await act();
  } finally {
    if (isFrozen) {
      await thawSurely(cycle);
    }
  }
  if (reason !== undefined) {
    note(`the file systems of ${vm.name} were not frozen (${reason}): the point is as after a power cut`);
  }
  return reason === undefined ? 'filesystem' : 'crash';
}

/** Tries a few times, since a frozen guest stands still. */
export async function thawSurely({ vm, from, tools }: Pick<Quietened, 'vm' | 'from' | 'tools'>): Promise<void> {
  let trouble: unknown;
  for (let attempt = 0; attempt < thawAttempts; attempt += 1) {
    try {
      // The next attempt is made only after this one has failed.
      // oxlint-disable-next-line no-await-in-loop
      await tools.backups.thaw({ host: from.host, id: vm.id }, AbortSignal.timeout(thawWithinMs));
      return;
    } catch (error) {
      trouble = error;
    }
  }
  throw new FailureError(
    {
      code: 'guest-frozen',
      kind: 'permanent',
      message: `The file systems of ${vm.name} on ${from.host} could not be thawed`,
      hint: `thaw them now with \`virsh domfsthaw ${vm.name}\`; every further sync tries it first`,
      ...(trouble instanceof Error ? { cause: trouble.message } : {}),
    },
    { cause: trouble },
  );
}
