import { FailureError } from '../../model/failure.js';

/** Turns what is left after a clean-up that reported success into a failure that may be tried again. */
export function requireGone(left: string | undefined): void {
  if (left !== undefined) {
    throw new FailureError({
      code: 'cleanup-unconfirmed',
      kind: 'transient',
      message: `the clean-up went through, but was not seen to work: ${left}`,
      hint: 'retry: a clean-up may be repeated from every state',
    });
  }
}
