/**
 * A fact: something did not work. It serialises, so that the journal, the screen, the report and the retry rule all read
 * the same value.
 */
export interface Failure {
  /** Stable, kebab-case; each is listed in docs/failures.md. */
  readonly code: string;
  readonly kind: FailureKind;
  /** The subject and the reason, a sentence without a full stop at the end. */
  readonly message: string;
  /** What a person can do about it. */
  readonly hint?: string;
  /** What another system said, word for word. */
  readonly cause?: string;
}

/**
 * `transient` may be tried again by itself · `outcome-unknown` must be looked at before anything else ·
 * `precondition` nothing was changed · `permanent` stops the lane · `bug` is ours.
 */
export type FailureKind = 'precondition' | 'transient' | 'permanent' | 'outcome-unknown' | 'bug';

/** The exception by which a port or a step reports a failure. The executor turns it into a Failure. */
export class FailureError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: { readonly cause?: unknown }) {
    super(failure.message, options);
    this.name = 'FailureError';
    this.failure = failure;
  }
}
