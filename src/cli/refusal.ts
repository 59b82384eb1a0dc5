import { FailureError } from '../model/failure.js';
import { JournalError } from '../stores/journal.js';
import { type ExitCode, exitCodeOfFailure, exitCodes } from './exit-codes.js';

/** The command ends here, with nothing further done: the subject and the reason, and what to do next. */
export class Refusal extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  /** What another system said, word for word. */
  readonly said: string | undefined;

  constructor(exitCode: ExitCode, message: string, hint?: string, said?: string) {
    super(message);
    this.name = 'Refusal';
    this.exitCode = exitCode;
    this.hint = hint;
    this.said = said;
  }
}

/** What was typed cannot be done as it stands. */
export function usage(message: string, hint: string): Refusal {
  return new Refusal(exitCodes.usage, message, hint);
}

/** What a port, the engine or the journal reported, as the end of a command; undefined for an exception that is our own mistake. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) {
    return error;
  }
  if (error instanceof FailureError) {
    const { failure } = error;
    return new Refusal(exitCodeOfFailure(failure), failure.message, failure.hint, failure.cause);
  }
  if (error instanceof JournalError) {
    return new Refusal(exitCodeOfFailure(error), error.message, error.hint);
  }
  return undefined;
}
