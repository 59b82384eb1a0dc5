import type { Entry } from '../model/entry.js';
import type { Plan } from '../model/plan.js';
import type { OperatorMove } from '../model/request.js';
import type { RunState } from '../state-machines/run-state.js';
import type { StepProgress } from '../steps/step-type.js';
import type { RunSummary } from '../stores/journal.js';

/** The one door: the command line, the API and triggers start and steer runs through it and nothing else. */
export interface Engine {
  /**
   * Takes the lease and journals the request and its plan, then runs it. Refused with a `FailureError`: `locked` another
   * run has one of its VMs, `unsafe-plan` it breaks a safety rule.
   */
  start(plan: Plan): Promise<ActiveRun>;
  /**
   * Takes up a run that is open and whose engine has ended, or that waits; also one that has finished before its
   * notices were sent. Refused with a `FailureError`: `run-not-found`, `run-finished`, `locked`.
   */
  resume(runId: string, by: string): Promise<ActiveRun>;
  /**
   * Hands an operator's move to the engine that has the run, or keeps it for the next one. Refused with a
   * `FailureError`: `run-not-found`, `run-finished`, `move-not-offered`.
   */
  move(runId: string, move: OperatorMove, author: MoveAuthor): Promise<void>;
  /** The state folded from the journal; also of runs that another engine has. Refused: `run-not-found`. */
  read(runId: string): Promise<{ readonly state: RunState; readonly entries: readonly Entry[] }>;
  runs(): Promise<readonly RunSummary[]>;
  /** Whether entries are on their way into a journal; a simulated clock stands still meanwhile. */
  isBusy(): boolean;
}

export interface MoveAuthor {
  readonly by: string;
  readonly reason: string;
}

export interface ActiveRun {
  readonly runId: string;
  /** The newest state: that of the journal's end. */
  state(): RunState;
  /** Calls back after each change of the state and at each progress, until the run ends; the function returned stops it. */
  watch(listener: (event: RunEvent) => void): () => void;
  /**
   * `finished`, or `waiting` when nothing but an operator can go on (unless the engine keeps waiting) and when it was
   * let go. Rejects with a `JournalError` when the journal fails: nothing is done after that.
   */
  readonly ended: Promise<'finished' | 'waiting'>;
  /**
   * Lets the run go without ending it: no new step begins, steps under way go on in the world. It can be resumed. May
   * be called twice.
   */
  letGo(): Promise<void>;
}

export type RunEvent =
  | { readonly event: 'entries'; readonly entries: readonly Entry[] }
  | {
      readonly event: 'progress';
      readonly lane: string;
      readonly step: string;
      readonly progress: StepProgress;
    };
