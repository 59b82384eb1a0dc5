import type { AnyStateMachine } from 'xstate';
import type { AuthorityClause, Lane, Plan, Step, StepKind } from '../model/plan.js';
import { formatDuration } from '../model/units.js';
import { type CompiledPlan, compilePlan } from './compile-plan.js';
import {
  type ActivityState,
  activityStates,
  grouped,
  type HeldMove,
  heldMoves,
  whenFailed,
} from './diagram-activities.js';
import { type LaneShape, type StepShape, shapeKey, shapeOf } from './lane-shape.js';
import { stageState } from './run-machine.js';

/** What a picture of a plan shows, read off the machines that were compiled from it. Mermaid and SVG both draw this. */
export interface Diagram {
  /** `payroll, failover`. */
  readonly title: string;
  /** What becomes of the run when a lane fails: one sentence for the whole plan. */
  readonly failureRule: string;
  readonly stages: readonly DiagramStage[];
  /** What one step does between its start and its end; the same for every step, so it is drawn once. */
  readonly activities: readonly ActivityState[];
}

export interface DiagramStage {
  readonly title: string;
  /** Runs whatever happened before, also after a stop or a cancel. */
  readonly isAlways: boolean;
  /** The index of the stage that the run opens next, and of the one that it opens when it was stopped or cancelled. */
  readonly next: number | undefined;
  readonly nextWhenStopped: number | undefined;
  readonly groups: readonly LaneGroup[];
}

/** Lanes of one stage that share a machine. */
export interface LaneGroup {
  /** `db-1, db-2`, and beyond six `… and 34 more`. */
  readonly names: string;
  /** `40 VMs`; empty for a single lane. */
  readonly count: string;
  /** `vm/db-1, vm/db-2` of earlier stages that must have succeeded; empty when there are none. */
  readonly waitsFor: string;
  /** Its failure stops the run whatever the plan's rule says. */
  readonly stopsRun: boolean;
  readonly steps: readonly DiagramStep[];
  readonly recovery: readonly DiagramStep[];
  /** The ends that its machine has and that it can come to. */
  readonly ends: readonly string[];
}

export interface DiagramStep {
  /** The key of its state in the lane's machine, such as `2-promote`. */
  readonly name: string;
  readonly kind: StepKind;
  /** The kind and what it is about, such as `check replica`; of an author's own step its title. */
  readonly label: string;
  /** Attempts when there may be more than one, and the time for each: `3×, 2m`. */
  readonly limits: string;
  /** Where its machine goes when the last attempt has failed. */
  readonly whenFailed: 'fail' | 'continue' | 'ask';
  /** The operator's moves that its machine takes while it waits for one. */
  readonly moves: readonly HeldMove[];
  readonly authority?: AuthorityClause['rule'];
  /** What it does for the first lane, and for how many more. */
  readonly tooltip: string;
}

const namesShown = 6;

/** Compiles the plan and says what came of it. */
export function diagramOf(plan: Plan): Diagram {
  const compiled = compilePlan(plan);
  return {
    title: `${plan.runbook}, ${plan.mode}`,
    failureRule:
      plan.onLaneFailure === 'stop'
        ? 'A lane that fails stops the run, and only stages that run always are left.'
        : 'A lane that fails does not stop the others, but lanes that wait for it are blocked.',
    stages: plan.stages.map(({ title, isAlways, lanes }, index) => ({
      title,
      isAlways,
      ...waysOut(compiled, index),
      groups: grouped(lanes, (lane) => shapeKey(shapeOf(lane))).map(([key, alike]) =>
        groupOf(alike, compiled.machines.get(key)),
      ),
    })),
    activities: activityStates(shapesOf(compiled)),
  };
}

/** `a, b, c`; beyond the number shown, `… and 34 more`. */
function listed(names: readonly string[], shown = namesShown): string {
  const rest = names.length - shown;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, shown).join(', ')} … and ${rest} more`;
}

function waysOut({ plan, run }: CompiledPlan, index: number): Pick<DiagramStage, 'next' | 'nextWhenStopped'> {
  const ways = run.states[stageState(index)]?.transitions.get('STAGE_ENDED') ?? [];
  const [nextWhenStopped, next] = ways.map(({ target }) => {
    const stage = plan.stages.findIndex((_, other) => stageState(other) === target?.[0]?.key);
    return stage < 0 ? undefined : stage;
  });
  return { next, nextWhenStopped };
}

function shapesOf({ lanes }: CompiledPlan): readonly StepShape[] {
  return lanes.map(({ lane }) => shapeOf(lane)).flatMap(({ steps, recovery }) => [...steps, ...recovery]);
}

function groupOf(lanes: readonly Lane[], machine: AnyStateMachine | undefined): LaneGroup {
  const [first] = lanes;
  if (first === undefined || machine === undefined) {
    throw new Error('a stage has lanes that were not compiled');
  }
  const shape: LaneShape = shapeOf(first);
  const waitsFor = [...new Set(lanes.flatMap(({ after }) => after))];
  const stepOf = (pick: (lane: Lane) => readonly Step[]) => (stepShape: StepShape, index: number) =>
    diagramStep(
      lanes.flatMap((lane) => pick(lane)[index] ?? []),
      { shape: stepShape, machine, isOwn: first.subject.kind === 'run' },
    );
  return {
    names: listed(lanes.map(({ id, subject }) => (subject.kind === 'run' ? id : subject.name))),
    count: lanes.length === 1 ? '' : `${lanes.length} ${subjectWords[first.subject.kind]}`,
    waitsFor: listed(waitsFor, 3),
    stopsRun: lanes.some(({ stopsRun }) => stopsRun === true),
    steps: shape.steps.map(stepOf((lane) => lane.steps)),
    recovery: shape.recovery.map(stepOf((lane) => lane.recovery)),
    ends: Object.values(machine.states)
      .filter(({ type, key }) => type === 'final' && (key !== 'blocked' || waitsFor.length > 0))
      .map(({ key }) => key),
  };
}

const subjectWords = { vm: 'VMs', host: 'hosts', site: 'sites', run: 'lanes' } as const;

function diagramStep(
  alike: readonly Step[],
  { shape, machine, isOwn }: { readonly shape: StepShape; readonly machine: AnyStateMachine; readonly isOwn: boolean },
): DiagramStep {
  const [first] = alike;
  if (first === undefined) {
    throw new Error(`no lane has the step ${shape.name} of its shape`);
  }
  const more = alike.length - 1;
  const authority = alike.find((step) => step.authority !== undefined)?.authority;
  return {
    name: shape.name,
    kind: shape.kind,
    label: isOwn ? first.title : labelOf(alike, first),
    limits: limitsOf(alike),
    whenFailed: whenFailed(machine, shape.name),
    moves: heldMoves(machine, shape.name),
    ...(authority === undefined ? {} : { authority: authority.rule }),
    tooltip: more === 0 ? first.title : `${first.title} (and ${more} more like it)`,
  };
}

function labelOf(alike: readonly Step[], first: Step): string {
  const detail = detailOf(first);
  const isShared = alike.every((step) => detailOf(step) === detail);
  return first.action === 'undo'
    ? `undo ${first.kind}`
    : [first.kind, isShared ? detail : ''].filter(Boolean).join(' ');
}

/** What tells steps of one kind apart: of a `check` what it is about, of a `ready` its probe. */
function detailOf({ input }: Step): string {
  const { about, what, purpose, check } = input;
  const probe = typeof check === 'object' && check !== null && 'probe' in check ? check['probe'] : undefined;
  const detail = about ?? what ?? purpose ?? probe;
  return typeof detail === 'string' ? detail : '';
}

function limitsOf(alike: readonly Step[]): string {
  const attempts = alike.map(({ retry }) => retry.attempts);
  const times = alike.map(({ timeoutMs }) => timeoutMs);
  const most = Math.max(...attempts);
  const time = range(Math.min(...times), Math.max(...times), formatDuration);
  return most === 1 ? time : `${range(Math.min(...attempts), most, String)}×, ${time}`;
}

function range(least: number, most: number, text: (amount: number) => string): string {
  return least === most ? text(least) : `${text(least)}–${text(most)}`;
}
