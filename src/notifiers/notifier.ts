/**
 * Tells people. A port. A run never waits for it and never fails because of it; each outcome is journalled.
 * Rejects with a `FailureError`, code `notice-not-sent`.
 */
export interface Notifier {
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}

export interface Notice {
  readonly runId: string;
  readonly runbook: string;
  readonly event: string;
  readonly subject: string;
  readonly text: string;
}
