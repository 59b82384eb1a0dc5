import * as fc from 'fast-check';
import type { HostFacts, VmFacts } from '../../src/model/inventory.js';
import type { Mode } from '../../src/model/mode.js';
import type { Group } from '../../src/model/runbook.js';
import { GiB } from './builders.js';
import { type GroupSeed, type RulesSeed, type VmSeed, type World, worldOf } from './world-parts.js';

export type { World } from './world-parts.js';

/** How much a world may be in the way of its run. */
export interface Trouble {
  /** Which hosts of the protected site answer. */
  readonly source: 'all' | 'none' | 'some';
  /** Whether VMs may lack replicas or networks, hosts be cordoned or full, and the ledger name VMs that moved. */
  readonly isTidy: boolean;
}

const vmsMax = 24;
export const plannedModes = ['failover', 'drill', 'relocate', 'failback', 'evacuate', 'reverse'] as const;

/**
 * Random estates of two sites with up to three hosts each, runbooks of up to five groups that wait for each other without
 * circles, and inventories. VMs are called `GROUP-NUMBER`, groups `g0` to `g4`.
 */
export function worlds(mode: Mode, trouble: Trouble): fc.Arbitrary<World> {
  return fc
    .record({ north: fc.integer({ min: 1, max: 3 }), south: fc.integer({ min: 1, max: 3 }) })
    .chain(({ north, south }) => {
      const norths = Array.from({ length: north }, (_, index) => `north-${index + 1}`);
      const souths = Array.from({ length: south }, (_, index) => `south-${index + 1}`);
      return fc
        .record({
          isSeen: fc.tuple(...norths.map(() => seen(trouble.source))),
          rooms: fc.tuple(...souths.map(() => room(trouble.isTidy))),
          vms: fc.array(vmSeed(trouble.isTidy), { minLength: 1, maxLength: vmsMax }),
          groups: fc.array(groupSeed, { minLength: 1, maxLength: 5 }),
          rules: rulesSeed,
        })
        .map((seeds) => worldOf({ mode, norths, souths, ...seeds }));
    });
}

/** A world of any mode and any trouble. */
export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    mode: fc.constantFrom(...plannedModes),
    source: fc.constantFrom('all' as const, 'none' as const, 'some' as const),
    isTidy: fc.boolean(),
  })
  .chain(({ mode, source, isTidy }) => worlds(mode, { source, isTidy }));

function seen(source: Trouble['source']): fc.Arbitrary<boolean> {
  return source === 'some' ? fc.boolean() : fc.constant(source === 'all');
}

/** Facts of a host of the recovery site. */
function room(isTidy: boolean): fc.Arbitrary<Partial<HostFacts>> {
  const roomy = fc.record({ memoryFreeBytes: fc.integer({ min: 64, max: 200 }).map((size) => size * GiB) });
  const tight = fc.record({
    memoryFreeBytes: fc.integer({ min: 0, max: 40 }).map((size) => size * GiB),
    diskFreeBytes: fc.integer({ min: 1, max: 100 }).map((size) => size * GiB),
    isCordoned: often(false, true),
    cpuModels: often<string[]>(['EPYC', 'qemu64'], ['qemu64']),
  });
  return isTidy ? roomy : fc.oneof(roomy, tight, fc.constant({ unreachable: 'timed out' }));
}

function vmSeed(isTidy: boolean): fc.Arbitrary<VmSeed> {
  return fc.record({
    group: fc.nat(4),
    on: fc.nat(2),
    to: fc.nat(2),
    facts: fc.record({
      state: isTidy ? often<VmFacts['state']>('running', 'shut-off') : states,
      memoryBytes: fc.integer({ min: 1, max: 64 }).map((size) => (size * GiB) / 4),
      vcpus: fc.integer({ min: 1, max: 8 }),
      hasAgent: fc.boolean(),
      dirtyBytesPerSecond: fc.integer({ min: 0, max: 200_000_000 }),
    }),
    network: isTidy ? fc.constant('br-prod') : often('br-prod', 'br-odd'),
    points: isTidy ? fc.integer({ min: 1, max: 3 }) : fc.integer({ min: -1, max: 3 }),
    history: isTidy
      ? fc.constant('none' as const)
      : often<VmSeed['history']>('none', 'moved', 'stopped-there', 'moving', 'contested'),
  });
}

const states = fc.constantFrom<VmFacts['state']>(
  'running',
  'running',
  'running',
  'paused',
  'shut-off',
  'crashed',
  'unknown',
);

const groupSeed: fc.Arbitrary<GroupSeed> = fc.record({
  priority: fc.integer({ min: 1, max: 5 }),
  after: fc.array(fc.nat(4), { maxLength: 2 }),
  isGlob: fc.boolean(),
  isRestart: often(false, true),
  ready: fc.constantFrom<Group['ready']>(
    [],
    [{ probe: 'guest-agent', withinMs: 60_000 }],
    [
      { probe: 'tcp', port: 22, withinMs: 30_000 },
      { probe: 'http', url: 'http://localhost/', status: 200, withinMs: 30_000 },
    ],
  ),
});

const rulesSeed: fc.Arbitrary<RulesSeed> = fc.record({
  apart: fc.option(fc.nat(4), { nil: undefined }),
  together: fc.option(fc.nat(4), { nil: undefined }),
  perRun: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
  isMarked: fc.boolean(),
  isLimited: often(false, true),
});

/** The first four times out of five. */
function often<Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { arbitrary: fc.constant(usual), weight: 4 },
    { arbitrary: fc.constantFrom(usual, ...others), weight: 1 },
  );
}
