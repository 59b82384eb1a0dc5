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
import type { Runbook } from '../model/runbook.js';
import { runbookForHost } from './plan-evacuation.js';

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

  test.each<[string, Partial<VmFacts>, string]>([
    ['that is shut off', { state: 'shut-off' }, 'skipped db-1 not-running'],
    ['that is paused', { state: 'paused' }, 'skipped db-1 not-running'],
  ])('leaves a VM %s where it is, and says so', (_case, facts, expected) => {
    expect(outline(world({ vms: [vm('db-1', 'north-1', facts)] }))).toContain(expected);
  });

  it('leaves a VM that may only be restarted where it is', () => {
    const restart = group('all', 'db-1', { move: { ladder: ['restart'], maxDowntimeMs: 500, deadlineMs: 60_000 } });
    expect(outline(world({}, { ...emptying('north-1'), groups: [restart] }))).toContain('skipped db-1 restart-only');
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
      'host-not-emptied: north-1 also runs mail, of which the runbook says nothing',
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
