import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { Authority } from '../model/authority.js';
import type { Entry } from '../model/entry.js';
import { AuthorityLedger } from './authority-ledger.js';
import { type CompiledPlan, compilePlan } from './compile-plan.js';
import type { FoldedMachines, FoldedRun } from './fold.js';
import { laneView } from './lane-view.js';

/** Raised with every change of the machines or of this form: a cache of another form is left aside. */
const format = 3;

interface FrozenRun extends Pick<FoldedRun, 'runId' | 'seq' | 'phase' | 'stage' | 'deaths'> {
  readonly format: number;
  readonly authority: readonly Authority[];
  readonly times: Pick<FoldedRun, 'requestedAt' | 'startedAt' | 'finishedAt' | 'result'>;
  readonly run: FrozenMachine;
  readonly lanes: readonly FrozenMachine[];
  readonly counts: Pick<FoldedMachines, 'open' | 'used' | 'due' | 'owed'>;
}

interface FrozenMachine {
  readonly value: unknown;
  readonly context: unknown;
}

/** A run's state as text, without its plan, which the journal has. Only for a run that has a plan. */
export function freezeRun(state: FoldedRun): string {
  const { machines, runId, seq, phase, stage, authority, deaths, requestedAt, startedAt, finishedAt, result } = state;
  if (machines === undefined) {
    throw new Error(`run ${runId} has no plan yet, and so nothing to keep`);
  }
  const { open, used, due, owed } = machines;
  return JSON.stringify({
    format,
    runId,
    seq,
    phase,
    stage,
    authority: authority.values(),
    deaths,
    times: { requestedAt, startedAt, finishedAt, result },
    run: frozen(machines.run),
    lanes: machines.lanes.map(frozen),
    counts: { open, used, due, owed },
  });
}

/**
 * The state that `freezeRun` made text of, with the plan from the journal's beginning. Undefined when the text is of
 * another form or another run: the whole journal is then folded instead, with the same result.
 */
export function thawRun(text: string, history: readonly Entry[]): FoldedRun | undefined {
  const kept = JSON.parse(text) as Partial<FrozenRun>;
  const planned = history.find((entry) => entry.type === 'run.planned');
  if (kept.format !== format || planned === undefined) {
    return undefined;
  }
  const { runId, seq, phase, stage, authority, deaths, times, run, lanes, counts } = kept as FrozenRun;
  const compiled = compilePlan(planned.plan);
  const machines: FoldedMachines = {
    compiled,
    run: thawed(compiled.run, run),
    lanes: lanes.map((lane, index) =>
      thawed((compiled.lanes[index] as CompiledPlan['lanes'][number]).compiled.machine, lane),
    ),
    ...counts,
  };
  const views = compiled.lanes.map((lane, index) => laneView(lane, machines.lanes[index] as AnyMachineSnapshot));
  const ledger = AuthorityLedger.of(authority);
  return { runId, seq, phase, stage, authority: ledger, deaths, ...times, plan: planned.plan, lanes: views, machines };
}

function frozen({ value, context }: AnyMachineSnapshot): FrozenMachine {
  return { value, context };
}

function thawed(machine: AnyStateMachine, { value, context }: FrozenMachine): AnyMachineSnapshot {
  return machine.resolveState({ value, context } as Parameters<typeof machine.resolveState>[0]);
}
