import type { Entry } from '../model/entry.js';
import type { Plan } from '../model/plan.js';
import type { MoveName, OperatorMove } from '../model/request.js';
import type { RunState } from '../state-machines/run-state.js';
import type { StepProgress } from '../steps/step-type.js';
import type { RunSummary } from '../stores/journal.js';

/** The one door: the command line, the API and triggers start and steer runs through it and nothing else. */
export interface Engine {
  /** Takes the lease and journals the request and its plan, then runs it. Refusals are `FailureError`s: `locked`, `stale-plan`, `refused`. */
  start(plan: Plan): Promise<ActiveRun>;
  /** Takes up a run that is open and whose engine has ended, or that waits. Failures: `run-not-found`, `run-finished`, `locked`. */
  resume(runId: string, by: string): Promise<ActiveRun>;
  /** Hands an operator's move to the engine that has the run; refused at once when the run's state does not offer it. */
  move(runId: string, move: OperatorMove, author: { readonly by: string; readonly reason: string }): Promise<void>;
  /** The state folded from the journal; also of runs that another engine has. */
  read(runId: string): Promise<{ readonly state: RunState; readonly entries: readonly Entry[] }>;
  runs(): Promise<readonly RunSummary[]>;
}

export interface ActiveRun {
  readonly runId: string;
  /** The newest state. Always at the end of the journal. */
  state(): RunState;
  /** Calls back after each change of the state and at each progress, until the run ends; the function returned stops it. */
  watch(listener: (event: RunEvent) => void): () => void;
  /** Resolves when the run has finished, waits for an operator and nothing else can go on, or was let go. Rejects when the journal fails. */
  readonly ended: Promise<'finished' | 'waiting'>;
  /** Lets the run go at a safe point without ending it: no new step begins; steps under way go on in the world. It can be resumed. */
  letGo(): Promise<void>;
}

export type RunEvent =
  | { readonly event: 'entries'; readonly entries: readonly Entry[] }
  | { readonly event: 'progress'; readonly lane: string; readonly step: string; readonly progress: StepProgress };

/** Moves that a run offers now, with the lanes they are about. */
export interface OfferedMove {
  readonly move: MoveName;
  readonly lane?: string;
  /** What it will do, one sentence. */
  readonly effect: string;
}
