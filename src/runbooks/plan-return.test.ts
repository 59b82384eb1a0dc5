import { describe, expect, it } from '@jest/globals';
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
  vm,
} from '../../test/properties/builders.js';
import type { Departure } from '../model/departure.js';
import type { Inventory } from '../model/inventory.js';
import type { Policy } from '../model/runbook.js';
import { runbookForReturn } from './return-runbook.js';

const sites = estate('north-1 north-2 north-3', 'south-1');
const policy: Policy = {
  groups: [
    group('database', 'db-1 db-2', { priority: 1, move: { ladder: ['live'], maxDowntimeMs: 100, deadlineMs: 60_000 } }),
    group('web', 'web-1 web-2', { priority: 4, after: ['database'] }),
  ],
  keepApart: [],
  keepTogether: [],
  limits: { perHost: 3, perLink: 5, bytesPerSecond: 1_000_000 },
};

function departure(name: string, to: string, runId = 'evacuate-1'): Departure {
  const place = (on: string) => ({ site: on.slice(0, 5), host: on });
  return { vm: name, from: place('north-1'), to: place(to), runId, at: 0 };
}

function returning(
  departures: readonly Departure[],
  facts: Partial<Inventory> = {},
  policies = new Map([['evacuate-1', policy]]),
) {
  const runbook = runbookForReturn({ host: 'north-1', estate: sites, departures, policies });
  if (runbook === undefined) {
    throw new Error('the estate has no such host');
  }
  return {
    runbook,
    estate: sites,
    request: request('return'),
    departures,
    inventory: inventory({
      hosts: [host('north-1', { isCordoned: true }), host('north-2'), host('north-3'), host('south-1')],
      vms: departures.map(({ vm: name, to }) => vm(name, to.host, { hasAgent: false })),
      authority: departures.map(({ vm: name, to }) => authorityAt(name, to.host, 2)),
      ...facts,
    }),
  };
}

describe('a return', () => {
  it('lifts the cordon, then brings back what has left, in the groups and within the limits it left by', () => {
    const inputs = returning([departure('web-1', 'north-2'), departure('db-1', 'north-3')]);
    expect(outline(inputs)).toEqual([
      'uncordon: host/north-1 [cordon]',
      'level-1: vm/db-1 [check place migrate]',
      'level-2: vm/web-1 [check place migrate]',
    ]);
    const [first, second, third] = madePlan(inputs).stages;
    expect(first?.lanes[0]?.steps).toMatchObject([{ input: { host: 'north-1', lift: true } }]);
    expect(second?.lanes[0]?.steps[2]).toMatchObject({
      timeoutMs: 60_000,
      input: { ladder: ['live'], maxDowntimeMs: 100, bytesPerSecond: 500_000, to: { host: 'north-1' } },
    });
    expect(third?.lanes[0]?.after).toEqual(['vm/db-1']);
  });

  it('moves nothing else, and nothing that somebody has moved since or that is gone', () => {
    const departures = [
      departure('db-1', 'north-2'),
      departure('db-2', 'north-2'),
      departure('web-1', 'north-2'),
      departure('web-2', 'north-2'),
    ];
    const vms = [
      vm('db-1', 'north-3'),
      vm('db-2', 'north-1'),
      vm('web-1', 'north-2', { state: 'paused' }),
      vm('mail', 'north-2'),
    ];
    const authority = [authorityAt('db-1', 'north-3', 4), authorityAt('db-2', 'north-1', 4)];
    expect(outline(returning(departures, { vms, authority }))).toEqual([
      'uncordon: host/north-1 [cordon]',
      'skipped web-2 vm-gone',
      'skipped db-1 moved-since',
      'skipped db-2 already-there',
      'skipped web-1 state-unfit',
    ]);
  });

  it('is not made of an old copy that was started where the ledger does not have the VM', () => {
    const vms = [vm('db-1', 'south-1')];
    expect(outline(returning([departure('db-1', 'north-2')], { vms }))).toContain('skipped db-1 authority-elsewhere');
  });

  it('comes home from another site', () => {
    const made = madePlan(returning([departure('db-1', 'south-1')]));
    expect(made.estimates.vms).toMatchObject([{ method: 'live', target: { site: 'north', host: 'north-1' } }]);
    expect(made.stages[1]?.lanes[0]?.steps[2]?.uses).toContain('link/north-south');
  });

  it('is refused while the host cannot be reached', () => {
    const hosts = [lostHost('north-1'), host('north-2')];
    expect(outline(returning([departure('db-1', 'north-2')], { hosts }))).toEqual([
      'unreachable target-unreachable north-1',
    ]);
  });

  it('leaves out the least important when the host has not room for all', () => {
    const hosts = [host('north-1', { isCordoned: true, memoryFreeBytes: 2.5 * GiB }), host('north-2')];
    const inputs = returning([departure('web-1', 'north-2'), departure('db-1', 'north-2')], { hosts });
    expect(outline(inputs)).toContain('skipped web-1 no-room');
  });

  it('only lifts the cordon when nothing has left', () => {
    const made = madePlan(returning([]));
    expect(made.stages.map(({ id }) => id)).toEqual(['uncordon']);
    expect(made.findings.map(({ code }) => code)).toEqual(['nothing-to-do']);
  });
});

describe('the runbook of a return', () => {
  it('takes the strictest limits of several evacuations, and keeps their groups apart', () => {
    const other: Policy = { ...policy, limits: { perHost: 1, perLink: 9 } };
    const policies = new Map([
      ['evacuate-1', policy],
      ['evacuate-2', other],
    ]);
    const departures = [departure('db-1', 'north-2'), departure('db-2', 'north-2', 'evacuate-2')];
    const { runbook } = returning(departures, {}, policies);
    expect(runbook.limits).toEqual({ perHost: 1, perLink: 5, bytesPerSecond: 1_000_000 });
    expect(runbook.groups.map(({ name, vms }) => [name, vms])).toEqual([
      ['database-1', [{ name: 'db-1' }]],
      ['database-2', [{ name: 'db-2' }]],
    ]);
  });

  it('goes by the policy of a host where the evacuation left none', () => {
    const { runbook } = returning([departure('db-1', 'north-2')], {}, new Map());
    expect(runbook.groups).toMatchObject([{ name: 'all', vms: [{ name: 'db-1' }] }]);
  });

  it('is none for a host that the estate does not have', () => {
    const about = { host: 'north-9', estate: sites, departures: [], policies: new Map() };
    expect(runbookForReturn(about)).toBeUndefined();
  });
});
