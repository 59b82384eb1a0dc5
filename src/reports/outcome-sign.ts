import type { Finding } from '../model/finding.js';
import type { LaneOutcome, Objective, Standing, StepOutcome, VmOutcome } from './run-report.js';

/** How an outcome is shown: a sign and a word, so that colour is never needed. */
export interface OutcomeSign {
  /** One ASCII character. */
  readonly sign: string;
  readonly word: string;
  readonly tone: Tone;
}

export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle';

type Outcome =
  | Standing['result']
  | StepOutcome
  | LaneOutcome
  | VmOutcome
  | Objective['verdict']
  | Finding['severity']
  | 'skipped'
  | 'not-started'
  | 'contradictory';

const signs: Readonly<Record<Outcome, OutcomeSign>> = {
  succeeded: { sign: '+', word: 'succeeded', tone: 'good' },
  recovered: { sign: '+', word: 'recovered', tone: 'good' },
  moved: { sign: '+', word: 'moved', tone: 'good' },
  reversed: { sign: '+', word: 'reversed', tone: 'good' },
  met: { sign: '+', word: 'met', tone: 'good' },
  failed: { sign: 'x', word: 'failed', tone: 'bad' },
  missed: { sign: 'x', word: 'missed', tone: 'bad' },
  contradictory: { sign: 'x', word: 'contradictory', tone: 'bad' },
  blocker: { sign: 'x', word: 'blocker', tone: 'bad' },
  'with-errors': { sign: '!', word: 'finished with errors', tone: 'warn' },
  'passed-over': { sign: '!', word: 'passed over', tone: 'warn' },
  unproven: { sign: '!', word: 'unproven', tone: 'warn' },
  waiting: { sign: '!', word: 'waits for an operator', tone: 'warn' },
  warning: { sign: '!', word: 'warning', tone: 'warn' },
  unknown: { sign: '?', word: 'outcome unknown', tone: 'warn' },
  running: { sign: '>', word: 'running', tone: 'busy' },
  retrying: { sign: '>', word: 'tries again', tone: 'busy' },
  open: { sign: '>', word: 'open', tone: 'busy' },
  pending: { sign: '>', word: 'pending', tone: 'busy' },
  blocked: { sign: '-', word: 'blocked', tone: 'bad' },
  cancelled: { sign: '-', word: 'cancelled', tone: 'idle' },
  'not-reached': { sign: '-', word: 'not reached', tone: 'idle' },
  'not-started': { sign: '-', word: 'had not begun', tone: 'idle' },
  skipped: { sign: '-', word: 'skipped', tone: 'idle' },
  unmeasured: { sign: '-', word: 'not measured', tone: 'idle' },
  info: { sign: 'i', word: 'note', tone: 'idle' },
};

/** The sign of any outcome in a report. */
export function signOf(outcome: Outcome): OutcomeSign {
  return signs[outcome];
}

/** The word for an objective's verdict; `partly measured` when some VMs gave a figure and others did not. */
export function verdictWord(verdict: Objective['verdict'], measuredMs: number | undefined): string {
  return verdict === 'unmeasured' && measuredMs !== undefined ? 'partly measured' : signs[verdict].word;
}
