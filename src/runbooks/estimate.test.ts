import { describe, expect, it } from '@jest/globals';
import {
  estate,
  GiB,
  group,
  host,
  inventory,
  madePlan,
  noon,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Estate } from '../model/estate.js';
import type { Limits } from '../model/runbook.js';
import { estimateMove, transferMs } from './estimate.js';

const move = {
  memoryBytes: 1_000_000_000,
  diskBytes: 0,
  dirtyBytesPerSecond: 0,
  bytesPerSecond: 100_000_000,
  maxDowntimeMs: 500,
};

describe('a live move', () => {
  it('takes the time of its memory over the link', () => {
    expect(estimateMove(move)).toEqual({ durationMs: 10_500, downtimeMs: 50, bytes: 1_000_000_000, converges: true });
  });

  it('sends again what is dirtied meanwhile', () => {
    expect(estimateMove({ ...move, dirtyBytesPerSecond: 50_000_000 })).toMatchObject({
      durationMs: 20_500,
      bytes: 2_000_000_000,
      downtimeMs: 300,
    });
  });

  it('does not converge when memory is dirtied about as fast as it is sent', () => {
    expect(estimateMove({ ...move, dirtyBytesPerSecond: 95_000_000 }).converges).toBe(false);
    expect(estimateMove({ ...move, dirtyBytesPerSecond: 900_000_000 })).toMatchObject({
      downtimeMs: 500,
      converges: false,
    });
  });
});

describe('a transfer', () => {
  it('takes bytes by rate, and never no time', () => {
    expect([0, 1, 2_000].map((bytes) => transferMs(bytes, 1_000))).toEqual([0, 1, 2_000]);
  });
});

const at100Mbit: Estate = {
  ...estate('north-1', 'south-1'),
  links: { wan: { name: 'wan', between: ['north', 'south'], bytesPerSecond: 12_500_000, windows: [] } },
};

function relocation(count: number, about: { limits?: Limits; sites?: Estate } = {}) {
  const names = Array.from({ length: count }, (_, index) => `vm-${index}`);
  return madePlan({
    runbook: runbook([group('all', 'vm-*')], { limits: about.limits ?? { perHost: 8, perLink: 4 } }),
    estate: about.sites ?? at100Mbit,
    request: request('relocate'),
    inventory: inventory({
      hosts: [host('north-1'), host('south-1')],
      vms: names.map((name) => vm(name, 'north-1')),
      replicas: names.map((name) => replica(name, 'south-1', { dataAsOf: noon })),
    }),
  });
}

describe('the estimates of a run', () => {
  it('count the bytes of memory and of what is still to be synchronised', () => {
    expect(relocation(1).estimates).toMatchObject({
      bytes: GiB,
      vms: [{ method: 'live', bytes: GiB, downtimeMs: 50 }],
    });
  });

  it('give a link no more than it carries, however many moves share it', () => {
    const bytesMs = (8 * GiB * 1_000) / 12_500_000;
    const { durationMs } = relocation(8).estimates;
    expect(durationMs).toBeGreaterThan(bytesMs);
    expect(durationMs).toBeLessThan(bytesMs * 1.1);
  });

  it('wait for slots', () => {
    const fast = { ...at100Mbit, links: {} };
    const one = relocation(8, { sites: fast, limits: { perHost: 8, perLink: 8 } }).estimates.durationMs;
    const alone = relocation(1, { sites: fast }).estimates.durationMs;
    expect(one).toBeGreaterThan(alone);
  });

  it('take the rate of the hour from the windows of a link', () => {
    const everyDay = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
    const window = { days: everyDay, fromMinute: 0, toMinute: 1_440, bytesPerSecond: 6_250_000 };
    const wan = at100Mbit.links['wan'];
    const slow = { ...at100Mbit, links: wan === undefined ? {} : { wan: { ...wan, windows: [window] } } };
    const ratio = relocation(4, { sites: slow }).estimates.durationMs / relocation(4).estimates.durationMs;
    expect(ratio).toBeGreaterThan(1.9);
  });

  it('expect a final sync at the rate of the newest increment', () => {
    const names = ['vm-0'];
    const made = madePlan({
      runbook: runbook([group('all', 'vm-*')]),
      estate: at100Mbit,
      request: request('relocate'),
      inventory: inventory({
        hosts: [host('north-1'), host('south-1')],
        vms: names.map((name) => vm(name, 'north-1')),
        replicas: names.map((name) => replica(name, 'south-1')),
      }),
    });
    // 100 MiB in the five minutes between the points, and five minutes since the last one.
    expect(made.estimates.bytes).toBe(GiB + 100 * 2 ** 20);
  });
});
