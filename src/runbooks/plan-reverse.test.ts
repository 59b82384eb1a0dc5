import { describe, expect, it, test } from '@jest/globals';
import {
  authorityAt,
  estate,
  group,
  host,
  inventory,
  lostHost,
  madePlan,
  outline,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Authority } from '../model/authority.js';
import type { Inventory } from '../model/inventory.js';

const moved = authorityAt('db-1', 'south-1');

/** `db-1` lives in the south since a failover, and its old definition is still on `north-1`. */
function world(facts: Partial<Inventory> = {}) {
  return {
    runbook: runbook([group('all', 'db-1')]),
    estate: estate('north-1 north-2', 'south-1'),
    request: request('reverse'),
    inventory: inventory({
      hosts: [host('north-1'), host('north-2'), host('south-1')],
      vms: [vm('db-1', 'south-1'), vm('db-1', 'north-1', { state: 'shut-off' })],
      authority: [moved],
      ...facts,
    }),
  };
}

describe('a reversal', () => {
  it('makes the old disks the replica of the place where the VM is now', () => {
    expect(outline(world())).toEqual(['level-1: vm/db-1 [reverse]']);
    expect(madePlan(world()).stages[0]?.lanes[0]?.steps[0]).toMatchObject({
      title: 'replicate db-1 from south-1 to north-1',
      input: { vm: 'db-1', from: { site: 'south', host: 'south-1' }, to: { site: 'north', host: 'north-1' } },
      uses: ['host/south-1', 'host/north-1', 'link/north-south'],
    });
  });

  test.each<[string, Partial<Authority>, string]>([
    ['was fenced', { proof: { kind: 'fenced-off', host: 'north-2', agent: 'fence_ipmilan', at: 1 } }, 'north-2'],
    [
      'it was moved from',
      {
        proof: {
          kind: 'migration-completed',
          from: { site: 'north', host: 'north-2' },
          to: { site: 'south', host: 'south-1' },
          at: 1,
        },
      },
      'north-2',
    ],
  ])('finds the old disks on the host that %s when nothing is defined there', (_case, proof, expected) => {
    const facts = { vms: [vm('db-1', 'south-1')], authority: [{ ...moved, ...proof } as Authority] };
    expect(madePlan(world(facts)).estimates.vms[0]?.target.host).toBe(expected);
  });

  test.each<[string, Partial<Inventory>, string]>([
    [
      'has not moved',
      { vms: [vm('db-1', 'north-1')], authority: [authorityAt('db-1', 'north-1')] },
      'skipped db-1 not-moved',
    ],
    ['is replicated back already', { replicas: [replica('db-1', 'north-1')] }, 'skipped db-1 already-reversed'],
    ['left its disks nobody knows where', { vms: [vm('db-1', 'south-1')] }, 'skipped db-1 old-disks-unknown'],
    [
      'left its disks on a host that is down',
      { hosts: [lostHost('north-1'), host('north-2'), host('south-1')] },
      'skipped db-1 target-unreachable',
    ],
  ])('leaves alone a VM that %s', (_case, facts, expected) => {
    expect(outline(world(facts))).toEqual([expected]);
  });
});
