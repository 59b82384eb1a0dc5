import type { RunResult } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { PlanConflict } from '../model/plan.js';

/** How every command ends. The numbers are fixed: scripts depend on them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  withErrors: 3,
  unreachable: 4,
  refused: 5,
  waiting: 6,
  usage: 64,
  invalidFile: 65,
  locked: 75,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The table of `lifeboat help exit-codes`. */
export const exitCodeMeanings: readonly { readonly code: ExitCode; readonly meaning: string; readonly next: string }[] =
  [
    { code: 0, meaning: 'done', next: 'Nothing is left to do.' },
    {
      code: 1,
      meaning: 'failed, or cancelled by an operator',
      next: '`lifeboat report RUN` tells what was done and what was not.',
    },
    {
      code: 3,
      meaning: 'finished with errors',
      next: 'Some VMs were left out; mend the cause and run the mode again for what is left.',
    },
    {
      code: 4,
      meaning: 'a host could not be reached',
      next: 'Nothing was changed. Mend the connection and try again.',
    },
    {
      code: 5,
      meaning: 'refused by a safety rule, or a saved plan is stale',
      next: 'Nothing was changed. The message says which rule, and what is allowed.',
    },
    {
      code: 6,
      meaning: 'waiting for an operator',
      next: 'Type one of the commands shown, then `lifeboat resume RUN`.',
    },
    {
      code: 64,
      meaning: 'usage: an unknown command or option, a missing file',
      next: '`lifeboat COMMAND --help` shows what there is.',
    },
    { code: 65, meaning: 'a file is invalid', next: '`lifeboat validate RUNBOOK` shows every problem with its line.' },
    { code: 75, meaning: 'locked by another run', next: '`lifeboat watch RUN` follows the run that has the VMs.' },
    { code: 130, meaning: 'interrupted by Ctrl-C', next: '`lifeboat resume RUN` goes on where it was let go.' },
  ];

/** What a run's result means for the shell. */
export function exitCodeOfResult(result: RunResult): ExitCode {
  switch (result) {
    case 'succeeded':
      return exitCodes.done;
    case 'with-errors':
      return exitCodes.withErrors;
    case 'failed':
    case 'cancelled':
      return exitCodes.failed;
  }
}

/** What a failure that ended a command means for the shell. */
export function exitCodeOfFailure({ code }: Pick<Failure, 'code'>): ExitCode {
  switch (code) {
    case 'locked':
    case 'lease-lost':
      return exitCodes.locked;
    case 'unsafe-plan':
    case 'move-not-offered':
      return exitCodes.refused;
    case 'run-not-found':
    case 'run-finished':
      return exitCodes.usage;
    case 'host-unreachable':
      return exitCodes.unreachable;
    default:
      return exitCodes.failed;
  }
}

/** Why no plan was made, for the shell: a safety rule speaks first, then the file, the hosts, and what cannot be now. */
export function exitCodeOfConflicts(conflicts: readonly Pick<PlanConflict, 'reason'>[]): ExitCode {
  const reasons = new Set(conflicts.map(({ reason }) => reason));
  if (reasons.has('safety')) {
    return exitCodes.refused;
  }
  if (reasons.has('invalid')) {
    return exitCodes.invalidFile;
  }
  return reasons.has('unreachable') ? exitCodes.unreachable : exitCodes.failed;
}
