import { describe, expect, it } from '@jest/globals';
import type { HostFacts } from '../../model/inventory.js';
import type { PlaceInput } from '../../model/step-input.js';
import { roomFindings } from './room.js';

const facts: HostFacts = {
  name: 'south-1',
  site: 'south',
  observedAt: 0,
  cpuModel: 'EPYC',
  cpuModels: ['EPYC', 'Nehalem'],
  cpuThreads: 8,
  memoryBytes: 64,
  memoryFreeBytes: 32,
  networks: ['br-prod'],
  diskFreeBytes: 100,
  isCordoned: false,
};
const input: PlaceInput = {
  vm: 'db-1',
  id: 'id-1',
  at: { site: 'south', host: 'south-1' },
  memoryBytes: 32,
  vcpus: 8,
  cpuModel: 'Nehalem',
  networks: ['br-prod'],
  diskBytes: 100,
};
const codes = (changed: Partial<PlaceInput>, host: Partial<HostFacts> = {}) =>
  roomFindings({ ...input, ...changed }, { ...facts, ...host }).map(({ code }) => code);

describe('roomFindings', () => {
  it('finds nothing when everything just fits', () => {
    expect(codes({})).toEqual([]);
  });

  it.each<[string, readonly string[]]>([
    ['no-memory', codes({ memoryBytes: 33 })],
    ['no-cpu', codes({ vcpus: 9 })],
    ['cpu-model-missing', codes({ cpuModel: 'Skylake' })],
    ['no-space', codes({ diskBytes: 101 })],
    ['network-missing', codes({ networks: ['br-prod', 'br-dmz'] })],
    ['host-cordoned', codes({}, { isCordoned: true })],
  ])('finds %s', (code, found) => {
    expect(found).toEqual([code]);
  });

  it('finds everything at once', () => {
    expect(codes({ memoryBytes: 33, networks: ['br-dmz'] })).toEqual(['no-memory', 'network-missing']);
  });
});
