import type { AppendGuard } from './journal.js';
import { JournalError } from './journal.js';

/** What a store knows of a run when somebody appends to it. `token` is undefined while nobody holds the run's lease. */
export interface RunPosition {
  readonly lastSeq: number;
  readonly token: number | undefined;
}

/** Why an append is refused, or undefined when it may be written. A lost lease is said first: a stale writer has nothing to retry. */
export function refusalOf(runId: string, guard: AppendGuard, position: RunPosition): JournalError | undefined {
  if (guard.fencingToken !== position.token) {
    const holder =
      position.token === undefined ? 'nobody holds it now' : `token ${position.token} has been given out since`;
    return new JournalError(
      'lease-lost',
      `run ${runId}: nothing was written, since the lease with token ${guard.fencingToken} is no longer valid: ${holder}`,
      {
        hint: `another engine may have taken the run up: see \`lifeboat watch ${runId}\`, and resume it only if none has`,
      },
    );
  }
  if (guard.expectedSeq !== position.lastSeq) {
    return new JournalError(
      'seq-conflict',
      `run ${runId}: nothing was written, since its last entry is ${position.lastSeq} and not ${guard.expectedSeq} as the writer expected`,
      { hint: 'read the run again from its first entry before writing to it' },
    );
  }
  return undefined;
}

/** Every call on a store that was closed. */
export function closedError(subject: string): JournalError {
  return new JournalError('journal-unwritable', `${subject} is closed`, { hint: 'open it again' });
}
