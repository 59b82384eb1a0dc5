import type { StepReference } from './entry.js';

/** What a machine asks for: plain data, done by the runner after the entries that led to it are durable. */
export type Intent =
  /** Append `step.started`, then act. `isAttached`: it is under way in the world already; follow it. */
  | ({ readonly intent: 'start-step'; readonly attempt: number; readonly isAttached: boolean } & StepReference)
  /** Signal the running step to stop; its outcome is still awaited. */
  | ({ readonly intent: 'cancel-step'; readonly reason: 'timeout' | 'cancel' } & StepReference)
  /** Look at the world and append `step.observed`. */
  | ({ readonly intent: 'observe-step' } & StepReference)
  | { readonly intent: 'set-timer'; readonly timer: string; readonly dueAt: number }
  | { readonly intent: 'clear-timer'; readonly timer: string }
  | { readonly intent: 'notify'; readonly event: 'started' | 'waiting' | 'failed' | 'finished' }
  /** Append `run.finished`. */
  | { readonly intent: 'finish-run' };
