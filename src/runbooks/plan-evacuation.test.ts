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
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Inventory, VmFacts } from '../model/inventory.js';
import type { Plan, Step } from '../model/plan.js';
import type { Runbook, Rung } from '../model/runbook.js';
import { runbookForHost } from './host-runbook.js';

const sites = estate('north-1 north-2 north-3', 'south-1');

function emptying(name: string): Runbook {
  const found = runbookForHost(name, sites);
  if (found === undefined) {
    throw new Error(`the estate has no host ${name}`);
  }
  return found;
}

function world(facts: Partial<Inventory> = {}, book: Runbook = emptying('north-1')) {
  return {
    runbook: book,
    estate: sites,
    request: request('evacuate'),
    inventory: inventory({
      hosts: [host('north-1'), host('north-2'), host('north-3'), host('south-1')],
      vms: [vm('db-1', 'north-1', { hasAgent: false }), vm('other', 'north-2')],
      ...facts,
    }),
  };
}

function withLadder(...ladder: readonly Rung[]): Runbook {
  return {
    ...emptying('north-1'),
    groups: [group('all', 'db-1', { move: { ladder, maxDowntimeMs: 500, deadlineMs: 60_000 } })],
  };
}

function stepOf({ stages }: Plan, lane: string, id: string): Step | undefined {
  return stages
    .flatMap(({ lanes }) => lanes)
    .find((one) => one.id === lane)
    ?.steps.find((step) => step.id === id);
}

const shared: VmFacts['disks'] = [
  { target: 'vda', path: '/shared/vda', format: 'raw', sizeBytes: 10 * GiB, usedBytes: 10 * GiB, isShared: true },
];

describe('an evacuation', () => {
  it('cordons the host, moves its VMs away, and sees that it is empty', () => {
    expect(outline(world())).toEqual([
      'cordon: host/north-1 [cordon]',
      'level-1: vm/db-1 [check place migrate]',
      'confirm: host/north-1:empty [check]',
    ]);
  });

  it('asks the guest agent of a VM that has one', () => {
    const vms = [vm('db-1', 'north-1', { hasAgent: true })];
    expect(outline(world({ vms }))[1]).toBe('level-1: vm/db-1 [check place migrate ready-1]');
  });

  test.each<[string, VmFacts['disks'] | undefined, string]>([
    ['takes disks along that other hosts do not see', undefined, 'all'],
    ['leaves shared disks where they are', shared, 'none'],
  ])('%s', (_case, disks, expected) => {
    const vms = [vm('db-1', 'north-1', disks === undefined ? {} : { disks })];
    const steps = madePlan(world({ vms })).stages[1]?.lanes[0]?.steps ?? [];
    expect(steps.find(({ kind }) => kind === 'migrate')).toMatchObject({
      input: { copyStorage: expected, ladder: ['live', 'throttle', 'post-copy', 'pause'] },
      authority: { rule: 'moves', from: { host: 'north-1' } },
    });
  });

  it('spreads VMs over the other hosts, but onto none that is cordoned, lost, or of another site', () => {
    const hosts = [host('north-1'), host('north-2', { isCordoned: true }), lostHost('north-3'), host('south-1')];
    expect(outline(world({ hosts }))).toEqual([
      'cordon: host/north-1 [cordon]',
      'confirm: host/north-1:empty [check]',
      'skipped db-1 no-room',
    ]);
    const targets = madePlan(world({ vms: ['a', 'b'].map((name) => vm(name, 'north-1')) })).estimates.vms.map(
      ({ target }) => target.host,
    );
    expect(targets).toEqual(['north-2', 'north-3']);
  });

  it('gives the reason of every host for a VM that fits nowhere', () => {
    const hosts = [host('north-1'), host('north-2', { isCordoned: true }), host('north-3', { memoryFreeBytes: GiB })];
    expect(madePlan(world({ hosts })).skipped).toEqual([
      {
        vm: 'db-1',
        code: 'no-room',
        reason: 'no host has a place for it: north-2 is cordoned; north-3 lacks 1 GiB memory',
      },
    ]);
  });

  it('carries a VM that is shut off, after those that run, and leaves it off', () => {
    const vms = [vm('a', 'north-1', { state: 'shut-off' }), vm('b', 'north-1', { hasAgent: false })];
    const made = madePlan(world({ vms }));
    expect(outline(world({ vms }))).toEqual([
      'cordon: host/north-1 [cordon]',
      'level-1: vm/b [check place migrate], vm/a [check place migrate]',
      'confirm: host/north-1:empty [check]',
    ]);
    expect(stepOf(made, 'vm/a', 'check')).toMatchObject({ input: { state: 'shut-off' } });
    expect(stepOf(made, 'vm/a', 'migrate')).toMatchObject({ input: { state: 'shut-off', ladder: [] } });
    expect(made.estimates.vms.map(({ vm: name, method, downtimeMs }) => [name, method, downtimeMs > 0])).toEqual([
      ['a', 'cold', false],
      ['b', 'live', true],
    ]);
  });

  test.each<VmFacts['state']>(['paused', 'crashed', 'unknown'])(
    'leaves a VM that is %s where it is, and says so',
    (state) => {
      expect(madePlan(world({ vms: [vm('db-1', 'north-1', { state })] })).skipped).toEqual([
        {
          vm: 'db-1',
          code: 'state-unfit',
          reason: `it is ${state} on north-1: only VMs that run or are shut off are moved`,
        },
      ]);
    },
  );

  it('restarts a VM whose group has no other rung, and starts it again where it is when that fails', () => {
    const made = madePlan(world({}, withLadder('restart')));
    const [lane] = made.stages[1]?.lanes ?? [];
    expect(stepOf(made, 'vm/db-1', 'migrate')).toMatchObject({ input: { state: 'running', ladder: ['restart'] } });
    expect(lane?.recovery).toMatchObject([{ kind: 'migrate', action: 'undo', undoes: 'migrate' }]);
    expect(made.estimates.vms).toMatchObject([{ method: 'restart', why: 'its ladder has no other rung' }]);
  });

  it('gives the move the whole ladder, with a restart last', () => {
    const made = madePlan(world({}, withLadder('restart', 'live', 'pause')));
    expect(stepOf(made, 'vm/db-1', 'migrate')).toMatchObject({ input: { ladder: ['live', 'pause', 'restart'] } });
    expect(made.stages[1]?.lanes[0]?.recovery).toHaveLength(1);
  });

  it('keeps what is moved apart from what is there already', () => {
    const book = { ...emptying('north-1'), keepApart: [[{ glob: 'db-*' }]] };
    const vms = [vm('db-1', 'north-1'), vm('db-2', 'north-2')];
    expect(madePlan(world({ vms }, book)).estimates.vms[0]?.target.host).toBe('north-3');
  });

  it('names the VMs that it will not move, since the runbook does not ask for them', () => {
    const vms = [vm('db-1', 'north-1'), vm('mail', 'north-1')];
    const made = madePlan(world({ vms }, { ...emptying('north-1'), groups: [group('all', 'db-1')] }));
    expect(made.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'host-not-emptied: north-1 also has mail, of which the runbook says nothing',
    ]);
  });

  it('is refused when the host cannot be reached, or the site has no other one', () => {
    expect(outline(world({ hosts: [lostHost('north-1'), host('north-2')] }))).toEqual([
      'unreachable host-unreachable north-1',
    ]);
    const whole = runbook([group('all', '*')], { protect: { from: { site: 'north' }, to: { site: 'north' } } });
    expect(outline(world({}, whole))).toEqual(['invalid no-other-host north']);
  });

  it('leaves alone a VM that has moved already', () => {
    const facts = { vms: [vm('db-1', 'north-2')], authority: [authorityAt('db-1', 'north-2')] };
    const book = { ...emptying('north-1'), groups: [group('all', 'db-1')] };
    expect(outline(world(facts, book))).toContain('skipped db-1 elsewhere');
  });

  it('has no runbook for a host that the estate does not have', () => {
    expect(runbookForHost('north-9', sites)).toBeUndefined();
  });
});
