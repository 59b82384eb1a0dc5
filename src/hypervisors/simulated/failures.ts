import { type Failure, FailureError } from '../../model/failure.js';
import type { Request } from './call.js';

/** A failure as an outcome: the subject and reason, and what a person can do. */
export function failed(
  code: string,
  kind: Failure['kind'],
  message: string,
  hint?: string,
): { readonly failure: Failure } {
  return { failure: { code, kind, message, ...(hint === undefined ? {} : { hint }) } };
}

/** The failure of a call that nobody could be asked about: nothing has happened. */
export function unreachable(request: Request, whom: string): { readonly failure: Failure } {
  switch (request.port) {
    case 'fencer':
      return failed(
        'fence-unreachable',
        'transient',
        `The fence device of ${request.host} does not answer`,
        attestHint,
      );
    case 'notifier':
      return failed('notice-not-sent', 'transient', 'The mail server does not answer');
    default:
      return failed('host-unreachable', 'transient', `${whom} cannot be reached`, 'Check the host and the link to it');
  }
}

const attestHint = 'Switch the host off by hand and attest it';

/** The failure of a call that was asked and whose answer never came. */
export function replyLost(request: Request, whom: string): { readonly failure: Failure } {
  switch (request.port) {
    case 'fencer':
      return failed('fence-failed', 'transient', `The fence device of ${request.host} broke off`, attestHint);
    case 'notifier':
      return failed('notice-not-sent', 'transient', 'The mail server broke off');
    default:
      return failed(
        'reply-lost',
        'outcome-unknown',
        `The connection to ${whom} ended before ${request.method} was answered`,
        'Look at what is there before doing it again',
      );
  }
}

/** The failure of a call that was refused for now. */
export function refused(request: Request, whom: string): { readonly failure: Failure } {
  switch (request.port) {
    case 'fencer':
      return failed('fence-failed', 'transient', `The fence agent of ${request.host} failed`, attestHint);
    case 'notifier':
      return failed('notice-not-sent', 'transient', 'The mail server refused the notice');
    default:
      return failed('host-unreachable', 'transient', `${whom} refused the connection`, 'Try again');
  }
}

/** What a caller sees who has aborted. A reason that is a failure itself is passed on. */
export function abortedBy(reason: unknown, request: Request, wasAsked: boolean): FailureError {
  if (reason instanceof FailureError) {
    return reason;
  }
  const { failure } = failed(
    'call-aborted',
    wasAsked ? 'outcome-unknown' : 'precondition',
    `${request.method} was aborted ${wasAsked ? 'before it was answered' : 'before it was asked'}`,
  );
  return new FailureError(failure, { cause: reason });
}
