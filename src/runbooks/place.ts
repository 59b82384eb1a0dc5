import type { Finding } from '../model/finding.js';
import { fits, giveBack, loadWith, type Need, type Room, refusal, take } from './capacity.js';
import { bending, brokenRules, type Rule } from './place-rules.js';

/** A VM that needs a host, and the hosts that may be asked, such as the one that holds its replica. */
export interface Candidate {
  readonly vm: string;
  readonly need: Need;
  readonly hosts: readonly string[];
  readonly terms?: ReadonlyMap<string, Terms>;
}

/** What is different about a candidate on one host. */
export interface Terms {
  /** Why it cannot go there, whatever room there is; names the host. */
  readonly ruledOut?: string;
  /** What it needs there. */
  readonly need?: Need;
  /** Any other host that has room is better, as when it would have to be shut down for this one. */
  readonly isLast?: boolean;
}

export interface Placement {
  /** Host by VM. */
  readonly hosts: ReadonlyMap<string, string>;
  /** By VM, why each host refused it. */
  readonly refused: ReadonlyMap<string, string>;
  /** Keep-apart and keep-together rules that could not be held. */
  readonly broken: readonly Finding[];
}

export interface PlaceRequest {
  /** Those of one level together, the most important level first. */
  readonly levels: readonly (readonly Candidate[])[];
  readonly rooms: ReadonlyMap<string, Room>;
  readonly apart: readonly (readonly string[])[];
  readonly together: readonly (readonly string[])[];
  /** Where VMs that are not placed now are already, by name. */
  readonly residents: ReadonlyMap<string, string>;
}

/** Reasons are given for so many hosts; of the rest only their number. */
const refusalsMax = 20;

/**
 * Finds a host for as many VMs as possible, level by level, so that nothing of a lower level ever costs a higher one its
 * place. Within a level the large go first, each to the host that is then least full; when that leaves some out, the
 * level is packed tightly instead if that places more. Rules of affinity bend before a VM is left out, and it is said.
 * The same input gives the same placement.
 */
export function place(request: PlaceRequest): Placement {
  const board = newBoard(request);
  const refused = new Map<string, string>();
  for (const level of request.levels) {
    const candidates = level.toSorted(
      (a, b) => b.need.memoryBytes - a.need.memoryBytes || b.need.vcpus - a.need.vcpus || (a.vm < b.vm ? -1 : 1),
    );
    const spread = fill(board, candidates, 'spread');
    if (spread.left.length > 0 && hasChoice(spread.left)) {
      for (const { candidate, host } of spread.placed) {
        remove(board, candidate, host);
      }
      const tight = fill(board, candidates, 'tight');
      if (bytesOf(tight.left) >= bytesOf(spread.left)) {
        for (const { candidate, host } of tight.placed) {
          remove(board, candidate, host);
        }
        for (const { candidate, host } of spread.placed) {
          put(board, candidate, host);
        }
      }
    }
    for (const candidate of candidates.filter(({ vm }) => !board.hosts.has(vm))) {
      refused.set(candidate.vm, refusals(candidate, request.rooms));
    }
  }
  return { hosts: board.hosts, refused, broken: brokenRules(request, board.hosts) };
}

type Strategy = 'spread' | 'tight';

interface Placed {
  readonly candidate: Candidate;
  readonly host: string;
}

/** The state of a placement under way. */
interface Board {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly hosts: Map<string, string>;
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
}

function newBoard({ levels, rooms, apart, together, residents }: PlaceRequest): Board {
  const memoryOf = new Map(levels.flat().map(({ vm, need }) => [vm, need.memoryBytes]));
  const rules = new Map<string, Rule[]>();
  const add = (kind: Rule['kind'], vms: readonly string[]): void => {
    const rule: Rule = { kind, counts: new Map(), leftBytes: 0 };
    for (const vm of vms) {
      rule.leftBytes += memoryOf.get(vm) ?? 0;
      const known = rules.get(vm);
      if (known === undefined) {
        rules.set(vm, [rule]);
      } else {
        known.push(rule);
      }
      const host = residents.get(vm);
      if (host !== undefined) {
        rule.counts.set(host, (rule.counts.get(host) ?? 0) + 1);
      }
    }
  };
  for (const vms of apart) {
    add('apart', vms);
  }
  for (const vms of together) {
    add('together', vms);
  }
  return { rooms, hosts: new Map(), rules };
}

function fill(board: Board, candidates: readonly Candidate[], strategy: Strategy) {
  const placed: Placed[] = [];
  const left: Candidate[] = [];
  for (const candidate of candidates) {
    const host = bestHost(board, candidate, strategy);
    if (host === undefined) {
      left.push(candidate);
    } else {
      put(board, candidate, host);
      placed.push({ candidate, host });
    }
  }
  return { placed, left };
}

/** A load is at most 1, so that what comes first always counts for more. */
const bentCost = 8;
const lastCost = 4;

/** Holding the rules of affinity counts first, then that it need not stop, then the load; among equals the first host wins. */
function bestHost(board: Board, candidate: Candidate, strategy: Strategy): string | undefined {
  const { vm, hosts, terms } = candidate;
  const rules = board.rules.get(vm) ?? [];
  let best: string | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  for (const host of hosts) {
    const room = board.rooms.get(host);
    const own = terms?.get(host);
    const need = own?.need ?? candidate.need;
    if (room !== undefined && own?.ruledOut === undefined && fits(room, need)) {
      const load = loadWith(room, need);
      const bent = rules.reduce((sum, rule) => sum + bending(rule, room), 0);
      const cost = bent * bentCost + (own?.isLast === true ? lastCost : 0) + (strategy === 'spread' ? load : -load);
      if (cost < bestCost) {
        best = host;
        bestCost = cost;
      }
    }
  }
  return best;
}

function put(board: Board, candidate: Candidate, host: string): void {
  const { vm } = candidate;
  const need = needOn(candidate, host);
  const room = board.rooms.get(host);
  if (room !== undefined) {
    take(room, need);
  }
  board.hosts.set(vm, host);
  for (const rule of board.rules.get(vm) ?? []) {
    rule.counts.set(host, (rule.counts.get(host) ?? 0) + 1);
    rule.leftBytes -= need.memoryBytes;
  }
}

function remove(board: Board, candidate: Candidate, host: string): void {
  const { vm } = candidate;
  const need = needOn(candidate, host);
  const room = board.rooms.get(host);
  if (room !== undefined) {
    giveBack(room, need);
  }
  board.hosts.delete(vm);
  for (const rule of board.rules.get(vm) ?? []) {
    const { counts } = rule;
    rule.leftBytes += need.memoryBytes;
    const count = (counts.get(host) ?? 0) - 1;
    if (count > 0) {
      counts.set(host, count);
    } else {
      counts.delete(host);
    }
  }
}

function needOn({ need, terms }: Candidate, host: string): Need {
  return terms?.get(host)?.need ?? need;
}

function hasChoice(candidates: readonly Candidate[]): boolean {
  return candidates.some(({ hosts }) => hosts.length > 1);
}

function bytesOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { need }) => sum + need.memoryBytes, 0);
}

function refusals(candidate: Candidate, rooms: ReadonlyMap<string, Room>): string {
  const { hosts, terms } = candidate;
  const reasons = hosts.slice(0, refusalsMax).map((host) => {
    const room = rooms.get(host);
    if (room === undefined) {
      return `${host} is no host of the target`;
    }
    return (
      (room.closed === undefined ? terms?.get(host)?.ruledOut : undefined) ?? refusal(room, needOn(candidate, host))
    );
  });
  const more = hosts.length - reasons.length;
  return (
    [...reasons, ...(more > 0 ? [`${more} more hosts refuse it too`] : [])].join('; ') || 'there is no host to ask'
  );
}
