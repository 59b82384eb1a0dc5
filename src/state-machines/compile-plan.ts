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
  readonly compiled: CompiledShape;
}

/** What lanes of the same shape share. */
export interface CompiledShape {
  readonly machine: AnyStateMachine;
  /** Where the step behind each of the machine's states stands. */
  readonly positions: ReadonlyMap<string, StepPosition>;
}

export interface StepPosition {
  readonly index: number;
  readonly isRecovery: boolean;
}

export interface StepPlace extends StepPosition {
  readonly step: Step;
  /** Resources of the step in one string: lanes with the same one wait for the same slots. */
  readonly resources: string;
}

/** A plan never changes, and neither does what comes of it: a journal that is folded again compiles nothing again. */
const compiledPlans = new WeakMap<Plan, CompiledPlan>();

/** Makes the machines of a plan. Thousands of VMs of a few shapes make a few machines. */
export function compilePlan(plan: Plan): CompiledPlan {
  const known = compiledPlans.get(plan) ?? compiledAnew(plan);
  compiledPlans.set(plan, known);
  return known;
}

function compiledAnew(plan: Plan): CompiledPlan {
  const shapes = new Map<string, CompiledShape>();
  const lanes: CompiledLane[] = [];
  const laneIndexes = new Map<string, number>();
  plan.stages.forEach((stage, stageIndex) => {
    for (const lane of stage.lanes) {
      laneIndexes.set(lane.id, lanes.length);
      lanes.push({ lane, stage: stageIndex, compiled: compiledShape(lane, shapes) });
    }
  });
  const machines = new Map([...shapes].map(([key, { machine }]) => [key, machine]));
  return { plan, run: runMachine(plan), lanes, laneIndexes, machines };
}

function compiledShape(lane: Lane, known: Map<string, CompiledShape>): CompiledShape {
  const shape = shapeOf(lane);
  const key = shapeKey(shape);
  const compiled = known.get(key) ?? {
    machine: laneMachine(shape),
    positions: new Map<string, StepPosition>([
      ...shape.steps.map(({ name }, index) => [name, { index, isRecovery: false }] as const),
      ...shape.recovery.map(({ name }, index) => [name, { index, isRecovery: true }] as const),
    ]),
  };
  known.set(key, compiled);
  return compiled;
}

/** The step of a lane that a state of its machine stands for; undefined for a state that is no step. */
export function placeIn({ lane, compiled }: CompiledLane, name: string): StepPlace | undefined {
  const position = compiled.positions.get(name);
  const step = position === undefined ? undefined : (position.isRecovery ? lane.recovery : lane.steps)[position.index];
  return position === undefined || step === undefined
    ? undefined
    : { ...position, step, resources: step.uses.length < 2 ? (step.uses[0] ?? '') : step.uses.toSorted().join(' ') };
}
