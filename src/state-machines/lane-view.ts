import type { AnyMachineSnapshot } from 'xstate';
import type { MoveName } from '../model/request.js';
import { type CompiledLane, placeIn, type StepPlace } from './compile-plan.js';
import type { LaneContext } from './lane-event.js';
import type { LaneState, LaneStatus, StepActivity } from './run-state.js';

/** A lane as the rest of Lifeboat sees it, from its machine's state. */
export function laneView(compiled: CompiledLane, machineState: AnyMachineSnapshot): LaneState {
  const context = machineState.context as LaneContext;
  const { place, activity, status } = whereabouts(compiled, machineState);
  return {
    lane: compiled.lane.id,
    status,
    step: place?.index ?? (status === 'waiting' ? 0 : compiled.lane.steps.length),
    isRecovering: place?.isRecovery ?? false,
    activity,
    attempt: context.attempt,
    offers: place === undefined ? [] : offers(place, activity, context.isAnswered),
    outputs: context.outputs,
    passedOver: context.passedOver,
    ...(context.stepStartedAt === undefined ? {} : { stepStartedAt: context.stepStartedAt }),
    ...(context.dueAt === undefined ? {} : { dueAt: context.dueAt }),
    ...(context.failure === undefined ? {} : { failure: context.failure }),
    ...(context.toldBefore === undefined ? {} : { toldBefore: context.toldBefore }),
    ...(context.waitsFor === undefined ? {} : { waitsFor: context.waitsFor }),
    ...(context.startedAt === undefined ? {} : { startedAt: context.startedAt }),
    ...(context.finishedAt === undefined ? {} : { finishedAt: context.finishedAt }),
  };
}

/** The step that a lane's machine is in, what it does there, and what that makes of the lane. */
export function whereabouts(
  compiled: CompiledLane,
  machineState: AnyMachineSnapshot,
): { readonly place?: StepPlace; readonly activity: StepActivity; readonly status: LaneStatus } {
  const value = machineState.value as string | Readonly<Record<string, StepActivity>>;
  if (typeof value === 'string') {
    return { activity: 'idle', status: value as LaneStatus };
  }
  for (const name in value) {
    const place = placeIn(compiled, name);
    const activity = value[name];
    if (place !== undefined && activity !== undefined) {
      return { place, activity, status: place.isRecovery ? 'recovering' : 'active' };
    }
  }
  throw new Error(`lane ${compiled.lane.id} is in a state its machine does not have`);
}

/** The operator's moves that a step offers in this activity; the machine of the lane takes exactly these. */
function offers({ step, isRecovery }: StepPlace, activity: StepActivity, isAnswered: boolean): readonly MoveName[] {
  const attest: readonly MoveName[] = step.kind === 'fence' && step.action === 'run' ? ['attest'] : [];
  switch (activity) {
    case 'held':
      return [
        'retry',
        ...(step.isSkippable ? (['skip'] as const) : []),
        'abandon',
        ...(step.kind === 'approve' && !isRecovery ? (['approve', 'reject'] as const) : []),
        ...attest,
      ];
    case 'blind':
    case 'backoff':
      return ['retry', 'abandon', ...attest];
    case 'running':
      return step.kind === 'approve' && !isAnswered ? ['approve', 'reject'] : attest;
    default:
      return attest;
  }
}
