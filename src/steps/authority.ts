import type { Authority } from '../model/authority.js';
import type { Failure } from '../model/failure.js';
import type { JsonObject } from '../model/json.js';
import { formatPlace, type Place } from '../model/place.js';
import type { AuthorityClause, Step } from '../model/plan.js';
import type { VmAt } from '../model/step-input.js';
import type { RunState } from '../state-machines/run-state.js';
import { stoppedProof } from './death-proof.js';

/**
 * What safety rules S1 and S2 say against beginning this step in this state of the run; undefined when nothing does. A
 * pure function of the journal: the engine asks it just before acting, after the plan was checked by the same rules.
 */
export function authorityRefusal(step: Step, state: RunState): Failure | undefined {
  const undone = undoneMove(step);
  if (undone !== undefined) {
    return refuseUndoneMove(undone, state);
  }
  const clause = clauseOf(step, state);
  switch (clause?.rule) {
    case undefined:
      return undefined;
    case 'needs-at':
      return refuseUnlessAt(clause, state);
    case 'moves':
      return refuseMove(clause, state);
    case 'takes':
      return refuseTaking(clause, state);
  }
}

/** An undo of a move starts the VM only where it is seen to be: its authority must be at one of the two, or between them. */
function refuseUndoneMove({ vm, from, to }: AuthorityClause & { rule: 'moves' }, state: RunState): Failure | undefined {
  const authority = state.authority.get(vm);
  return authority?.state === 'at' && isSamePlace(authority.place, to)
    ? undefined
    : refuseMove({ rule: 'moves', vm, from, to }, state);
}

/**
 * The clause of the step, or the one that it has by its nature: whatever starts a VM that is known to the ledger needs
 * its authority to be there, also when the plan forgot to say so. A drill's clone is in no ledger.
 */
function clauseOf(step: Step, state: RunState): AuthorityClause | undefined {
  if (step.authority !== undefined) {
    return step.authority;
  }
  const starts = step.action === 'run' ? step.kind === 'start' : step.kind === 'shutdown';
  const { vm, at } = step.input as JsonObject & Partial<VmAt>;
  return starts && vm !== undefined && at !== undefined && state.authority.get(vm) !== undefined
    ? { rule: 'needs-at', vm, place: at }
    : undefined;
}

/** What an undo of a move takes back: between the places of its own input, whatever the plan says beside it. */
export function undoneMove({ kind, action, input }: Step): (AuthorityClause & { rule: 'moves' }) | undefined {
  const { vm, from, to } = input as JsonObject & { readonly vm?: string; readonly from?: Place; readonly to?: Place };
  return kind === 'migrate' && action === 'undo' && vm !== undefined && from !== undefined && to !== undefined
    ? { rule: 'moves', vm, from, to }
    : undefined;
}

function refuseUnlessAt({ vm, place }: AuthorityClause & { rule: 'needs-at' }, state: RunState): Failure | undefined {
  const authority = state.authority.get(vm);
  return authority?.state === 'at' && isSamePlace(authority.place, place)
    ? undefined
    : refused(`${vm} may not run on ${formatPlace(place)}: ${describe(vm, authority)}`, vm);
}

function refuseMove({ vm, from, to }: AuthorityClause & { rule: 'moves' }, state: RunState): Failure | undefined {
  const authority = state.authority.get(vm);
  const isAtSource = authority?.state === 'at' && isSamePlace(authority.place, from);
  const isThisMove =
    authority?.state === 'moving' && isSamePlace(authority.from, from) && isSamePlace(authority.to, to);
  return isAtSource || isThisMove
    ? undefined
    : refused(`${vm} may not be moved from ${formatPlace(from)}: ${describe(vm, authority)}`, vm);
}

function refuseTaking(clause: AuthorityClause & { rule: 'takes' }, state: RunState): Failure | undefined {
  const { vm, from, to, deadHosts } = clause;
  const authority = state.authority.get(vm);
  if (authority?.state === 'at' && isSamePlace(authority.place, to)) {
    return undefined;
  }
  const stopped = stoppedProof(vm, from, state);
  const suspects = new Set([...deadHosts, from.host, ...placesOf(authority).map(({ host }) => host)]);
  const alive = [...suspects].filter(
    (host) => state.deaths[host] === undefined && !(host === from.host && stopped !== undefined),
  );
  return alive.length === 0
    ? undefined
    : refused(
        `${vm} may not be taken to ${formatPlace(to)}: nothing proves ${alive.join(', ')} dead, or ${vm} stopped there`,
        vm,
      );
}

/** Every place that the ledger says may run the VM. */
function placesOf(authority: Authority | undefined): readonly Place[] {
  switch (authority?.state) {
    case undefined:
      return [];
    case 'at':
      return [authority.place];
    case 'moving':
      return [authority.from, authority.to];
    case 'contested':
      return authority.places;
  }
}

function describe(vm: string, authority: Authority | undefined): string {
  switch (authority?.state) {
    case undefined:
      return `nothing in the journal says where ${vm} may run`;
    case 'at':
      return `its authority is at ${formatPlace(authority.place)}`;
    case 'moving':
      return `its authority is moving from ${formatPlace(authority.from)} to ${formatPlace(authority.to)}`;
    case 'contested':
      return `its authority is contested between ${authority.places.map(formatPlace).join(' and ')}`;
  }
}

export function isSamePlace(one: Place, other: Place): boolean {
  return one.site === other.site && one.host === other.host;
}

function refused(message: string, vm: string): Failure {
  return {
    code: 'refused-by-safety',
    kind: 'precondition',
    message,
    hint: `see \`lifeboat authority ${vm}\`; fence the host, or declare it dead with \`lifeboat attest\` when it certainly is`,
  };
}
