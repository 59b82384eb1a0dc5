import { describe, expect, it } from '@jest/globals';
import { GiB, host, inventory } from '../../test/properties/builders.js';
import { type BalanceRequest, balance } from './balance.js';
import type { BoardVm } from './balance-board.js';
import { roomsOf } from './capacity.js';

/** `'a 8 h1'`: a VM of 8 GiB and one vCPU on h1. Hosts have 100 GiB and 100 threads each, all of it free. */
function request(vms: readonly string[], facts: Partial<BalanceRequest> = {}): BalanceRequest {
  const hosts = ['h1', 'h2', 'h3'];
  const made = vms.map((text): BoardVm => {
    const [vm = '', size = '1', on = 'h1'] = text.split(' ');
    const memoryBytes = Number(size) * GiB;
    return {
      vm,
      host: on,
      memoryBytes,
      vcpus: 1,
      cost: memoryBytes,
      need: { memoryBytes, vcpus: 1, networks: [], diskBytes: 0 },
      hosts: hosts.filter((name) => name !== on),
    };
  });
  return {
    hosts: hosts.map((name) => {
      const here = made.filter((vm) => vm.host === name);
      return {
        host: name,
        memoryBytes: 100 * GiB,
        threads: 100,
        givenBytes: here.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
        givenVcpus: here.length,
      };
    }),
    vms: made,
    rooms: roomsOf(
      hosts,
      inventory({ hosts: hosts.map((name) => host(name, { memoryBytes: 100 * GiB, memoryFreeBytes: 100 * GiB })) }),
    ),
    apart: [],
    together: [],
    places: new Map(made.map(({ vm, host: on }) => [vm, on])),
    ...facts,
  };
}

const moves = (of: BalanceRequest): readonly string[] => balance(of).moves.map(({ vm, target }) => `${vm} ${target}`);

describe('balance', () => {
  it('moves nothing where the hosts differ by no more than ten percentage points', () => {
    expect(moves(request(['a 30 h1', 'b 25 h2', 'c 20 h3']))).toEqual([]);
  });

  it('evens out with as few moves as it takes, the cheapest of them', () => {
    expect(moves(request(['a 30 h1', 'b 10 h1', 'c 10 h1', 'd 20 h2', 'e 20 h3', 'f 20 h1']))).toEqual([
      'f h2',
      'b h3',
    ]);
    const alike = request(['a 10 h1', 'b 10 h1', 'c 10 h1', 'd 10 h1', 'e 30 h2', 'f 25 h3']);
    const vms = alike.vms.map((vm) => (vm.vm === 'c' ? vm : { ...vm, cost: 2 * vm.cost }));
    expect(moves({ ...alike, vms })).toEqual(['c h3']);
  });

  it('says how even memory and CPU are before and after', () => {
    const { before, after } = balance(request(['a 40 h1', 'b 40 h1', 'c 40 h2']));
    expect(before.memory).toEqual({ least: 0, most: 0.8 });
    expect(after.memory).toEqual({ least: 0.4, most: 0.4 });
    expect(after.cpu).toEqual({ least: 0.01, most: 0.01 });
  });

  it('does nothing at all where nothing helps', () => {
    expect(moves(request(['a 90 h1']))).toEqual([]);
  });

  it('takes what helps where no set of moves makes the hosts even', () => {
    expect(moves(request(['a 60 h1', 'b 30 h1']))).toEqual(['b h2']);
  });

  it('sends no VM where it has no room, may not run live, or meets one that it is kept apart from', () => {
    const two = ['a 40 h1', 'b 40 h1', 'c 40 h2'];
    const terms = new Map([['h3', { isLast: true }]]);
    const base = request(two);
    expect(moves({ ...base, vms: base.vms.map((vm) => ({ ...vm, terms })) })).toEqual([]);
    expect(moves(request(two, { apart: [['a', 'b']] }))).toEqual(['a h3']);
    expect(moves(request(['a 40 h1', 'b 40 h1', 'c 2 h3'], { apart: [['a', 'b', 'c']] }))).toEqual(['a h2']);
    expect(moves(request(two, { rooms: roomsOf(['h1', 'h2'], inventory({})) }))).toEqual([]);
  });

  it('parts no VMs that are to be kept together and are', () => {
    expect(moves(request(['a 40 h1', 'b 40 h1', 'c 40 h2'], { together: [['a', 'b']] }))).toEqual([]);
  });
});
