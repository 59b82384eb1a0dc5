import type { Authority, Proof } from '../model/authority.js';
import type { NewEntry } from '../model/entry.js';
import type { JsonObject } from '../model/json.js';
import type { Place } from '../model/place.js';
import type { AuthorityClause, Step } from '../model/plan.js';
import type { RunState } from '../state-machines/run-state.js';
import { isSamePlace, undoneMove } from './authority.js';
import { proofOf, stoppedProof } from './death-proof.js';
import { contradictionCodes, leftAtSourceCodes, stoppedAtSourceCodes } from './migrate/verdict.js';

/** A moment of a step that the journal is about to keep, with what it knows then. */
export type StepMoment =
  | { readonly moment: 'started' }
  | { readonly moment: 'succeeded'; readonly output: JsonObject }
  /** Its failure, once the outcome is known: not for `outcome-unknown`, which is looked at first. */
  | { readonly moment: 'failed'; readonly code: string }
  /** A look found that it has not begun, has come to nothing, or has been left half way: what it saw is in the output. */
  | { readonly moment: 'observed-not-started'; readonly output?: JsonObject };

export interface StepEvent {
  readonly step: Step;
  readonly state: RunState;
  readonly when: StepMoment;
  /** ms since the epoch. */
  readonly at: number;
  readonly author: string;
}

/**
 * What must be journalled in one append with the step's own entry: where authority goes, each with the next epoch and
 * its proof, and which host is proven dead. Nothing for most steps, and nothing twice: a second attempt finds its move
 * journalled already.
 */
export function authorityEntries(event: StepEvent): readonly NewEntry[] {
  const { step, when, at, author } = event;
  const stamp = { at, author };
  if (step.action === 'undo') {
    const back = when.moment === 'succeeded' ? backFrom(undoneMove(step), when.output, event) : undefined;
    return back === undefined ? [] : [{ type: 'authority.moved' as const, authority: back, ...stamp }];
  }
  const death = when.moment === 'succeeded' && step.kind === 'fence' ? deathIn(when.output, event) : undefined;
  const moved = step.authority === undefined ? undefined : moveOf(step.authority, event);
  return [
    ...(death === undefined ? [] : [{ type: 'death.proven' as const, host: death.host, proof: death.proof, ...stamp }]),
    ...(moved === undefined ? [] : [{ type: 'authority.moved' as const, authority: moved, ...stamp }]),
  ];
}

function deathIn(output: JsonObject, { state }: StepEvent) {
  const proof = proofOf(output);
  return (proof?.kind === 'fenced-off' || proof?.kind === 'attested') && state.deaths[proof.host] === undefined
    ? { host: proof.host, proof }
    : undefined;
}

function moveOf(clause: AuthorityClause, event: StepEvent): Authority | undefined {
  switch (clause.rule) {
    case 'needs-at':
      return undefined;
    case 'moves':
      return liveMove(clause, event);
    case 'takes':
      return taking(clause, event);
  }
}

function liveMove(clause: AuthorityClause & { rule: 'moves' }, event: StepEvent): Authority | undefined {
  const { vm, from, to } = clause;
  const { when, at } = event;
  const isShutOff = event.step.input['state'] === 'shut-off';
  const backAtSource = (kind: 'observed-running' | 'observed-stopped'): Authority | undefined =>
    next(vm, event, { state: 'at', place: from }, { kind: isShutOff ? 'observed-stopped' : kind, place: from, at });
  switch (when.moment) {
    case 'started':
      return next(vm, event, { state: 'moving', from, to }, { kind: 'migration-started', from, to, at });
    case 'succeeded':
      return next(vm, event, { state: 'at', place: to }, { kind: 'migration-completed', from, to, at });
    case 'observed-not-started':
      switch (when.output?.['standing']) {
        case 'stopped-at-target':
          return undefined;
        case 'stopped-at-source':
          return backAtSource('observed-stopped');
        default:
          return backAtSource('observed-running');
      }
    case 'failed': {
      if (leftAtSourceCodes.includes(when.code)) {
        return backAtSource('observed-running');
      }
      if (stoppedAtSourceCodes.includes(when.code)) {
        return backAtSource('observed-stopped');
      }
      return contradictionCodes.some((code) => code === when.code)
        ? next(vm, event, { state: 'contested', places: [from, to] }, { kind: 'migration-started', from, to, at })
        : undefined;
    }
  }
}

/** Where an undone move has left the VM, which it has seen there and nowhere else. */
function backFrom(
  clause: (AuthorityClause & { rule: 'moves' }) | undefined,
  output: JsonObject,
  event: StepEvent,
): Authority | undefined {
  const { at: place, state } = output as JsonObject & { readonly at?: Place; readonly state?: string };
  if (clause === undefined || place === undefined) {
    return undefined;
  }
  const { vm, from, to } = clause;
  const proof: Proof = isSamePlace(place, to)
    ? { kind: 'migration-completed', from, to, at: event.at }
    : { kind: state === 'running' ? 'observed-running' : 'observed-stopped', place, at: event.at };
  return next(vm, event, { state: 'at', place }, proof);
}

function taking(clause: AuthorityClause & { rule: 'takes' }, event: StepEvent): Authority | undefined {
  const { vm, from, to, deadHosts } = clause;
  const proof =
    stoppedProof(vm, from, event.state) ??
    [from.host, ...deadHosts].map((host) => event.state.deaths[host]).find((death) => death !== undefined);
  return event.when.moment === 'succeeded' && proof !== undefined
    ? next(vm, event, { state: 'at', place: to }, proof)
    : undefined;
}

type Holding =
  | { readonly state: 'at'; readonly place: Place }
  | Pick<Authority & { state: 'moving' }, 'state' | 'from' | 'to'>
  | Pick<Authority & { state: 'contested' }, 'state' | 'places'>;

/** The next epoch of the VM's authority; undefined when it is there already. */
function next(vm: string, { state, at }: StepEvent, holding: Holding, proof: Proof): Authority | undefined {
  const now = state.authority.get(vm);
  return now !== undefined && isHeldSo(now, holding)
    ? undefined
    : { vm, epoch: (now?.epoch ?? 0) + 1, since: at, proof, ...holding };
}

function isHeldSo(now: Authority, wanted: Holding): boolean {
  if (now.state === 'at' && wanted.state === 'at') {
    return isSamePlace(now.place, wanted.place);
  }
  return now.state === 'moving' && wanted.state === 'moving'
    ? isSamePlace(now.from, wanted.from) && isSamePlace(now.to, wanted.to)
    : now.state === 'contested' && wanted.state === 'contested';
}
