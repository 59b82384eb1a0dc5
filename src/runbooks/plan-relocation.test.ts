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
  outline,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Inventory, VmFacts } from '../model/inventory.js';
import type { Runbook } from '../model/runbook.js';

const sites = estate('north-1', 'south-1 south-2');
const restart = group('all', 'db-1', { move: { ladder: ['restart'], maxDowntimeMs: 500, deadlineMs: 600_000 } });

function world(facts: Partial<Inventory> = {}, book: Runbook = runbook([group('all', 'db-1')])) {
  return {
    runbook: book,
    estate: sites,
    request: request('relocate'),
    inventory: inventory({
      hosts: [host('north-1'), host('south-1'), host('south-2')],
      vms: [vm('db-1', 'north-1')],
      replicas: [replica('db-1', 'south-1')],
      ...facts,
    }),
  };
}

function lane(inputs = world()) {
  const found = madePlan(inputs).stages[0]?.lanes[0];
  if (found === undefined) {
    throw new Error('the plan has no lane');
  }
  return found;
}

describe('a relocation', () => {
  test.each<[string, Partial<VmFacts>, Runbook, readonly string[]]>([
    ['running', {}, runbook([group('all', 'db-1')]), ['check', 'place', 'sync', 'overlay', 'migrate', 'cleanup']],
    [
      'shut off',
      { state: 'shut-off' },
      runbook([group('all', 'db-1')]),
      ['check', 'shutdown', 'sync', 'promote', 'overlay', 'define', 'cleanup'],
    ],
    [
      'to be restarted',
      {},
      runbook([restart]),
      ['check', 'place', 'sync', 'shutdown', 'final-sync', 'promote', 'overlay', 'define', 'start', 'cleanup'],
    ],
  ])('takes these steps with a VM that is %s', (_, facts, book, expected) => {
    expect(lane(world({ vms: [vm('db-1', 'north-1', facts)] }, book)).steps.map(({ id }) => id)).toEqual(expected);
  });

  it('takes back an overlay only while the VM may still run at its old place', () => {
    expect(lane().recovery).toMatchObject([
      {
        id: 'undo-overlay',
        kind: 'overlay',
        action: 'undo',
        undoes: 'overlay',
        authority: { rule: 'needs-at', vm: 'db-1', place: { site: 'north', host: 'north-1' } },
      },
    ]);
  });

  it('starts a VM again at its old place when the restart fails before it has changed sides', () => {
    expect(lane(world({}, runbook([restart]))).recovery).toMatchObject([
      { kind: 'shutdown', action: 'undo', undoes: 'shutdown', authority: { rule: 'needs-at' } },
    ]);
  });

  it('asks instead of failing once the VM has moved', () => {
    const checked = group('all', 'db-1', { ready: [{ probe: 'tcp', port: 22, withinMs: 5_000 }] });
    const steps = lane(world({}, runbook([checked]))).steps;
    expect(
      steps.slice(steps.findIndex(({ kind }) => kind === 'migrate') + 1).map(({ onFailure }) => onFailure),
    ).toEqual(['ask', 'ask']);
  });

  test.each<[string, Partial<Inventory>, readonly string[]]>([
    ['has no replica', { replicas: [] }, ['impossible no-replica db-1']],
    ['is paused', { vms: [vm('db-1', 'north-1', { state: 'paused' })] }, ['impossible state-unfit db-1']],
    [
      'asks for a network that is not there',
      { vms: [vm('db-1', 'north-1', { networks: ['br-odd'] })] },
      ['impossible network-unmapped db-1'],
    ],
    ['finds no room', { vms: [vm('db-1', 'north-1', { memoryBytes: 900 * GiB })] }, ['impossible no-room db-1']],
    [
      'runs on another CPU',
      { hosts: [host('north-1', { cpuModel: 'Icelake' }), host('south-1')] },
      ['impossible no-room db-1'],
    ],
    [
      'is on a host that is lost',
      { hosts: [lostHost('north-1'), host('south-1')], authority: [authorityAt('db-1', 'north-1')] },
      ['unreachable source-unreachable db-1'],
    ],
    ['is known to nobody', { vms: [] }, ['invalid vm-unknown db-1']],
    ['is live twice', { vms: [vm('db-1', 'north-1'), vm('db-1', 'south-1')] }, ['safety lives-twice db-1']],
    [
      'has a namesake at the other site',
      { vms: [vm('db-1', 'north-1'), vm('db-1', 'south-2', { id: 'another', state: 'shut-off' })] },
      ['safety name-taken db-1'],
    ],
    [
      'runs where its authority is not',
      { authority: [authorityAt('db-1', 'south-1')] },
      ['safety authority-elsewhere db-1'],
    ],
  ])('moves nothing when a VM %s', (_, facts, expected) => {
    expect(outline(world(facts))).toEqual(expected);
  });

  it('moves nothing when VMs cannot be kept apart where their replicas are', () => {
    const book = runbook([group('all', 'db-*')], { keepApart: [[{ glob: 'db-*' }]] });
    const facts = {
      vms: [vm('db-1', 'north-1'), vm('db-2', 'north-1')],
      replicas: [replica('db-1', 'south-1'), replica('db-2', 'south-1')],
    };
    expect(outline(world(facts, book))).toEqual(['impossible keep-apart-broken south-1']);
    const apart = [replica('db-1', 'south-1'), replica('db-2', 'south-2')];
    expect(outline(world({ ...facts, replicas: apart }, book))).toHaveLength(1);
  });

  it('takes a VM where it is seen when it was moved by hand inside its site', () => {
    const two = estate('north-1 north-2', 'south-1');
    const hosts = [host('north-1'), host('north-2'), host('south-1')];
    const facts = { hosts, vms: [vm('db-1', 'north-2')], authority: [authorityAt('db-1', 'north-1', 4)] };
    expect(madePlan({ ...world(facts), estate: two }).authority).toMatchObject([
      { state: 'at', place: { host: 'north-2' }, epoch: 5, proof: { kind: 'observed-running' } },
    ]);
  });

  it('leaves alone what is there already', () => {
    const facts = { vms: [vm('db-1', 'south-1')], authority: [authorityAt('db-1', 'south-1')] };
    expect(outline(world(facts))).toEqual(['skipped db-1 already-there']);
  });

  it('goes the other way round in a failback', () => {
    const facts = {
      vms: [vm('db-1', 'south-1'), vm('db-1', 'north-1', { state: 'shut-off' }), vm('db-2', 'south-1')],
      replicas: [replica('db-1', 'north-1')],
      authority: [authorityAt('db-1', 'south-1')],
    };
    const back = { ...world(facts, runbook([group('all', 'db-*')])), request: request('failback') };
    expect(outline(back)).toEqual(['level-1: vm/db-1 [check place sync overlay migrate cleanup reverse]']);
    expect(madePlan(back).estimates.vms[0]?.target).toEqual({ site: 'north', host: 'north-1' });
  });

  it('shares the bandwidth among the moves that run at once', () => {
    const book = runbook([group('all', 'db-*')], { limits: { perHost: 2, perLink: 4, bytesPerSecond: 10_000_000 } });
    const names = ['db-1', 'db-2'];
    const facts = {
      vms: names.map((name) => vm(name, 'north-1')),
      replicas: names.map((name) => replica(name, 'south-1')),
    };
    const made = madePlan(world(facts, book));
    const moves = made.stages.flatMap(({ lanes }) =>
      lanes.flatMap(({ steps }) => steps.filter(({ kind }) => kind === 'migrate')),
    );
    expect(moves.map(({ input }) => input['bytesPerSecond'])).toEqual([5_000_000, 5_000_000]);
    expect(made.slots).toEqual({ 'host/north-1': 2, 'host/south-1': 2, 'link/north-south': 4 });
  });
});
