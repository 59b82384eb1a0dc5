import { FailureError } from '../../model/failure.js';
import { formatSize } from '../../model/units.js';
import { NbdServerError } from '../nbd/errors.js';

/** What the copier was about when something failed. */
export type CopyAct = 'pacing' | 'reading' | 'writing' | 'flushing';

export interface CopyTrouble {
  readonly subject: string;
  readonly act: CopyAct;
  /** Where on the disk. */
  readonly offset: number;
  /** Where the next attempt may begin. */
  readonly durable: number;
  readonly error: unknown;
}

/**
 * The failure that a copy ends with. What an endpoint has classified stays what it is and gets its subject; a full disk is
 * told by its code; everything else is a broken transfer, which may be taken up again.
 */
export function copyFailure({ subject, act, offset, durable, error }: CopyTrouble): FailureError {
  const where = act === 'flushing' ? 'flushing the target' : `${act} at byte ${offset}`;
  const message = `${subject}: ${where} failed`;
  const again = `it is taken up again at ${formatSize(durable)}; then look at the link and at both hosts`;
  if (error instanceof FailureError) {
    const { failure } = error;
    return new FailureError({ hint: again, ...failure, message: `${message}: ${failure.message}` }, { cause: error });
  }
  const reason = error instanceof Error ? error.message : String(error);
  if (isFull(error)) {
    return new FailureError(
      {
        code: 'no-space',
        kind: 'permanent',
        message: `${message}: the target is full`,
        hint: 'free some space there, or keep fewer recovery points; then retry',
        cause: reason,
      },
      { cause: error },
    );
  }
  return new FailureError(
    { code: 'transfer-broken', kind: 'transient', message: `${message}: ${reason}`, hint: again, cause: reason },
    { cause: error },
  );
}

function isFull(error: unknown): boolean {
  const local = error instanceof Error && 'code' in error ? error.code : undefined;
  const code = error instanceof NbdServerError ? error.errnoName : local;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
