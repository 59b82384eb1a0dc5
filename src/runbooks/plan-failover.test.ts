import { describe, expect, it, test } from '@jest/globals';
import {
  authorityAt,
  estate,
  GiB,
  group,
  host,
  inventory,
  lostHost,
  madePlan,
  noon,
  outline,
  remembered,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Estate } from '../model/estate.js';
import type { HostFacts, Inventory } from '../model/inventory.js';
import type { RunRequest } from '../model/request.js';

const sites = estate('north-1 north-2', 'south-1');
const one = runbook([group('all', 'db-1')]);

/** North is lost, south has a replica of `db-1`; what is given replaces it. */
function world(facts: Partial<Inventory> = {}, asked: Partial<RunRequest> = {}) {
  return {
    runbook: one,
    estate: sites,
    request: request('failover', asked),
    inventory: inventory({
      hosts: [lostHost('north-1'), lostHost('north-2'), host('south-1')],
      vms: [remembered('db-1', 'north-1')],
      replicas: [replica('db-1', 'south-1')],
      ...facts,
    }),
  };
}

const { dataAsOf: _, ...seeding } = replica('db-1', 'south-1', { points: [], state: 'seeding' });
const whole = 'vm/db-1 [check place promote overlay define start]';

describe('a failover', () => {
  it('asks for a proof of death of the host that ran the VM, and of no other', () => {
    expect(outline(world())).toEqual(['proofs: host/north-1 [fence]', `level-1: ${whole}`]);
  });

  it('asks for proofs of all hosts of the site when nothing says where the VM ran', () => {
    const vms = [remembered('db-1', 'south-1', { networks: ['br-prod-north'] })];
    expect(outline(world({ vms }))[0]).toBe('proofs: host/north-1 [fence], host/north-2 [fence]');
  });

  it('asks for proofs of every host that the ledger and the last sighting name', () => {
    expect(outline(world({ authority: [authorityAt('db-1', 'north-2')] }))[0]).toBe(
      'proofs: host/north-1 [fence], host/north-2 [fence]',
    );
  });

  it('lets the VM wait for its own proofs, and start only where its authority is by then', () => {
    const [lane] = madePlan(world()).stages[1]?.lanes ?? [];
    const place = { site: 'south', host: 'south-1' };
    expect(lane?.after).toEqual(['host/north-1']);
    expect(lane?.steps.find(({ kind }) => kind === 'promote')?.authority).toEqual({
      rule: 'takes',
      vm: 'db-1',
      from: { site: 'north', host: 'north-1' },
      to: place,
      deadHosts: ['north-1'],
    });
    expect(lane?.steps.find(({ kind }) => kind === 'start')?.authority).toEqual({
      rule: 'needs-at',
      vm: 'db-1',
      place,
    });
  });

  it('has a proof that nobody may skip, and that asks when it fails', () => {
    const [fence] = madePlan(world()).stages[0]?.lanes[0]?.steps ?? [];
    expect(fence).toMatchObject({ kind: 'fence', isSkippable: false, onFailure: 'ask', timeoutMs: 120_000 });
  });

  test.each<[string, Partial<Inventory>, readonly string[]]>([
    ['without a replica', { replicas: [] }, ['skipped db-1 no-replica']],
    ['whose replica is not seeded yet', { replicas: [seeding] }, ['skipped db-1 no-recovery-point']],
    [
      'on a network that the other site lacks',
      { vms: [remembered('db-1', 'north-1', { networks: ['br-odd'] })] },
      ['skipped db-1 network-unmapped'],
    ],
    [
      'too large for the host of its replica',
      { vms: [remembered('db-1', 'north-1', { memoryBytes: 500 * GiB })] },
      ['skipped db-1 no-room'],
    ],
    [
      'that runs at the other site already',
      { vms: [vm('db-1', 'south-1')], authority: [authorityAt('db-1', 'south-1')] },
      ['skipped db-1 already-there'],
    ],
    [
      'that is being moved',
      {
        authority: [
          {
            ...authorityAt('db-1', 'north-1'),
            state: 'moving',
            from: { site: 'north', host: 'north-1' },
            to: { site: 'south', host: 'south-1' },
          },
        ],
      },
      ['skipped db-1 authority-moving'],
    ],
    [
      'whose authority is contested',
      {
        authority: [
          { ...authorityAt('db-1', 'north-1'), state: 'contested', places: [{ site: 'north', host: 'north-1' }] },
        ],
      },
      ['skipped db-1 authority-contested'],
    ],
    ['of which nothing is known', { vms: [] }, ['skipped db-1 not-seen']],
    [
      'that is shut off on a host that answers',
      {
        hosts: [host('north-1'), lostHost('north-2'), host('south-1')],
        vms: [vm('db-1', 'north-1', { state: 'shut-off' })],
      },
      ['skipped db-1 source-alive'],
    ],
  ])('leaves alone a VM %s', (_case, facts, expected) => {
    expect(outline(world(facts))).toEqual(expected);
  });

  it('goes on where an earlier one has got to: what was promoted there is started, never promoted again', () => {
    const authority = [authorityAt('db-1', 'south-1')];
    expect(outline(world({ vms: [vm('db-1', 'south-1', { state: 'shut-off' })], authority }))).toEqual([
      'level-1: vm/db-1 [check start]',
    ]);
    expect(outline(world({ authority }))).toEqual([`level-1: ${whole}`]);
  });

  test.each(['running', 'paused', 'unknown'] as const)(
    'is refused while the VM is %s on a host that answers',
    (state) => {
      const hosts: HostFacts[] = [host('north-1'), lostHost('north-2'), host('south-1')];
      expect(outline(world({ hosts, vms: [vm('db-1', 'north-1', { state })] }))).toEqual([
        'safety source-alive north-1',
      ]);
    },
  );

  it('goes on for the VMs it is limited to, whatever the others do', () => {
    const facts = {
      hosts: [host('north-1'), lostHost('north-2'), host('south-1')],
      vms: [vm('web-1', 'north-1'), remembered('db-1', 'north-2')],
    };
    const both = { ...world(facts, { limitTo: ['db-1'] }), runbook: runbook([group('all', 'db-1 web-1')]) };
    expect(outline(both)).toEqual(['proofs: host/north-2 [fence]', `level-1: ${whole}`, 'skipped web-1 not-asked-for']);
  });

  it('uses the newest state, or the point that is asked for', () => {
    const pointOf = (asked: Partial<RunRequest>) =>
      madePlan(world({}, asked)).stages[1]?.lanes[0]?.steps.find(({ kind }) => kind === 'promote')?.input['point'];
    expect(pointOf({})).toBe('newest');
    expect(pointOf({ point: { id: 'db-1-point-1' } })).toEqual({ id: 'db-1-point-1' });
    expect(pointOf({ point: { notAfter: noon - 400_000 } })).toEqual({ id: 'db-1-point-1' });
    expect(outline(world({}, { point: { id: 'nowhere' } }))).toEqual(['skipped db-1 point-not-found']);
  });

  it('warns of a host that only an operator can prove dead, unless one has', () => {
    const north = sites.sites['north'];
    const hosts = Object.fromEntries(
      Object.values(north?.hosts ?? {}).map(({ fence: _fence, ...rest }) => [rest.name, rest]),
    );
    const unfenced: Estate = {
      ...sites,
      sites: { ...sites.sites, ...(north === undefined ? {} : { north: { ...north, hosts } }) },
    };
    const codes = (asked: Partial<RunRequest>) =>
      madePlan({ ...world({}, asked), estate: unfenced }).findings.map(({ code, subject }) => `${code} ${subject}`);
    expect(codes({})).toEqual(['fence-missing north-1']);
    expect(codes({ attested: [{ host: 'north-1', reason: 'pulled the plug' }] })).toEqual([]);
  });

  it('says how old the data is, and what objective that misses', () => {
    const late = {
      ...world(),
      runbook: runbook([group('all', 'db-1')], { objectives: { rpoMs: 60_000, rtoMs: 1_000 } }),
    };
    const made = madePlan(late);
    expect(made.estimates.vms).toMatchObject([{ vm: 'db-1', method: 'promote', dataAgeMs: 300_000 }]);
    expect(made.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'rpo-missed: the data of db-1 is up to 5m old; the objective is 1m',
      expect.stringMatching(/^rto-at-risk: the run is expected to take .*; the objective is 1s$/),
    ]);
  });

  it('cannot be planned when no host of the recovery site answers', () => {
    expect(outline(world({ hosts: [lostHost('north-1'), lostHost('south-1')] }))).toEqual([
      'unreachable target-unreachable south',
    ]);
  });
});
