import { describe, expect, it } from '@jest/globals';
import {
  estate,
  GiB,
  group,
  host,
  idOf,
  inventory,
  lostHost,
  madePlan,
  outline,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Inventory } from '../model/inventory.js';
import type { Runbook } from '../model/runbook.js';

const sites = estate('north-1 north-2 north-3', 'south-1');
const north = { site: 'north' };

function book(freeHosts: number, facts: Partial<Runbook> = {}): Runbook {
  return runbook([group('all', '*')], { protect: { from: north, to: north }, balance: { freeHosts }, ...facts });
}

function site(facts: Partial<Inventory> = {}, of: Runbook = book(0)) {
  const small = { memoryBytes: 64 * GiB, memoryFreeBytes: 64 * GiB };
  return {
    runbook: of,
    estate: sites,
    request: request('balance'),
    inventory: inventory({
      hosts: [host('north-1', small), host('north-2', small), host('north-3', small), host('south-1')],
      vms: ['a', 'b', 'c'].map((name) => vm(name, 'north-1', { memoryBytes: 10 * GiB, hasAgent: false })),
      ...facts,
    }),
  };
}

describe('a balance', () => {
  it('moves as few VMs as even out the hosts, live, and leaves the others where they are', () => {
    expect(outline(site())).toEqual([
      'level-1: vm/a [check place migrate], vm/b [check place migrate]',
      'skipped c stays',
    ]);
    const made = madePlan(site());
    expect(made.estimates.vms.map(({ vm: name, target }) => `${name} ${target.host}`)).toEqual([
      'a north-2',
      'b north-3',
    ]);
    expect(made.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'balance-forecast: of what the hosts have, VMs were given 0 % to 47 % of memory and 0 % to 9 % of CPU threads; after 2 moves 16 % to 16 % of memory and 3 % to 3 % of CPU threads',
    ]);
  });

  it('restarts no VM, whatever its ladder has', () => {
    const move = site().runbook.groups[0]?.move;
    expect(move?.ladder).toContain('restart');
    const [lane] = madePlan(site()).stages[0]?.lanes ?? [];
    expect(lane?.steps[2]).toMatchObject({ input: { ladder: ['live', 'throttle', 'post-copy', 'pause'] } });
    expect(lane?.recovery).toEqual([]);
    const only = group('all', '*', { move: { ladder: ['restart'], maxDowntimeMs: 500, deadlineMs: 60_000 } });
    expect(madePlan(site({}, book(0, { groups: [only] }))).stages).toEqual([]);
  });

  it('counts VMs that it may not move, and those alone that run', () => {
    const of = book(0, { groups: [group('web', 'c')] });
    expect(outline(site({}, of))).toEqual(['level-1: vm/c [check place migrate]']);
    expect(madePlan(site({}, of)).findings.map(({ code }) => code)).toContain('balance-uneven');
    const off = ['a', 'b', 'c'].map((name) => vm(name, 'north-1', { memoryBytes: 10 * GiB, state: 'shut-off' }));
    expect(madePlan(site({ vms: off })).stages).toEqual([]);
  });

  it('sends nothing to hosts that are cordoned, cannot be reached, or against which something was found', () => {
    const hosts = [
      host('north-1', { memoryBytes: 64 * GiB }),
      host('north-2', { isCordoned: true }),
      lostHost('north-3'),
    ];
    expect(madePlan(site({ hosts })).stages).toEqual([]);
    const obstacles = ['a', 'b', 'c'].map((name) => ({
      code: 'host-device',
      severity: 'blocker' as const,
      vm: idOf(name),
      blocks: 'live' as const,
      message: 'it has a device of its host',
      hint: 'take it out',
    }));
    const prospects = ['north-2', 'north-3'].map((target) => ({
      source: 'north-1',
      target,
      observedAt: 0,
      obstacles,
      sharedDisks: {},
    }));
    expect(madePlan(site({ prospects })).stages).toEqual([]);
  });

  it('is the mode of its own runbooks alone', () => {
    expect(outline({ ...site(), request: request('evacuate') })).toEqual(['impossible mode-unknown payroll']);
    const other = runbook([group('all', '*')]);
    expect(outline({ ...site(), runbook: other })).toEqual(['impossible mode-unknown payroll']);
  });
});

describe('a balance that frees hosts', () => {
  const spread = [
    vm('big', 'north-1', { memoryBytes: 20 * GiB, hasAgent: false }),
    vm('small', 'north-2', { memoryBytes: GiB, hasAgent: false }),
    vm('off', 'north-2', { memoryBytes: GiB, state: 'shut-off' }),
    vm('other', 'north-3', { memoryBytes: 10 * GiB, hasAgent: false }),
  ];

  it('empties those that are cheapest to empty, as an evacuation does', () => {
    expect(outline(site({ vms: spread }, book(1)))).toEqual([
      'cordon: host/north-2 [cordon]',
      'level-1: vm/small [check place migrate], vm/off [check place migrate]',
      'confirm: host/north-2:empty [check]',
      'skipped big stays',
      'skipped other stays',
    ]);
    const two = madePlan(site({ vms: spread }, book(2)));
    expect(two.stages.at(-1)?.lanes.map(({ subject }) => subject.name)).toEqual(['north-2', 'north-3']);
    expect(new Set(two.estimates.vms.map(({ target }) => target.host))).toEqual(new Set(['north-1']));
  });

  it('goes on with a host that is cordoned already', () => {
    const hosts = site().inventory.hosts.map((one) => ({ ...one, isCordoned: one.name === 'north-1' }));
    expect(outline(site({ hosts, vms: spread }, book(1)))[0]).toBe('cordon: host/north-1 [cordon]');
  });

  it('takes a dearer host when the cheapest cannot be emptied, or only by bending a rule', () => {
    const bound = book(1, { groups: [group('all', 'big other off')] });
    expect(outline(site({ vms: spread }, bound))[0]).toBe('cordon: host/north-3 [cordon]');
    const hosts = ['north-1', 'north-2'].map((name) => host(name));
    const apart = book(1, { keepApart: [[{ name: 'small' }, { name: 'big' }]] });
    expect(outline(site({ hosts, vms: spread.slice(0, 3) }, apart))).toEqual(['impossible no-host-free north']);
  });

  it('says what stands in the way when no host can be freed', () => {
    const hosts = site().inventory.hosts.map((one) => ({ ...one, memoryFreeBytes: GiB }));
    const conflicts = outline(site({ hosts, vms: spread.slice(0, 1) }, book(3)));
    expect(conflicts).toEqual(['impossible no-host-free north']);
  });
});
