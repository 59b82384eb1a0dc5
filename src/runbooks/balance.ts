import { Board, type BoardRules, type BoardVm } from './balance-board.js';
import { excessOf, type HostLoad, isEven, isNoWorse, LoadTable, type Spread } from './balance-load.js';

export interface BalanceRequest extends BoardRules {
  /** Hosts that take part. VMs that are not among `vms` count in their load and stay. */
  readonly hosts: readonly HostLoad[];
  readonly vms: readonly BoardVm[];
}

export interface BalanceMove {
  readonly vm: string;
  readonly source: string;
  readonly target: string;
}

export interface Balance {
  readonly moves: readonly BalanceMove[];
  readonly before: Spread;
  readonly after: Spread;
}

/** So many moves, alone and after others, are tried for one that is smaller than what the greedy way has found. */
const triesMax = 50_000;

/**
 * Few moves that even out memory and CPU. First the greedy way: again and again the move that helps most, and of those the
 * cheapest, until the hosts are even or none helps. Then every smaller set of moves is tried, as long as there are not too
 * many: for some dozens of VMs the answer is the smallest there is. Every move has room from the start, so that their order
 * does not matter; none makes memory or CPU less even than before. The same input gives the same moves.
 */
export function balance(request: BalanceRequest): Balance {
  const before = new LoadTable(request.hosts).spread();
  if (isEven(before)) {
    return { moves: [], before, after: before };
  }
  const greedy = greedyMoves(request);
  const goal = isEven(greedy.after) ? greedy.moves.length : request.vms.length;
  const costMax = isEven(greedy.after) ? costOf(request, greedy.moves) : Number.POSITIVE_INFINITY;
  const moves = smallest(request, { count: goal, cost: costMax }) ?? greedy.moves;
  return { moves, before, after: spreadAfter(request, moves) };
}

function greedyMoves(request: BalanceRequest): { readonly moves: readonly BalanceMove[]; readonly after: Spread } {
  const board = new Board(request);
  const load = new LoadTable(request.hosts);
  const left = new Set(request.vms);
  const moves: BalanceMove[] = [];
  let after = load.spread();
  let best = { count: 0, excess: excess(after), after };
  while (!isEven(after)) {
    const next = bestMove({ board, load, left });
    if (next === undefined) {
      break;
    }
    board.put(next.vm, next.target);
    load.move(next.vm, next.vm.host, next.target);
    left.delete(next.vm);
    moves.push({ vm: next.vm.vm, source: next.vm.host, target: next.target });
    after = load.spread();
    if (excess(after) < best.excess) {
      best = { count: moves.length, excess: excess(after), after };
    }
  }
  return { moves: moves.slice(0, best.count), after: best.after };
}

function bestMove(scene: {
  readonly board: Board;
  readonly load: LoadTable;
  readonly left: ReadonlySet<BoardVm>;
}): { readonly vm: BoardVm; readonly target: string } | undefined {
  const { board, load, left } = scene;
  const before = load.spread();
  let least = load.disorder();
  let best: { readonly vm: BoardVm; readonly target: string } | undefined;
  for (const vm of left) {
    for (const target of vm.hosts) {
      load.move(vm, vm.host, target);
      const disorder = load.disorder();
      const isBetter =
        disorder < least - grain || (best !== undefined && isAlike(disorder, least) && vm.cost < best.vm.cost);
      if (isBetter && isNoWorse(load.spread(), before) && board.canGo(vm, target)) {
        least = disorder;
        best = { vm, target };
      }
      load.move(vm, target, vm.host);
    }
  }
  return best;
}

const grain = 1e-9;

function isAlike(one: number, other: number): boolean {
  return Math.abs(one - other) <= grain;
}

/** The cheapest of the smallest sets of moves that make the hosts even; none that is no better than what is known. */
function smallest(
  request: BalanceRequest,
  known: { readonly count: number; readonly cost: number },
): readonly BalanceMove[] | undefined {
  const tries = { left: triesMax };
  for (let count = 1; count <= known.count && tries.left > 0; count += 1) {
    const below = count === known.count ? known.cost : Number.POSITIVE_INFINITY;
    const found = cheapestSet(request, { count, below }, tries);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function cheapestSet(
  request: BalanceRequest,
  { count, below }: { readonly count: number; readonly below: number },
  tries: { left: number },
): readonly BalanceMove[] | undefined {
  const { vms } = request;
  const board = new Board(request);
  const load = new LoadTable(request.hosts);
  const chosen: BalanceMove[] = [];
  let cheapest = below;
  let best: readonly BalanceMove[] | undefined;
  const choose = (from: number, cost: number): void => {
    if (chosen.length === count) {
      if (cost < cheapest && isEven(load.spread())) {
        cheapest = cost;
        best = [...chosen];
      }
      return;
    }
    for (let index = from; index <= vms.length - (count - chosen.length) && tries.left > 0; index += 1) {
      const vm = vms[index] as BoardVm;
      for (const target of vm.hosts) {
        if (board.canGo(vm, target)) {
          tries.left -= 1;
          board.put(vm, target);
          load.move(vm, vm.host, target);
          chosen.push({ vm: vm.vm, source: vm.host, target });
          choose(index + 1, cost + vm.cost);
          chosen.pop();
          load.move(vm, target, vm.host);
          board.takeBack(vm, target);
        }
      }
    }
  };
  choose(0, 0);
  return best;
}

function spreadAfter({ hosts, vms }: BalanceRequest, moves: readonly BalanceMove[]): Spread {
  const load = new LoadTable(hosts);
  const byName = new Map(vms.map((vm) => [vm.vm, vm]));
  for (const { vm, source, target } of moves) {
    const moved = byName.get(vm);
    if (moved !== undefined) {
      load.move(moved, source, target);
    }
  }
  return load.spread();
}

function costOf({ vms }: BalanceRequest, moves: readonly BalanceMove[]): number {
  const costs = new Map(vms.map(({ vm, cost }) => [vm, cost]));
  return moves.reduce((sum, { vm }) => sum + (costs.get(vm) ?? 0), 0);
}

function excess({ memory, cpu }: Spread): number {
  return excessOf(memory) + excessOf(cpu);
}
