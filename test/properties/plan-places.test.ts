import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { roomsOf } from '../../src/runbooks/capacity.js';
import { type Candidate, type PlaceRequest, place } from '../../src/runbooks/place.js';
import { GiB, host, inventory } from './builders.js';

const sizes = fc.integer({ min: 1, max: 12 });

/** Up to four hosts, and up to four levels of VMs that may go to any of them. */
const requests: fc.Arbitrary<() => PlaceRequest> = fc
  .record({
    hosts: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 4 }),
    levels: fc.array(fc.array(sizes, { maxLength: 8 }), { minLength: 1, maxLength: 4 }),
    apart: fc.array(fc.nat(7), { maxLength: 4 }),
  })
  .map(({ hosts, levels, apart }) => {
    const facts = hosts.map((size, index) => host(`s-${index}`, { memoryFreeBytes: size * GiB }));
    const names = facts.map(({ name }) => name);
    const candidate = (size: number, vm: string): Candidate => ({
      vm,
      hosts: names,
      need: { memoryBytes: size * GiB, vcpus: 1, networks: [], diskBytes: 0 },
    });
    return () => ({
      levels: levels.map((level, at) => level.map((size, index) => candidate(size, `${at}-${index}`))),
      rooms: roomsOf(names, inventory({ hosts: facts })),
      apart: [apart.map((index) => `0-${index}`)],
      together: [],
      residents: new Map(),
    });
  });

describe('a placement', () => {
  it('gives a level the same hosts whatever comes after it', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const first = request().levels.slice(0, 1);
        const alone = place({ ...request(), levels: first }).hosts;
        const whole = place(request()).hosts;
        const names = first.flat().map(({ vm }) => vm);
        expect(names.map((name) => whole.get(name))).toEqual(names.map((name) => alone.get(name)));
      }),
    );
  });

  it('refuses no VM that some host could still take', () => {
    fc.assert(
      fc.property(requests, (request) => {
        const asked = request();
        const { refused } = place(asked);
        const most = Math.max(...[...asked.rooms.values()].map(({ memoryLeftBytes }) => memoryLeftBytes));
        const left = asked.levels.flat().filter(({ vm }) => refused.has(vm));
        expect(left.filter(({ need }) => need.memoryBytes <= most)).toEqual([]);
      }),
    );
  });
});
