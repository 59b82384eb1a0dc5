import type { Finding } from '../model/finding.js';
import type { PlanConflict } from '../model/plan.js';

/** A reason why there can be no plan. `path` is a JSON pointer into the runbook, when the mend is there. */
export function conflict(
  reason: PlanConflict['reason'],
  about: {
    readonly code: string;
    readonly subject: string;
    readonly message: string;
    readonly hint?: string | undefined;
  } & {
    readonly path?: string | undefined;
  },
): PlanConflict {
  const { code, subject, message, hint, path } = about;
  return {
    code,
    severity: 'blocker',
    subject,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(path === undefined ? {} : { path }),
    reason,
  };
}

export function warning(code: string, subject: string, message: string, hint?: string): Finding {
  return { code, severity: 'warning', subject, message, ...(hint === undefined ? {} : { hint }) };
}

/** `a, b and c`; after five names only how many more there are. */
export function listed(names: readonly string[]): string {
  const shown = names.length > 6 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  return shown.length < 2 ? (shown[0] ?? 'none') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`;
}
