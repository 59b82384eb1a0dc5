import type { Lane, Step } from '../model/plan.js';

/**
 * What a lane's machine depends on. Lanes of the same shape share one machine, so that thousands of VMs cost a few
 * machines; everything else about a step stays in the plan.
 */
export interface LaneShape {
  readonly steps: readonly StepShape[];
  readonly recovery: readonly StepShape[];
}

export interface StepShape {
  /** State key: position and kind, such as `2-promote`; unique in the shape and without dots. */
  readonly name: string;
  readonly kind: Step['kind'];
  readonly onFailure: Step['onFailure'];
  readonly isSkippable: boolean;
}

export function shapeOf(lane: Lane): LaneShape {
  return { steps: lane.steps.map(stepShape), recovery: lane.recovery.map(recoveryShape) };
}

/** Equal for lanes that can share a machine. */
export function shapeKey(shape: LaneShape): string {
  return [...shape.steps, ...shape.recovery]
    .map(({ name, onFailure, isSkippable }) => `${name} ${onFailure}${isSkippable ? '' : '!'}`)
    .join(' | ');
}

function stepShape(step: Step, index: number): StepShape {
  const name = `${index + 1}-${step.action === 'undo' ? 'undo-' : ''}${step.kind}`;
  return { name, kind: step.kind, onFailure: step.onFailure, isSkippable: step.isSkippable };
}

/** A recovery step that fails always waits for a person: giving up silently would leave things half undone. */
function recoveryShape(step: Step, index: number): StepShape {
  return { ...stepShape(step, index), name: `recovery-${stepShape(step, index).name}`, onFailure: 'ask' };
}
