import { fits, giveBack, type Need, type Room, take } from './capacity.js';
import type { Terms } from './place.js';

/** A VM that may be moved to even out the load. */
export interface BoardVm {
  readonly vm: string;
  /** Where it is. */
  readonly host: string;
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** Bytes that a move of it sends: of moves that help alike the cheaper is taken. */
  readonly cost: number;
  readonly need: Need;
  /** Hosts that may take it, without its own. */
  readonly hosts: readonly string[];
  readonly terms?: ReadonlyMap<string, Terms>;
}

export interface BoardRules {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly apart: readonly (readonly string[])[];
  readonly together: readonly (readonly string[])[];
  /** Where every VM is now that a rule names. */
  readonly places: ReadonlyMap<string, string>;
}

/**
 * Where VMs may still go. What a VM leaves behind counts as taken until the end, and its old place as its own, so that
 * moves do not wait for each other and no rule is broken on the way.
 */
export class Board {
  readonly #rooms: ReadonlyMap<string, Room>;
  /** By VM, how many VMs of each of its keep-apart rules are on each host or on their way there. */
  readonly #apart: ReadonlyMap<string, readonly Map<string, number>[]>;
  /** VMs that share their host with one that they are to be kept together with. */
  readonly #bound: ReadonlySet<string>;

  constructor({ rooms, apart, together, places }: BoardRules) {
    this.#rooms = new Map([...rooms].map(([host, room]) => [host, { ...room }]));
    const counts = new Map<string, Map<string, number>[]>();
    for (const vms of apart) {
      const here = new Map<string, number>();
      for (const vm of vms) {
        add(here, places.get(vm), 1);
        counts.set(vm, [...(counts.get(vm) ?? []), here]);
      }
    }
    this.#apart = counts;
    this.#bound = new Set(
      together.flatMap((vms) =>
        vms.filter((vm) => vms.some((other) => other !== vm && places.get(other) === places.get(vm))),
      ),
    );
  }

  canGo({ vm, need, terms }: BoardVm, target: string): boolean {
    const own = terms?.get(target);
    const room = this.#rooms.get(target);
    return (
      room !== undefined &&
      own?.ruledOut === undefined &&
      own?.isLast !== true &&
      !this.#bound.has(vm) &&
      (this.#apart.get(vm) ?? []).every((counts) => (counts.get(target) ?? 0) === 0) &&
      fits(room, own?.need ?? need)
    );
  }

  put(vm: BoardVm, target: string): void {
    this.#change(vm, target, 1);
  }

  takeBack(vm: BoardVm, target: string): void {
    this.#change(vm, target, -1);
  }

  #change({ vm, need, terms }: BoardVm, target: string, by: 1 | -1): void {
    const room = this.#rooms.get(target);
    if (room !== undefined) {
      (by === 1 ? take : giveBack)(room, terms?.get(target)?.need ?? need);
    }
    for (const counts of this.#apart.get(vm) ?? []) {
      add(counts, target, by);
    }
  }
}

function add(counts: Map<string, number>, host: string | undefined, by: number): void {
  if (host !== undefined) {
    counts.set(host, (counts.get(host) ?? 0) + by);
  }
}
