import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type BalanceRequest, balance } from '../../src/runbooks/balance.js';
import { Board, type BoardVm } from '../../src/runbooks/balance-board.js';
import { isEven, isNoWorse, LoadTable } from '../../src/runbooks/balance-load.js';
import { roomsOf } from '../../src/runbooks/capacity.js';
import { GiB, host, inventory } from './builders.js';

const vmSeed = fc.record({
  on: fc.nat(3),
  size: fc.integer({ min: 1, max: 24 }),
  vcpus: fc.integer({ min: 1, max: 8 }),
  /** A host that may not take it. */
  closed: fc.option(fc.nat(3), { nil: undefined }),
});

/** Up to four hosts with unequal room, some of it taken by VMs that stay. */
function requests(vmsMax: number): fc.Arbitrary<BalanceRequest> {
  return fc
    .record({
      hosts: fc.array(
        fc.record({ memory: fc.integer({ min: 32, max: 96 }), threads: fc.integer({ min: 8, max: 32 }) }),
        {
          minLength: 2,
          maxLength: 4,
        },
      ),
      vms: fc.array(vmSeed, { minLength: 1, maxLength: vmsMax }),
      apart: fc.array(fc.nat(11), { maxLength: 4 }),
      together: fc.array(fc.nat(11), { maxLength: 3 }),
    })
    .map(({ hosts, vms, apart, together }) => requestOf(hosts, vms, { apart, together }));
}

function requestOf(
  hosts: readonly { readonly memory: number; readonly threads: number }[],
  vms: readonly {
    readonly on: number;
    readonly size: number;
    readonly vcpus: number;
    readonly closed: number | undefined;
  }[],
  rules: { readonly apart: readonly number[]; readonly together: readonly number[] },
): BalanceRequest {
  const names = hosts.map((_, index) => `h-${index}`);
  const made = vms.map(({ on, size, vcpus, closed }, index): BoardVm => {
    const own = names[on % names.length] ?? '';
    const memoryBytes = size * GiB;
    return {
      vm: `v-${index}`,
      host: own,
      memoryBytes,
      vcpus,
      cost: memoryBytes,
      need: { memoryBytes, vcpus, networks: [], diskBytes: 0 },
      hosts: names.filter((name) => name !== own),
      ...(closed === undefined ? {} : { terms: new Map([[`h-${closed}`, { ruledOut: 'closed' }]]) }),
    };
  });
  const given = names.map((name) => made.filter((vm) => vm.host === name));
  const facts = hosts.map(({ memory, threads }, index) =>
    host(names[index] ?? '', {
      memoryBytes: memory * GiB,
      memoryFreeBytes: Math.max(0, memory * GiB - (given[index] ?? []).reduce((sum, vm) => sum + vm.memoryBytes, 0)),
      cpuThreads: threads,
    }),
  );
  const inRange = (numbers: readonly number[]): string[] => [...new Set(numbers.map((number) => `v-${number}`))];
  return {
    hosts: facts.map(({ name, memoryBytes, cpuThreads }, index) => ({
      host: name,
      memoryBytes,
      threads: cpuThreads,
      givenBytes: (given[index] ?? []).reduce((sum, vm) => sum + vm.memoryBytes, 0),
      givenVcpus: (given[index] ?? []).reduce((sum, vm) => sum + vm.vcpus, 0),
    })),
    vms: made,
    rooms: roomsOf(names, inventory({ hosts: facts })),
    apart: [inRange(rules.apart)],
    together: [inRange(rules.together)],
    places: new Map(made.map(({ vm, host: on }) => [vm, on])),
  };
}

/** The least number of moves that makes the hosts even, found by trying everything; none when nothing does. */
function leastMoves(request: BalanceRequest): number | undefined {
  const board = new Board(request);
  const load = new LoadTable(request.hosts);
  let least: number | undefined;
  const decide = (index: number, moved: number): void => {
    const vm = request.vms[index];
    if (vm === undefined) {
      least = isEven(load.spread()) ? Math.min(least ?? moved, moved) : least;
      return;
    }
    decide(index + 1, moved);
    for (const target of vm.hosts.filter((one) => board.canGo(vm, one))) {
      board.put(vm, target);
      load.move(vm, vm.host, target);
      decide(index + 1, moved + 1);
      load.move(vm, target, vm.host);
      board.takeBack(vm, target);
    }
  };
  decide(0, 0);
  return least;
}

describe('a balance', () => {
  it('makes neither memory nor CPU less even, whatever there is', () => {
    fc.assert(
      fc.property(requests(40), (request) => {
        const { before, after, moves } = balance(request);
        expect(isNoWorse(after, before)).toBe(true);
        expect(moves.length).toBeLessThanOrEqual(request.vms.length);
        expect(isEven(before) ? moves : []).toEqual([]);
      }),
    );
  });

  it('moves every VM at most once, to where there is room for all that come, in any order', () => {
    fc.assert(
      fc.property(requests(40), fc.infiniteStream(fc.nat()), (request, chance) => {
        const { moves } = balance(request);
        const byName = new Map(request.vms.map((vm) => [vm.vm, vm]));
        expect(new Set(moves.map(({ vm }) => vm)).size).toBe(moves.length);
        const board = new Board(request);
        const shuffled = moves
          .map((move) => ({ move, at: chance.next().value ?? 0 }))
          .toSorted((one, other) => one.at - other.at);
        for (const { move } of shuffled) {
          const vm = byName.get(move.vm) as BoardVm;
          expect(move.source).toBe(vm.host);
          expect(board.canGo(vm, move.target)).toBe(true);
          board.put(vm, move.target);
        }
      }),
    );
  });

  it('puts no VM beside one that it is kept apart from, and parts none that are together', () => {
    fc.assert(
      fc.property(requests(12), (request) => {
        const target = new Map(balance(request).moves.map(({ vm, target: to }) => [vm, to]));
        const at = (vm: string): string | undefined => target.get(vm) ?? request.places.get(vm);
        for (const names of request.apart) {
          const moved = names.filter((name) => target.has(name));
          const beside = moved.filter((name) => names.some((other) => other !== name && at(other) === at(name)));
          expect(beside).toEqual([]);
        }
        for (const names of request.together) {
          const were = names.filter((name) =>
            names.some((other) => other !== name && request.places.get(other) === request.places.get(name)),
          );
          expect(were.filter((name) => target.has(name))).toEqual([]);
        }
      }),
    );
  });

  it('needs no more moves than the best there are, where everything can be tried', () => {
    fc.assert(
      fc.property(requests(6), (request) => {
        const least = leastMoves(request);
        const { moves, after } = balance(request);
        expect(isEven(after)).toBe(least !== undefined);
        expect(least === undefined ? 0 : moves.length).toBe(least ?? 0);
      }),
      { numRuns: 300 },
    );
  });
});
