import { describe, expect, it, test } from '@jest/globals';
import { GiB, host, inventory, vm } from '../../test/properties/builders.js';
import type { HostFacts } from '../model/inventory.js';
import { fits, type Need, refusal, reserveBytes, roomsOf } from './capacity.js';

const small: Need = { memoryBytes: GiB, vcpus: 1, networks: ['br-prod-south'], diskBytes: GiB };

function room(facts: Partial<HostFacts>, vms: Parameters<typeof inventory>[0]['vms'] = []) {
  const found = roomsOf(['south-1'], inventory({ hosts: [host('south-1', facts)], vms })).get('south-1');
  if (found === undefined) {
    throw new Error('roomsOf has left a host out');
  }
  return found;
}

describe('a room', () => {
  test.each<[string, Partial<HostFacts>, Partial<Need>, string]>([
    ['memory', { memoryFreeBytes: 3 * GiB }, { memoryBytes: 4 * GiB }, 'south-1 lacks 2 GiB memory'],
    ['vCPUs', { cpuThreads: 1 }, { vcpus: 10 }, 'south-1 lacks 2 vCPUs'],
    ['disk space', { diskFreeBytes: 40 * GiB }, { diskBytes: 40 * GiB }, 'south-1 lacks 1 GiB disk space'],
    ['its CPU model', {}, { cpuModel: 'Icelake-Server' }, 'south-1 lacks CPU model Icelake-Server'],
    ['a network', {}, { networks: ['br-odd'] }, 'south-1 lacks network br-odd'],
    [
      'several things',
      { memoryFreeBytes: 0, networks: [] },
      {},
      'south-1 lacks 2 GiB memory and network br-prod-south',
    ],
    ['an answer', { unreachable: 'timed out' }, {}, 'south-1 is unreachable (timed out)'],
    ['leave to be used', { isCordoned: true }, {}, 'south-1 is cordoned'],
  ])('refuses a VM when it lacks %s', (_, facts, need, expected) => {
    const asked = { ...small, ...need };
    expect(fits(room(facts), asked)).toBe(false);
    expect(refusal(room(facts), asked)).toBe(expected);
  });

  it('takes a VM for which there is just enough', () => {
    const reserve = reserveBytes(256 * GiB);
    expect(fits(room({ memoryFreeBytes: GiB + reserve }), small)).toBe(true);
    expect(fits(room({ memoryFreeBytes: GiB + reserve - 1 }), small)).toBe(false);
  });

  it('counts the vCPUs of what runs there, not of what is shut off', () => {
    const running = vm('busy', 'south-1', { vcpus: 8 });
    const off = vm('off', 'south-1', { vcpus: 8, state: 'shut-off' });
    expect(fits(room({ cpuThreads: 1 }, [off]), small)).toBe(true);
    expect(fits(room({ cpuThreads: 1 }, [off, running]), small)).toBe(false);
  });

  it('is closed on a host that nobody has looked at', () => {
    const [unseen] = roomsOf(['south-9'], inventory({})).values();
    expect(unseen?.closed).toBe('was not observed');
  });

  it('keeps a twentieth back, and never more than 1 GiB', () => {
    expect([10 * GiB, 20 * GiB, 500 * GiB].map((size) => reserveBytes(size) / GiB)).toEqual([0.5, 1, 1]);
  });
});
