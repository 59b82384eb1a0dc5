import { describe, expect, it } from '@jest/globals';
import { GiB, host, inventory } from '../../test/properties/builders.js';
import { roomsOf } from './capacity.js';
import { type Candidate, place } from './place.js';

interface Rules {
  readonly apart?: readonly (readonly string[])[];
  readonly together?: readonly (readonly string[])[];
  readonly residents?: Readonly<Record<string, string>>;
}

/** Memory sizes in GiB, free on the hosts `s-1`, `s-2` …, and of VMs by level: `placed([8, 4], ['a 6 b 4'])`. */
function placed(hosts: readonly number[], levels: readonly string[], rules: Rules = {}) {
  const facts = hosts.map((size, index) =>
    host(`s-${index + 1}`, { memoryBytes: 100 * GiB, memoryFreeBytes: (size + 1) * GiB }),
  );
  const names = facts.map(({ name }) => name);
  return place({
    levels: levels.map((level) => candidates(level, names)),
    rooms: roomsOf(names, inventory({ hosts: facts })),
    apart: rules.apart ?? [],
    together: rules.together ?? [],
    residents: new Map(Object.entries(rules.residents ?? {})),
  });
}

function candidates(level: string, hosts: readonly string[]): Candidate[] {
  return [...level.matchAll(/(\w+) (\d+)/g)].map(([, vm = '', size]) => ({
    vm,
    need: { memoryBytes: Number(size) * GiB, vcpus: 1, networks: [], diskBytes: 0 },
    hosts,
  }));
}

function byName(hosts: ReadonlyMap<string, string>): string {
  return [...hosts.keys()]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((vm) => `${vm}:${hosts.get(vm) ?? ''}`)
    .join(' ');
}

describe('place', () => {
  it('spreads the VMs of a level by load, the large first', () => {
    expect(byName(placed([50, 50], ['a 2 b 8 c 6']).hosts)).toBe('a:s-2 b:s-1 c:s-2');
  });

  it('packs a level tightly when spreading leaves one out', () => {
    expect(byName(placed([10, 6], ['a 6 b 4 c 3 d 3']).hosts)).toBe('a:s-2 b:s-1 c:s-1 d:s-1');
  });

  it('never costs a higher level its place for a lower one', () => {
    const { hosts, refused } = placed([8], ['high 6', 'low 4 least 2']);
    expect(byName(hosts)).toBe('high:s-1 least:s-1');
    expect(refused.get('low')).toBe('s-1 lacks 4 GiB memory');
  });

  it('says of every host why it refuses a VM', () => {
    expect(placed([1, 2], ['a 4']).refused.get('a')).toBe('s-1 lacks 3 GiB memory; s-2 lacks 2 GiB memory');
  });

  it('keeps VMs apart, also from those that are there already', () => {
    const { hosts, broken } = placed([50, 20, 10], ['a 1', 'b 1'], {
      apart: [['a', 'b', 'c']],
      residents: { c: 's-1' },
    });
    expect(byName(hosts)).toBe('a:s-2 b:s-3');
    expect(broken).toEqual([]);
  });

  it('places VMs together rather than leaving one out, and says that they are not apart', () => {
    const { hosts, broken } = placed([50], ['a 1 b 1'], { apart: [['a', 'b']] });
    expect(byName(hosts)).toBe('a:s-1 b:s-1');
    expect(broken.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'keep-apart-broken: a and b are to be kept apart, but only s-1 has a place for them',
    ]);
  });

  it('keeps VMs together on a host that has room for all of them', () => {
    expect(byName(placed([5, 12, 4], ['a 4', 'b 4', 'c 4'], { together: [['a', 'b', 'c']] }).hosts)).toBe(
      'a:s-2 b:s-2 c:s-2',
    );
  });

  it('follows those that are there already', () => {
    expect(byName(placed([9, 50], ['a 4'], { together: [['a', 'b']], residents: { b: 's-1' } }).hosts)).toBe('a:s-1');
  });

  it('says when VMs cannot be kept together', () => {
    const { broken } = placed([4, 4], ['a 3 b 3'], { together: [['a', 'b']] });
    expect(broken.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'keep-together-broken: VMs that are to be kept together are not: a on s-1 and b on s-2',
    ]);
  });

  it('asks only the hosts that a VM may have', () => {
    const only = { vm: 'a', need: { memoryBytes: GiB, vcpus: 1, networks: [], diskBytes: 0 }, hosts: ['s-2'] };
    const rooms = roomsOf(['s-1', 's-2'], inventory({ hosts: [host('s-1'), host('s-2', { isCordoned: true })] }));
    const { refused } = place({ levels: [[only]], rooms, apart: [], together: [], residents: new Map() });
    expect(refused.get('a')).toBe('s-2 is cordoned');
  });
});
