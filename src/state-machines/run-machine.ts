import { type AnyStateMachine, assign, setup } from 'xstate';
import type { Plan } from '../model/plan.js';

/** Everything that can happen to a run as a whole. The fold makes these from entries and from the ends of lanes. */
export type RunEvent =
  | { readonly type: 'PLANNED' }
  | { readonly type: 'START' }
  | { readonly type: 'STAGE_ENDED' }
  /** A lane failed whose failure stops the run. */
  | { readonly type: 'STOP' }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  | { readonly type: 'CANCEL' }
  | { readonly type: 'FINISHED' };

export interface RunContext {
  readonly isCancelled: boolean;
  readonly isStopped: boolean;
}

/**
 * The machine of a plan's run: one state for each stage, one after the other. After a stop or a cancel only the stages
 * that run always are left. It asks by `openStage`, `stopLanes`, `cancelLanes` and `finishRun`.
 */
export function runMachine(plan: Pick<Plan, 'stages'>): AnyStateMachine {
  const names = plan.stages.map((_, index) => stageState(index));
  const stages = plan.stages.map((stage, index) => {
    const nextAlways = plan.stages.findIndex(({ isAlways }, other) => isAlways && other > index);
    const onward = `#run.${names[index + 1] ?? 'finishing'}`;
    const wayOut = `#run.${nextAlways < 0 ? 'finishing' : stageState(nextAlways)}`;
    return [
      stageState(index),
      {
        entry: { type: 'openStage', params: { stage: index } },
        initial: 'running',
        states: {
          running: { on: { PAUSE: 'paused', ...(stage.isAlways ? {} : stops) } },
          paused: { on: { RESUME: 'running', ...(stage.isAlways ? {} : stops) } },
          ...(stage.isAlways
            ? {}
            : {
                stopping: { entry: ['noteStop', 'stopLanes'], on: { CANCEL: 'cancelling' } },
                cancelling: { entry: ['noteCancel', 'cancelLanes'] },
              }),
        },
        on: { STAGE_ENDED: [{ guard: 'isEnding', target: wayOut }, { target: onward }] },
      },
    ];
  });
  return runs.createMachine({
    id: 'run',
    context: { isCancelled: false, isStopped: false },
    initial: 'requested',
    states: {
      requested: { on: { PLANNED: 'planned' } },
      planned: {
        on: {
          START: names[0] ?? 'finishing',
          CANCEL: { target: 'finishing', actions: 'noteCancel' },
        },
      },
      ...Object.fromEntries(stages),
      finishing: { entry: 'finishRun', on: { FINISHED: 'finished' } },
      finished: { type: 'final' },
    },
  });
}

/** The state's key of a stage, by its place in the plan. */
export function stageState(index: number): string {
  return `stage-${index + 1}`;
}

const stops = { STOP: 'stopping', CANCEL: 'cancelling' };

const runs = setup({
  types: { context: {} as RunContext, events: {} as RunEvent },
  actions: {
    openStage: () => undefined,
    stopLanes: () => undefined,
    cancelLanes: () => undefined,
    finishRun: () => undefined,
    noteStop: assign({ isStopped: true }),
    noteCancel: assign({ isCancelled: true }),
  },
  guards: { isEnding: ({ context }) => context.isCancelled || context.isStopped },
});
