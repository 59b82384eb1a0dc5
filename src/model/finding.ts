/** Advice: something a person should know before or after a run. It never stops anything by itself unless it blocks. */
export interface Finding {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly severity: 'info' | 'warning' | 'blocker';
  /** What it is about: a VM, host, site, group or file. */
  readonly subject: string;
  readonly message: string;
  readonly hint?: string;
}
