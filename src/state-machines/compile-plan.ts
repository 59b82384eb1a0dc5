import type { AnyStateMachine } from 'xstate';
import type { Lane, Plan, Step } from '../model/plan.js';
import { laneMachine } from './lane-machine.js';
import { shapeKey, shapeOf } from './lane-shape.js';
import { runMachine } from './run-machine.js';

/** A plan with its machines: one for the run, one for each shape of lane. */
export interface CompiledPlan {
  readonly plan: Plan;
  readonly run: AnyStateMachine;
  readonly lanes: readonly CompiledLane[];
  readonly laneIndexes: ReadonlyMap<string, number>;
  /** One machine for each different shape, by the shape's key. */
  readonly machines: ReadonlyMap<string, AnyStateMachine>;
}

export interface CompiledLane {
  readonly lane: Lane;
  readonly stage: number;
  readonly machine: AnyStateMachine;
  /** The step behind each of the machine's states. */
  readonly places: ReadonlyMap<string, StepPlace>;
}

export interface StepPlace {
  readonly step: Step;
  readonly index: number;
  readonly isRecovery: boolean;
  /** Resources of the step in one string: lanes with the same one wait for the same slots. */
  readonly resources: string;
}

/** Makes the machines of a plan. Thousands of VMs of a few shapes make a few machines. */
export function compilePlan(plan: Plan): CompiledPlan {
  const machines = new Map<string, AnyStateMachine>();
  const lanes: CompiledLane[] = [];
  const laneIndexes = new Map<string, number>();
  plan.stages.forEach((stage, stageIndex) => {
    for (const lane of stage.lanes) {
      const shape = shapeOf(lane);
      const key = shapeKey(shape);
      const machine = machines.get(key) ?? laneMachine(shape);
      machines.set(key, machine);
      laneIndexes.set(lane.id, lanes.length);
      const places = new Map([
        ...shape.steps.map(({ name }, index) => placeOf(name, lane.steps[index], index, false)),
        ...shape.recovery.map(({ name }, index) => placeOf(name, lane.recovery[index], index, true)),
      ]);
      lanes.push({ lane, stage: stageIndex, machine, places });
    }
  });
  return { plan, run: runMachine(plan), lanes, laneIndexes, machines };
}

function placeOf(name: string, step: Step | undefined, index: number, isRecovery: boolean): [string, StepPlace] {
  if (step === undefined) {
    throw new Error(`the shape has a state ${name} that the lane has no step for`);
  }
  return [name, { step, index, isRecovery, resources: step.uses.toSorted().join(' ') }];
}
