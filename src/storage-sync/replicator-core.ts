import type { ProtectionEntryBody } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { ReplicaReport } from '../model/replica-report.js';
import { advanceReplica, newReplica, type ReplicaEvent } from '../state-machines/replica.js';
import { deltaSeen } from './protection-reports.js';
import type { CycleResult } from './replicas.js';
import type { Member } from './replicator-members.js';
import { forecastRpo, formatForecast } from './rpo-forecast.js';
import { backOffMs, type ScheduledVm, schedule } from './schedule.js';
import { everyMsOf, obstacleOf, type StandingRules, standingOf, type Tended } from './tended-vm.js';

/** What holds for all VMs of a runbook while their replicas are tended. */
export interface ReplicatorRules extends StandingRules {
  /** Cycles at once of each resource; one that is not named has no limit. */
  readonly slots: Readonly<Record<string, number>>;
  /** One cycle for each VM, due or not. */
  readonly isOnce: boolean;
  /** Until when nothing may cross a link, `link/…`; undefined when it is open, infinite when no end is known. */
  readonly closedUntil: (link: string, at: number) => number | undefined;
}

export interface ReplicatorState {
  readonly vms: ReadonlyMap<string, Tended>;
  readonly isStopping: boolean;
}

export type ReplicatorEvent =
  /** `heldBy`: by VM the run that asks it to hold. */
  | {
      readonly type: 'looked';
      readonly at: number;
      readonly members: readonly Member[];
      readonly heldBy: ReadonlyMap<string, string>;
    }
  | { readonly type: 'held'; readonly at: number; readonly by: ReadonlyMap<string, string> }
  | { readonly type: 'synced'; readonly at: number; readonly vm: string; readonly result: CycleResult }
  | { readonly type: 'failed'; readonly at: number; readonly vm: string; readonly failure: Failure }
  | { readonly type: 'time'; readonly at: number }
  | { readonly type: 'stop'; readonly at: number };

export type ReplicatorIntent =
  | { readonly intent: 'begin-cycle'; readonly vm: string }
  | { readonly intent: 'end-cycle'; readonly vm: string; readonly why: string };

/** What follows from an event: entries are to be durable before the intents are acted upon. */
export interface ReplicatorStep {
  readonly state: ReplicatorState;
  readonly entries: readonly ProtectionEntryBody[];
  readonly intents: readonly ReplicatorIntent[];
  /** When to come again with the time, even if nothing happens until then. */
  readonly wakeAt?: number;
}

export const newReplicatorState: ReplicatorState = { vms: new Map(), isStopping: false };

/**
 * Applies an event. Pure: the same state, event and rules give the same step. `before` is what the journal tells of earlier
 * processes: of it only the measured cycles count, everything else is seen anew.
 */
export function advanceReplicator(
  state: ReplicatorState,
  event: ReplicatorEvent,
  rules: ReplicatorRules,
  before: ReadonlyMap<string, ReplicaReport> = new Map(),
): ReplicatorStep {
  const draft = new Draft(state, rules);
  switch (event.type) {
    case 'looked':
      draft.look(event.members, event.at, before);
      draft.hold(event.heldBy, event.at);
      break;
    case 'held':
      draft.hold(event.by, event.at);
      break;
    case 'synced':
      draft.complete(event.vm, event.result, event.at);
      break;
    case 'failed':
      draft.fail(event.vm, event.failure, event.at);
      break;
    case 'stop':
      draft.stop();
      break;
    case 'time':
      break;
  }
  return draft.settle(event.at);
}

/** Whether nothing is under way and, of one cycle for each, none is left to begin. */
export function isAtRest({ vms, isStopping }: ReplicatorState): boolean {
  const all = [...vms.values()];
  return all.every(({ cycle }) => cycle === undefined) && (isStopping || all.every(isTriedOrStuck));
}

function isTriedOrStuck(tended: Tended): boolean {
  return tended.tries > 0 || obstacleOf(tended) !== undefined;
}

/** One application of an event; lives only inside `advanceReplicator`. */
class Draft {
  readonly #vms: Map<string, Tended>;
  readonly #rules: ReplicatorRules;
  readonly #entries: ProtectionEntryBody[] = [];
  readonly #intents: ReplicatorIntent[] = [];
  #isStopping: boolean;

  constructor(state: ReplicatorState, rules: ReplicatorRules) {
    this.#vms = new Map(state.vms);
    this.#isStopping = state.isStopping;
    this.#rules = rules;
  }

  look(members: readonly Member[], at: number, before: ReadonlyMap<string, ReplicaReport>): void {
    for (const member of members) {
      const known = this.#vms.get(member.vm);
      this.#vms.set(member.vm, known === undefined ? this.#taken(member, at, before) : { ...known, member });
      this.#see(member, at);
    }
    const names = new Set(members.map(({ vm }) => vm));
    for (const [vm, tended] of this.#vms) {
      if (!names.has(vm)) {
        this.#change(vm, { member: { ...tended.member, needs: 'no host has it any more' } });
      }
    }
  }

  hold(by: ReadonlyMap<string, string>, at: number): void {
    for (const [vm, { heldBy }] of this.#vms) {
      const run = by.get(vm);
      if (run !== undefined) {
        this.#change(vm, { heldBy: run });
        if (heldBy === undefined) {
          this.#send(vm, { type: 'HOLD' });
        }
      } else if (heldBy !== undefined) {
        this.#change(vm, { heldBy: undefined });
        this.#send(vm, { type: 'RELEASE', at });
      }
    }
  }

  complete(vm: string, result: CycleResult, at: number): void {
    const tended = this.#vms.get(vm);
    if (tended?.cycle === undefined) {
      return;
    }
    const { member, replica } = tended;
    const { startedAt, route } = tended.cycle;
    const { bytes, transfer, reason, transferMs } = result;
    const { pinnedBy: _pinnedBy, ...point } = result.point;
    const dataAsOf = point.at;
    this.#entries.push({
      type: 'replica.synced',
      vm,
      ...route,
      point,
      transfer,
      ...(reason === undefined ? {} : { reason }),
      bytes,
      tookMs: at - startedAt,
      transferMs,
    });
    this.#send(vm, { type: 'COMPLETE', at, dataAsOf, nextAt: dataAsOf + everyMsOf(member) });
    const seen = deltaSeen({ before: replica.dataAsOf, point: dataAsOf, at, bytes, transferMs });
    const isDelta = transfer === 'delta' && member.replicate.method === 'block-sync' && seen !== undefined;
    const cycles = isDelta ? [...tended.cycles, seen].slice(-2) : tended.cycles;
    this.#change(vm, { cycles, cycle: undefined, failedAt: undefined, failure: undefined });
    this.#forecast(vm);
  }

  /** One that was ended for a run or at the end of this process is no failure of the replication. */
  fail(vm: string, failure: Failure, at: number): void {
    const tended = this.#vms.get(vm);
    if (tended?.cycle === undefined) {
      return;
    }
    const isAsked = tended.replica.activity === 'yielding' || this.#isStopping;
    const failures = tended.replica.failures + 1;
    const againAt = at + backOffMs(failures);
    this.#send(vm, { type: 'FAIL', at, againAt, isTrackingLost: false });
    if (isAsked) {
      this.#change(vm, { cycle: undefined });
      return;
    }
    this.#change(vm, { failure, failedAt: at, cycle: undefined });
    this.#entries.push({ type: 'replica.failed', vm, failure, failures, againAt });
  }

  stop(): void {
    this.#isStopping = true;
    for (const [vm, { cycle }] of this.#vms) {
      if (cycle !== undefined) {
        this.#intents.push({ intent: 'end-cycle', vm, why: 'Lifeboat was asked to end' });
      }
    }
  }

  settle(at: number): ReplicatorStep {
    const wakes = this.#isStopping ? [] : this.#begin(at);
    for (const [vm, tended] of this.#vms) {
      const heldFor = tended.cycle === undefined ? tended.heldBy : undefined;
      if (heldFor !== undefined && heldFor !== tended.heldFor) {
        this.#entries.push({ type: 'replica.held', vm, by: heldFor });
      }
      this.#change(vm, { heldFor });
      const { state, why, ageMs } = standingOf(tended, this.#rules, at);
      if (tended.told?.state !== state || tended.told.why !== why) {
        const told = { state, ...(why === undefined ? {} : { why }) };
        this.#change(vm, { told });
        this.#entries.push({ type: 'replica.changed', vm, ...told });
      }
      if (state === 'meeting-rpo' && ageMs !== undefined && tended.replica.activity !== 'mirroring') {
        wakes.push(at + Math.max(0, (this.#rules.rpoMs ?? Number.POSITIVE_INFINITY) - ageMs) + 1);
      }
    }
    const wakeAt = Math.min(...wakes);
    return {
      state: { vms: this.#vms, isStopping: this.#isStopping },
      entries: this.#entries,
      intents: this.#intents,
      ...(Number.isFinite(wakeAt) ? { wakeAt } : {}),
    };
  }

  /** Begins the cycles whose turn it is, and says when to look again. */
  #begin(at: number): number[] {
    const wakes: number[] = [];
    const scheduled = [...this.#vms.values()].map((tended): ScheduledVm => {
      const { member, replica, cycle, failedAt, tries } = tended;
      const closed = member.uses.flatMap((use) => this.#rules.closedUntil(use, at) ?? []);
      wakes.push(...closed);
      const isOver = this.#rules.isOnce && tries > 0;
      const isBroken = member.replicate.method === 'mirror' && replica.activity !== 'mirroring';
      return {
        vm: member.vm,
        everyMs: this.#rules.isOnce || isBroken ? 0 : everyMsOf(member),
        uses: cycle?.uses ?? member.uses,
        ...(replica.dataAsOf === undefined ? {} : { dataAsOf: replica.dataAsOf }),
        isRunning: cycle !== undefined,
        isHeld: isOver || closed.length > 0 || obstacleOf(tended) !== undefined,
        failures: replica.failures,
        ...(failedAt === undefined ? {} : { failedAt }),
      };
    });
    const { start, lookAt } = schedule(scheduled, { slots: this.#rules.slots }, at);
    for (const vm of start) {
      const { member, replica, tries = 0 } = this.#vms.get(vm) ?? {};
      // When is the schedule's to say; whether at all, the machine's.
      const time = { type: 'TIME', at: Math.max(at, replica?.dueAt ?? at) } as const;
      if (member?.route !== undefined && this.#send(vm, time).includes('requestTransfer')) {
        this.#change(vm, { cycle: { startedAt: at, route: member.route, uses: member.uses }, tries: tries + 1 });
        this.#intents.push({ intent: 'begin-cycle', vm });
      }
    }
    return lookAt === undefined ? wakes : [...wakes, lookAt];
  }

  #taken(member: Member, at: number, before: ReadonlyMap<string, ReplicaReport>): Tended {
    const dataAsOf = newestPoint(member);
    const dueAt = dataAsOf === undefined || this.#rules.isOnce ? at : dataAsOf + everyMsOf(member);
    const { method } = member.replicate;
    return {
      member,
      replica: newReplica({ method, dueAt, ...(dataAsOf === undefined ? {} : { dataAsOf }) }),
      tries: 0,
      cycles: before.get(member.vm)?.cycles ?? [],
    };
  }

  /** What a look shows of a replica and its source, told to the machine. */
  #see(member: Member, at: number): void {
    const { vm, isSourceSilent } = member;
    const tended = this.#vms.get(vm);
    if (tended === undefined) {
      return;
    }
    const { replica, silentSince } = tended;
    const point = newestPoint(member);
    if (point !== undefined && point > (replica.dataAsOf ?? Number.NEGATIVE_INFINITY)) {
      this.#send(vm, { type: 'SEEN', dataAsOf: point, nextAt: point + everyMsOf(member) });
    }
    if (replica.activity === 'mirroring' && ['broken', 'resyncing'].includes(member.replica?.state ?? '')) {
      this.#send(vm, { type: 'BREAK', at, againAt: at });
    }
    if (!isSourceSilent) {
      this.#change(vm, { silentSince: undefined });
      if (silentSince !== undefined) {
        this.#send(vm, { type: 'SOURCE_BACK', at });
      }
      return;
    }
    this.#change(vm, { silentSince: silentSince ?? at });
    if (at - (silentSince ?? at) >= this.#rules.lostAfterMs) {
      this.#send(vm, { type: 'SOURCE_LOST' });
    }
  }

  #forecast(vm: string): void {
    const tended = this.#vms.get(vm);
    const { rpoMs } = this.#rules;
    if (tended === undefined || rpoMs === undefined) {
      return;
    }
    const objective = { rpoMs, everyMs: everyMsOf(tended.member) };
    const seen = forecastRpo(tended.cycles, objective);
    const text = seen === undefined ? undefined : formatForecast(seen, objective);
    if ((text === undefined) !== (tended.forecast === undefined)) {
      this.#entries.push({ type: 'replica.forecast', vm, ...(text === undefined ? {} : { text }) });
      this.#change(vm, { forecast: text });
    }
  }

  /** Tells the machine, and asks the cycle under way to end when the machine wants that. */
  #send(vm: string, event: ReplicaEvent): readonly string[] {
    const tended = this.#vms.get(vm);
    if (tended === undefined) {
      return [];
    }
    const { state: replica, requests } = advanceReplica(tended.replica, event);
    this.#change(vm, { replica });
    if (requests.includes('requestYield') && tended.cycle !== undefined) {
      this.#intents.push({ intent: 'end-cycle', vm, why: 'a run needs its disks still' });
    }
    return requests;
  }

  #change(vm: string, parts: Partial<Tended>): void {
    const tended = this.#vms.get(vm);
    if (tended !== undefined) {
      this.#vms.set(vm, { ...tended, ...parts });
    }
  }
}

/** Moment of the newest point that its replica shows. */
function newestPoint({ replica }: Member): number | undefined {
  return replica?.points.reduce<number | undefined>((last, { at }) => Math.max(last ?? at, at), undefined);
}
