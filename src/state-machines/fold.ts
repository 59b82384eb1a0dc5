import { type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import type { Proof } from '../model/authority.js';
import type { RunResult, StepReference } from '../model/entry.js';
import type { Intent } from '../model/intent.js';
import type { Plan } from '../model/plan.js';
import type { DueLanes } from './admission.js';
import { AuthorityLedger } from './authority-ledger.js';
import { type CompiledLane, type CompiledPlan, compilePlan, type StepPlace } from './compile-plan.js';
import type { LaneContext, LaneEvent } from './lane-event.js';
import { laneView, whereabouts } from './lane-view.js';
import { type NoticeEvent, withoutNotice } from './owed-notices.js';
import type { RunEvent } from './run-machine.js';
import type { LaneState, RunPhase, RunState } from './run-state.js';
import { type LaneMoment, SlotBook } from './slot-book.js';

/** A run's state together with the machines' own, from which it is seen. Made and understood by this folder alone. */
export interface FoldedRun extends RunState {
  readonly machines?: FoldedMachines;
}

export interface FoldedMachines {
  readonly compiled: CompiledPlan;
  readonly run: AnyMachineSnapshot;
  readonly lanes: readonly AnyMachineSnapshot[];
  /** Lanes of the current stage that have not ended. */
  readonly open: number;
  readonly used: Readonly<Record<string, number>>;
  readonly due: DueLanes;
  /** See `owedNotices`. */
  readonly owed: readonly NoticeEvent[];
}

/** A named action of a machine: what it asks for. */
interface RequestedAction {
  readonly type: string;
  readonly params?: unknown;
}

/** The state of a run of which nothing is journalled yet. */
export function newRunState(runId: string): FoldedRun {
  return { runId, seq: 0, phase: 'requested', stage: -1, lanes: [], authority: AuthorityLedger.of([]), deaths: {} };
}

/**
 * One application of entries: copies what it changes, once, and leaves the state it began with alone. Lives only inside
 * `advance`.
 */
export class FoldDraft {
  readonly intents: Intent[] = [];
  seq: number;
  requestedAt: number | undefined;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  result: RunResult | undefined;
  authority: AuthorityLedger;
  deaths: Record<string, Proof>;
  #compiled: CompiledPlan | undefined;
  #run: AnyMachineSnapshot | undefined;
  #lanes: AnyMachineSnapshot[];
  #views: LaneState[];
  readonly #slots: SlotBook;
  #owed: readonly NoticeEvent[];
  #stage: number;
  #open: number;
  readonly #runId: string;

  constructor(state: FoldedRun) {
    this.#runId = state.runId;
    this.seq = state.seq;
    this.requestedAt = state.requestedAt;
    this.startedAt = state.startedAt;
    this.finishedAt = state.finishedAt;
    this.result = state.result;
    this.authority = state.authority;
    this.deaths = state.deaths;
    this.#compiled = state.machines?.compiled;
    this.#run = state.machines?.run;
    this.#lanes = state.machines?.lanes.slice() ?? [];
    this.#views = state.lanes.slice();
    this.#slots = new SlotBook(state.machines ?? { used: {}, due: {} });
    this.#owed = state.machines?.owed ?? [];
    this.#open = state.machines?.open ?? 0;
    this.#stage = state.stage;
  }

  /** Makes the machines of the plan. */
  adopt(plan: Plan): void {
    const compiled = compilePlan(plan);
    this.#compiled = compiled;
    [this.#run] = initialTransition(compiled.run);
    const fresh = new Map([...compiled.machines.values()].map((machine) => [machine, initialTransition(machine)[0]]));
    this.#lanes = compiled.lanes.map(({ compiled: { machine } }) => fresh.get(machine) as AnyMachineSnapshot);
    this.#views = compiled.lanes.map((lane, index) => laneView(lane, this.#lane(index)));
    this.authority = AuthorityLedger.of(plan.authority);
    this.sendRun({ type: 'PLANNED' }, 0);
  }

  get views(): readonly LaneState[] {
    return this.#views;
  }

  /** The lane of that id and the step it is in, if the entry is still about that step. */
  current(reference: StepReference): { readonly index: number; readonly place: StepPlace } | undefined {
    const index = this.#compiled?.laneIndexes.get(reference.lane);
    const place = index === undefined ? undefined : this.placeOf(index);
    return index === undefined || place === undefined || place.step.id !== reference.step
      ? undefined
      : { index, place };
  }

  indexOf(lane: string): number | undefined {
    return this.#compiled?.laneIndexes.get(lane);
  }

  placeOf(index: number): StepPlace | undefined {
    return whereabouts(this.#compiledLane(index), this.#lane(index)).place;
  }

  /** Failed looks at the world since the lane's step became unknown. */
  looksOf(index: number): number {
    return (this.#lane(index).context as LaneContext).looks;
  }

  /** Sends an event to the run's machine and does what it asks for. */
  sendRun(event: RunEvent, at: number): void {
    const compiled = this.#compiled;
    if (compiled === undefined || this.#run === undefined) {
      return;
    }
    const [after, actions] = transition(compiled.run, this.#run, event);
    this.#run = after;
    for (const { type, params } of actions as readonly RequestedAction[]) {
      switch (type) {
        case 'openStage':
          this.#openStage((params as { readonly stage: number }).stage, at);
          break;
        case 'stopLanes':
          this.#stageLanes((index) => {
            if (!(this.#lane(index).context as LaneContext).hasBegun) {
              this.sendLane(index, { type: 'CANCEL', at });
            }
          });
          break;
        case 'cancelLanes':
          this.#stageLanes((index) => this.sendLane(index, { type: 'CANCEL', at }));
          break;
        case 'finishRun':
          this.intents.push({ intent: 'finish-run' });
          break;
        default:
      }
    }
  }

  /** Sends an event to a lane's machine, does what it asks for, and keeps slots, timers and views in step. */
  sendLane(index: number, event: LaneEvent): void {
    const compiled = this.#compiledLane(index);
    const before = this.#lane(index);
    if (before.status !== 'active') {
      return;
    }
    const [after, actions] = transition(compiled.compiled.machine, before, event);
    if (after === before) {
      return;
    }
    this.#lanes[index] = after;
    const was = this.#views[index] as LaneState;
    const view = laneView(compiled, after);
    this.#views[index] = view;
    this.#slots.turn(index, momentOf(compiled, before), momentOf(compiled, after));
    for (const action of actions as readonly RequestedAction[]) {
      this.#request(index, action, after.context as LaneContext);
    }
    this.#setTimer(was, view);
    this.#tell(was, view);
    if (after.status !== 'active') {
      this.#open -= 1;
      const { plan } = this.#compiled as CompiledPlan;
      if (view.status === 'failed' && (plan.onLaneFailure === 'stop' || compiled.lane.stopsRun === true)) {
        this.sendRun({ type: 'STOP' }, event.at);
      }
    }
  }

  /** Ends the stage when its last lane has ended, and so on while the next ones end at once. */
  settle(at: number): void {
    while (this.#open === 0 && this.#isInStage()) {
      this.sendRun({ type: 'STAGE_ENDED' }, at);
    }
  }

  /** Asks for the start of every due step that has its slots; of none while the run is paused. */
  admitDue(): void {
    if (this.#compiled === undefined || this.phase === 'paused') {
      return;
    }
    for (const index of this.#slots.admit(this.#compiled.plan.slots)) {
      this.#requestStart(index, false);
    }
  }

  get phase(): RunPhase {
    const value = this.#run?.value;
    if (value === undefined) {
      return 'requested';
    }
    if (typeof value === 'object') {
      return Object.values(value)[0] as RunPhase;
    }
    return value === 'finishing' ? 'running' : (value as RunPhase);
  }

  finish(): FoldedRun {
    return {
      runId: this.#runId,
      seq: this.seq,
      phase: this.phase,
      stage: this.#stage,
      lanes: this.#views,
      authority: this.authority,
      deaths: this.deaths,
      ...(this.#compiled === undefined ? {} : { plan: this.#compiled.plan }),
      ...(this.requestedAt === undefined ? {} : { requestedAt: this.requestedAt }),
      ...(this.startedAt === undefined ? {} : { startedAt: this.startedAt }),
      ...(this.finishedAt === undefined ? {} : { finishedAt: this.finishedAt }),
      ...(this.result === undefined ? {} : { result: this.result }),
      ...(this.#compiled === undefined || this.#run === undefined
        ? {}
        : {
            machines: {
              compiled: this.#compiled,
              run: this.#run,
              lanes: this.#lanes,
              open: this.#open,
              used: this.#slots.used,
              due: this.#slots.due,
              owed: this.#owed,
            },
          }),
    };
  }

  /** Asks for a notice, and remembers it if the runbook wants it. */
  notify(event: NoticeEvent): void {
    this.intents.push({ intent: 'notify', event });
    if (this.#compiled?.plan.notify?.includes(event) === true) {
      this.#owed = [...this.#owed, event];
    }
  }

  /** What became of a notice is journalled. */
  settleNotice(event: string): void {
    this.#owed = withoutNotice(this.#owed, event);
  }

  /** Asks again for everything that was asked for before an engine ended: notices, looks, timers, the end. */
  takeUp(at: number): void {
    this.intents.push(...this.#owed.map((event) => ({ intent: 'notify', event }) as const));
    this.#views.forEach((view, index) => {
      if (view.activity === 'backoff' && view.dueAt !== undefined) {
        this.intents.push({ intent: 'set-timer', timer: view.lane, dueAt: view.dueAt });
      } else if (view.activity !== 'idle' && view.activity !== 'held') {
        this.sendLane(index, { type: 'TAKE_UP', at });
      }
    });
    if (this.#run?.value === 'finishing') {
      this.intents.push({ intent: 'finish-run' });
    }
  }

  #isInStage(): boolean {
    return typeof this.#run?.value === 'object';
  }

  #openStage(stage: number, at: number): void {
    this.#stage = stage;
    const opened = this.#stageIndexes();
    this.#open = opened.length;
    for (const index of opened) {
      const { lane } = this.#compiledLane(index);
      const missing = lane.after.find((other) => this.#views[this.indexOf(other) ?? -1]?.status !== 'succeeded');
      this.sendLane(
        index,
        missing === undefined
          ? { type: 'OPEN', at }
          : { type: 'BLOCK', at, reason: `${missing} did not succeed, and this comes after it` },
      );
    }
  }

  #stageIndexes(): readonly number[] {
    return (this.#compiled?.lanes ?? []).flatMap(({ stage }, index) => (stage === this.#stage ? [index] : []));
  }

  #stageLanes(act: (index: number) => void): void {
    for (const index of this.#stageIndexes()) {
      act(index);
    }
  }

  #request(index: number, action: RequestedAction, context: LaneContext): void {
    const reference = this.#reference(index);
    switch (action.type) {
      case 'requestStep':
        if (context.isAttached) {
          this.#requestStart(index, true);
        }
        break;
      case 'requestStop':
        this.intents.push({
          intent: 'cancel-step',
          ...reference,
          reason: (action.params as { readonly reason: 'timeout' | 'cancel' }).reason,
        });
        break;
      case 'requestLook':
        this.intents.push({ intent: 'observe-step', ...reference });
        break;
      default:
    }
  }

  #requestStart(index: number, isAttached: boolean): void {
    const { attempt } = this.#lane(index).context as LaneContext;
    this.intents.push({
      intent: 'start-step',
      ...this.#reference(index),
      attempt: attempt + (isAttached ? 0 : 1),
      isAttached,
    });
  }

  #setTimer(was: LaneState, view: LaneState): void {
    if (view.dueAt !== undefined && view.dueAt !== was.dueAt) {
      this.intents.push({ intent: 'set-timer', timer: view.lane, dueAt: view.dueAt });
    } else if (view.dueAt === undefined && was.dueAt !== undefined) {
      this.intents.push({ intent: 'clear-timer', timer: view.lane });
    }
  }

  #tell(was: LaneState, view: LaneState): void {
    if (view.activity === 'held' && was.activity !== 'held') {
      this.notify('waiting');
    }
    if (view.status === 'failed') {
      this.notify('failed');
    }
  }

  #reference(index: number): StepReference {
    const place = this.placeOf(index);
    return { lane: this.#compiledLane(index).lane.id, step: place?.step.id ?? '' };
  }

  #lane(index: number): AnyMachineSnapshot {
    return this.#lanes[index] as AnyMachineSnapshot;
  }

  #compiledLane(index: number): CompiledLane {
    return (this.#compiled as CompiledPlan).lanes[index] as CompiledLane;
  }
}

function momentOf(compiled: CompiledLane, machineState: AnyMachineSnapshot): LaneMoment {
  const { activity, place } = whereabouts(compiled, machineState);
  return { machineState, activity, place };
}
