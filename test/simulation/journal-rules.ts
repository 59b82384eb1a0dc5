import { isDeepStrictEqual } from 'node:util';
import type { Entry, StepReference } from '../../src/model/entry.js';
import type { Lane, Plan, Step } from '../../src/model/plan.js';
import { renderHtml, renderJson, renderJUnit, renderText, reportOf } from '../../src/reports/index.js';
import {
  advance,
  type FoldedRun,
  freezeRun,
  type LaneState,
  newRunState,
  type RunState,
  thawRun,
} from '../../src/state-machines/index.js';
import type { Rule } from './violation.js';

export interface RunRecord {
  readonly runId: string;
  readonly entries: readonly Entry[];
  /** The state as the engine that ran it had it last. */
  readonly state: RunState;
}

type Report = (rule: Rule, detail: string) => void;

/** What a run's journal has to keep, by itself. `isThorough` also folds it in other ways and renders every report. */
export function checkJournal({ runId, entries, state }: RunRecord, isThorough: boolean, report: Report): void {
  checkNumbers(runId, entries, report);
  const walk = new Walk(runId, report);
  for (const entry of entries) {
    walk.apply(entry);
  }
  checkFolds({ runId, entries, state, stepwise: walk.state }, isThorough, report);
  checkResult(runId, walk.state, report);
  checkReport({ runId, entries }, isThorough, report);
}

function checkNumbers(runId: string, entries: readonly Entry[], report: Report): void {
  entries.forEach((entry, index) => {
    if (entry.seq !== index + 1 || entry.at < (entries[index - 1]?.at ?? 0)) {
      report('journal-is-gapless', `${runId}: entry ${index + 1} is ${entry.seq} at ${entry.at}`);
    }
  });
}

/** What can be seen of a state; how the machines keep it is their own. */
function visible(state: FoldedRun | RunState): object {
  const { machines, authority, ...rest } = state as FoldedRun;
  const held = Object.fromEntries(authority.values().map((each) => [each.vm, each]));
  return { ...rest, held, used: machines === undefined ? {} : positive(machines.used) };
}

function positive(used: Readonly<Record<string, number>>): object {
  return Object.fromEntries(Object.entries(used).filter(([, count]) => count !== 0));
}

function checkFolds(
  { runId, entries, state, stepwise }: RunRecord & { readonly stepwise: FoldedRun },
  isThorough: boolean,
  report: Report,
): void {
  const folds: Record<string, FoldedRun | RunState | undefined> = { 'the state that the engine had': state };
  if (isThorough) {
    const whole = advance(newRunState(runId), entries).state;
    folds['the fold of all at once'] = whole;
    folds['the fold that was kept'] = thawRun(freezeRun(whole), entries);
  }
  for (const [name, other] of Object.entries(folds)) {
    if (other === undefined || !isDeepStrictEqual(visible(stepwise), visible(other))) {
      report('fold-is-state', `${runId}: the fold entry by entry is not ${name}`);
    }
  }
}

function checkResult(runId: string, { result, lanes }: RunState, report: Report): void {
  const other = lanes.filter(({ status }) => status !== 'succeeded');
  if (result === 'succeeded' && other.length > 0) {
    report('result-is-true', `${runId} succeeded, with ${other.map(({ lane, status }) => `${lane} ${status}`).join()}`);
  }
}

function checkReport(
  { runId, entries }: { readonly runId: string; readonly entries: readonly Entry[] },
  isThorough: boolean,
  report: Report,
): void {
  try {
    const made = reportOf(runId, entries);
    renderText(made);
    if (isThorough) {
      renderHtml(made);
      renderJson(made);
      renderJUnit(made);
    }
  } catch (error) {
    report('report-renders', `${runId}: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
  }
}

/** Folds a journal entry by entry, and holds each step's start against the rules. */
class Walk {
  state: FoldedRun;
  readonly #report: Report;
  readonly #lanes = new Map<string, { readonly lane: Lane; readonly stage: number; readonly index: number }>();
  /** Steps that have begun, and since then nothing has happened that allows another start. */
  readonly #begun = new Set<string>();
  /** Steps that have begun without the proof that they need, unless they are refused at once. */
  readonly #unproven = new Map<string, string>();

  constructor(runId: string, report: Report) {
    this.state = newRunState(runId);
    this.#report = report;
  }

  apply(entry: Entry): void {
    if (entry.type === 'run.planned') {
      this.#index(entry.plan);
    }
    if (entry.type === 'step.started') {
      this.#begins(entry);
    } else {
      this.#allowsAgain(entry);
      this.#goesOn(entry);
    }
    this.state = advance(this.state, [entry]).state;
    if (entry.type === 'step.started') {
      this.#checkLimits(entry);
    }
  }

  #index(plan: Plan): void {
    let index = 0;
    plan.stages.forEach((stage, number) => {
      for (const lane of stage.lanes) {
        this.#lanes.set(lane.id, { lane, stage: number, index });
        index += 1;
      }
    });
  }

  #begins(entry: StepReference & { readonly seq: number }): void {
    const name = `${entry.lane}/${entry.step}`;
    const where = `${this.state.runId} entry ${entry.seq} ${name}`;
    if (this.#begun.has(name)) {
      this.#report('tried-again-for-a-reason', where);
    }
    this.#begun.add(name);
    const known = this.#lanes.get(entry.lane);
    if (known === undefined || known.stage !== this.state.stage) {
      this.#report('order-holds', `${where}: its stage is not the one that is open`);
      return;
    }
    for (const other of this.#lanes.values()) {
      if (other.stage < known.stage && isOpen(this.state.lanes[other.index])) {
        this.#report('order-holds', `${where}: ${other.lane.id} of an earlier stage has not ended`);
      }
    }
    for (const awaited of known.lane.after) {
      if (this.#lane(awaited)?.status !== 'succeeded') {
        this.#report('order-holds', `${where}: ${awaited} has not succeeded`);
      }
    }
    this.#checkProof(known.lane, entry, where);
  }

  #allowsAgain(entry: Entry): void {
    switch (entry.type) {
      case 'step.failed':
        if (entry.failure.kind === 'transient') {
          this.#begun.delete(`${entry.lane}/${entry.step}`);
        }
        break;
      case 'step.observed':
        if (entry.observation.verdict === 'not-started' || entry.observation.verdict === 'in-progress') {
          this.#begun.delete(`${entry.lane}/${entry.step}`);
        }
        break;
      case 'operator.moved':
        if (entry.move.move === 'retry') {
          this.#begun.clear();
        }
        break;
      default:
    }
  }

  #goesOn(entry: Entry): void {
    const name = 'step' in entry ? `${entry.lane}/${entry.step}` : '';
    const unproven = this.#unproven.get(name);
    const isRefused = entry.type === 'step.failed' && entry.failure.code === 'refused-by-safety';
    if (unproven !== undefined && !isRefused) {
      this.#report('death-is-proven', unproven);
    }
    this.#unproven.delete(name);
  }

  #lane(id: string): LaneState | undefined {
    return this.state.lanes[this.#lanes.get(id)?.index ?? -1];
  }

  /** A look that an operator asked for after the step had come to rest acts on nothing. */
  #isActing(index: number, { activity }: LaneState): boolean {
    const isLooking = activity === 'unknown' || activity === 'blind';
    const context = this.state.machines?.lanes[index]?.context as { readonly look?: string } | undefined;
    return activity === 'running' || activity === 'stopping' || (isLooking && context?.look !== 'operator');
  }

  /** Counts, apart from the machines' own books, what may be acting in the world. */
  #checkLimits({ seq }: Entry): void {
    const used = new Map<string, number>();
    for (const { lane, index } of this.#lanes.values()) {
      const view = this.state.lanes[index];
      const step = view === undefined || !this.#isActing(index, view) ? undefined : stepOf(lane, view);
      for (const name of step?.uses ?? []) {
        used.set(name, (used.get(name) ?? 0) + 1);
      }
    }
    for (const [name, count] of used) {
      const slots = this.state.plan?.slots[name] ?? Infinity;
      if (count > slots) {
        this.#report('limits-hold', `${this.state.runId} entry ${seq}: ${count} steps on ${name}, which has ${slots}`);
      }
    }
  }

  /** A promotion that takes a VM from its hosts needs each of them dead, or the VM seen stopped there. */
  #checkProof(lane: Lane, { step: id }: StepReference, where: string): void {
    const clause = lane.steps.find((step) => step.id === id)?.authority;
    if (clause?.rule !== 'takes') {
      return;
    }
    const { vm, from, to, deadHosts } = clause;
    const authority = this.state.authority.get(vm);
    const isThere = authority?.state === 'at' && authority.place.host === to.host;
    const outputs = Object.values(this.#lane(lane.id)?.outputs ?? {});
    const isStopped = outputs.some((output) => {
      const proof = output['proof'] as { kind?: string; place?: { host?: string } } | undefined;
      return proof?.kind === 'observed-stopped' && proof.place?.host === from.host;
    });
    const alive = [from.host, ...deadHosts].filter(
      (host) => this.state.deaths[host] === undefined && !(isStopped && host === from.host),
    );
    if (!isThere && alive.length > 0) {
      this.#unproven.set(`${lane.id}/${id}`, `${where}: nothing proves ${alive.join()} dead`);
    }
  }
}

function isOpen(view: LaneState | undefined): boolean {
  return view !== undefined && ['active', 'recovering'].includes(view.status);
}

function stepOf(lane: Lane, { isRecovering, step }: LaneState): Step | undefined {
  return (isRecovering ? lane.recovery : lane.steps)[step];
}
