import type { Lane, Step } from '../../model/plan.js';
import type { LaneState, RunState } from '../../state-machines/run-state.js';
import type { StepProgress } from '../../steps/step-type.js';
import type { TypedCommands } from './typed-commands.js';

/** All that a picture of a run is made from. */
export interface RunView {
  readonly state: RunState;
  /** What the current step of a lane last said, by lane. */
  readonly progress: ReadonlyMap<string, { readonly step: string; readonly progress: StepProgress }>;
  /** Now in the time of the run, ms since the epoch. */
  readonly now: number;
  /** Real time that has passed since it was first seen; left out when the run's time is the real one. */
  readonly realElapsedMs?: number;
  readonly commands: TypedCommands;
}

/** A lane with what the plan says of it. */
export interface LaneInView {
  readonly lane: Lane;
  readonly state: LaneState;
  readonly stage: number;
}

/** The lanes that the plan and the state both know, in the order of the plan. */
export function lanesInView({ plan, lanes }: Pick<RunState, 'plan' | 'lanes'>): readonly LaneInView[] {
  const states = new Map(lanes.map((lane) => [lane.lane, lane]));
  return (plan?.stages ?? []).flatMap((stage, index) =>
    stage.lanes.flatMap((lane) => {
      const state = states.get(lane.id);
      return state === undefined ? [] : [{ lane, state, stage: index }];
    }),
  );
}

/** The step that a lane is in; undefined before its first and after its last. */
export function currentStep({ lane, state }: Pick<LaneInView, 'lane' | 'state'>): Step | undefined {
  return (state.isRecovering ? lane.recovery : lane.steps)[state.step];
}

/** Whether the lane waits for an operator's move: a step that failed, or an approval. */
export function isHeld({ status, activity, offers }: Pick<LaneState, 'status' | 'activity' | 'offers'>): boolean {
  return (status === 'active' || status === 'recovering') && (activity === 'held' || offers.includes('approve'));
}
