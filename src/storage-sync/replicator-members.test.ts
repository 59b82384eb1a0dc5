import { describe, expect, it } from '@jest/globals';
import { twoSites } from '../../test/contracts/hypervisor-rehearsal.js';
import { protecting } from '../../test/scenarios/protection.js';
import type { Authority } from '../model/authority.js';
import type { HostFacts, Inventory, VmFacts } from '../model/inventory.js';
import type { Replica } from '../model/replica.js';
import { type Member, membersOf } from './replicator-members.js';

const north1 = { site: 'north', host: 'north-1' };
const south1 = { site: 'south', host: 'south-1' };

function host(name: string, parts: Partial<HostFacts> = {}): HostFacts {
  const [site = ''] = name.split('-');
  const facts = { cpuModel: '', cpuModels: [], cpuThreads: 8, memoryBytes: 1, memoryFreeBytes: 1, networks: [] };
  return { name, site, observedAt: 0, ...facts, diskFreeBytes: 1e12, isCordoned: false, ...parts };
}

function vm(place: { site: string; host: string }, parts: Partial<VmFacts> = {}): VmFacts {
  const facts = {
    id: 'web-1',
    name: 'web-1',
    observedAt: 0,
    seenOn: 'host',
    state: 'running',
    memoryBytes: 1,
  } as const;
  return {
    ...facts,
    vcpus: 1,
    networks: [],
    disks: [],
    tags: [],
    hasAutostart: true,
    hasAgent: true,
    ...place,
    ...parts,
  };
}

function replica(place: { site: string; host: string }, dataAsOf = 5): Replica {
  return { vm: 'web-1', method: 'block-sync', state: 'in-sync', dataAsOf, points: [], ...place };
}

function authority(parts: object): Authority {
  const proof = { kind: 'observed-running', place: south1, at: 0 } as const;
  return { vm: 'web-1', epoch: 1, since: 0, proof, ...parts } as Authority;
}

const hosts = [host('north-1'), host('north-2'), host('south-1')];

function membersIn(
  seen: Partial<Inventory>,
  known: readonly (readonly [string, typeof south1])[] = [],
): readonly Member[] {
  const inventory: Inventory = { at: 0, hosts, vms: [vm(north1)], replicas: [], authority: [], ...seen };
  return membersOf({ runbook: protecting(['web-1']), estate: twoSites, inventory, known: new Map(known) });
}

const silentSouth = hosts.map((one) => (one.name === 'south-1' ? { ...one, unreachable: 'no route' } : one));

describe('a VM that is to be replicated', () => {
  it('goes from where it lives to where its replica is, and takes both hosts and the link', () => {
    const [member] = membersIn({ replicas: [replica(south1)] });
    expect(member).toMatchObject({
      route: { from: north1, to: south1 },
      uses: ['host/north-1', 'host/south-1', 'link/wan'],
    });
    expect(member?.needs ?? member?.waits).toBeUndefined();
  });

  it('gets its replica on the host of the recovery site with the most room', () => {
    const two = [...hosts, host('south-2', { diskFreeBytes: 2e12 })];
    expect(membersIn({ hosts: two })[0]?.route?.to).toEqual({ site: 'south', host: 'south-2' });
    expect(membersIn({ hosts: two }, [['web-1', south1]])[0]?.route?.to).toEqual(south1);
  });

  it('is not seeded anew because the host that may have its replica is silent', () => {
    const two = [...silentSouth, host('south-2')];
    expect(membersIn({ hosts: two })[0]).toMatchObject({
      isTargetSilent: true,
      waits: expect.stringContaining('south-1'),
    });
    expect(membersIn({ hosts: two })[0]?.route).toBeUndefined();
    expect(membersIn({ hosts: two }, [['web-1', south1]])[0]).toMatchObject({
      route: { to: south1 },
      waits: 'south-1 does not answer',
    });
  });

  it('is copied from where its authority is, never from an old copy', () => {
    const vms = [vm(north1), vm(south1)];
    const at = authority({ state: 'at', place: south1 });
    expect(membersIn({ vms, authority: [at], replicas: [replica(north1)] })[0]?.route).toEqual({
      from: south1,
      to: north1,
    });
    expect(membersIn({ vms, authority: [at] })[0]).toMatchObject({
      needs: expect.stringContaining('lifeboat reverse'),
    });
  });

  it.each([
    ['it was seen on two hosts', { vms: [vm(north1), vm({ site: 'north', host: 'north-2' })] }],
    ['it is being moved', { authority: [authority({ state: 'moving', from: north1, to: south1 })] }],
    ['both sides may have it', { authority: [authority({ state: 'contested', places: [north1, south1] })] }],
  ])('waits while %s', (_, seen) => {
    const [member] = membersIn({ ...seen, replicas: [replica(south1)] });
    expect(member?.waits).toBeDefined();
    expect(member?.route).toBeUndefined();
  });

  it('that no host has needs a person, unless a host is silent', () => {
    expect(membersIn({ vms: [] })[0]).toMatchObject({ vm: 'web-1', needs: 'group all names it, and no host has it' });
    expect(membersIn({ vms: [], hosts: silentSouth })[0]).toMatchObject({
      waits: expect.any(String),
      isTargetSilent: true,
    });
    expect(membersIn({ vms: [vm(north1, { seenOn: 'replica' })], replicas: [replica(south1)] })[0]?.needs).toContain(
      'north-1 has no VM',
    );
  });

  it('has a silent source when its host does not answer', () => {
    const silent = hosts.map((one) => (one.name === 'north-1' ? { ...one, unreachable: 'no route' } : one));
    const seen = { hosts: silent, vms: [vm(north1, { seenOn: 'replica' })], replicas: [replica(south1)] };
    expect(membersIn(seen)[0]).toMatchObject({ isSourceSilent: true, route: { from: north1, to: south1 } });
  });
});
