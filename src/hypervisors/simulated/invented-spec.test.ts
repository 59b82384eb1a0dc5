import { describe, expect, it } from '@jest/globals';
import { answered, never, twoSites } from '../../../test/contracts/hypervisor-rehearsal.js';
import type { Selector } from '../../model/runbook.js';
import { specFromEstate } from './invented-spec.js';
import { inventVms, type WorldRunbook } from './invented-vms.js';
import { createWorld } from './world.js';

const move = { ladder: ['live' as const], maxDowntimeMs: 300, deadlineMs: 600_000 };

function runbook(...vms: readonly Selector[]): WorldRunbook {
  const replicate = { method: 'block-sync' as const, everyMs: 60_000, keep: 5, quiesce: true };
  return {
    protect: { from: { site: 'north' }, to: { site: 'south' } },
    groups: [{ name: 'all', priority: 3, after: [], vms, replicate, move, ready: [] }],
  };
}

describe('inventVms', () => {
  it.each<[Selector, readonly string[]]>([
    [{ name: 'db-1' }, ['db-1']],
    [{ glob: 'web-*' }, ['web-1', 'web-2', 'web-3']],
    [{ glob: 'app-?' }, ['app-1']],
    [{ glob: 'app-[a-c]' }, ['app-a']],
    [{ glob: '*' }, ['vm-1', 'vm-2', 'vm-3']],
    [{ tag: 'tier=db' }, ['tagged-db-1', 'tagged-db-2']],
  ])('finds VMs for %j', (selector, names) => {
    expect(inventVms([runbook(selector)]).map(({ name }) => name)).toEqual(names);
  });

  it('invents each VM once', () => {
    const names = inventVms([runbook({ glob: 'db-*' }, { name: 'db-1' })]).map(({ name }) => name);
    expect(names).toEqual(['db-1', 'db-2', 'db-3']);
  });

  it('gives tagged VMs their tag', () => {
    expect(inventVms([runbook({ tag: 'tier=db' })])[0]?.tags).toEqual(['tier=db']);
  });
});

describe('specFromEstate', () => {
  it('makes a world in which every VM has a host and a replica', async () => {
    const spec = specFromEstate(twoSites, [runbook({ name: 'db-1' }, { glob: 'web-*' })], 5);
    const world = createWorld({ estate: twoSites, spec, seed: 5 });
    const hosts = await Promise.all(
      ['north-1', 'north-2'].map((host) => answered(world, world.hypervisor.host(host, never))),
    );
    expect(hosts.map(({ vms }) => vms.map(({ name }) => name))).toEqual([
      ['db-1', 'web-2'],
      ['web-1', 'web-3'],
    ]);
    const replicas = await answered(world, world.replicas.list('south', never));
    expect(replicas.map(({ vm, state }) => `${vm} ${state}`)).toEqual(
      ['db-1', 'web-1', 'web-2', 'web-3'].map((vm) => `${vm} in-sync`),
    );
  });

  it('gives the same world for the same seed, and another for another', () => {
    const specs = [1, 1, 2].map((seed) => JSON.stringify(specFromEstate(twoSites, [runbook({ glob: '*' })], seed)));
    expect(specs[1]).toBe(specs[0]);
    expect(specs[2]).not.toBe(specs[0]);
  });

  it('gives every host VMs when no runbook names any', () => {
    const { vms = [] } = specFromEstate(twoSites, [], 1);
    expect(new Set(vms.map(({ host }) => host))).toEqual(new Set(['north-1', 'north-2', 'south-1']));
  });

  it('puts the VMs of one host onto that host', () => {
    const protect = { from: { site: 'north', host: 'north-2' }, to: { site: 'north' } };
    const { vms = [], replicas } = specFromEstate(twoSites, [{ ...runbook({ glob: 'web-*' }), protect }], 1);
    expect(vms.map(({ host }) => host)).toEqual(['north-2', 'north-2', 'north-2']);
    expect(replicas).toEqual([]);
  });
});
