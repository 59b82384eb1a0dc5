import { describe, expect, it } from '@jest/globals';
import {
  estate,
  group,
  host,
  inventory,
  lostHost,
  outline,
  remembered,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';

const sites = estate('north-1 north-2', 'south-1 south-2');
const payroll = runbook([
  group('database', 'db-1', { priority: 1, ready: [{ probe: 'tcp', port: 5432, withinMs: 60_000 }] }),
  group('web', 'web-*', { priority: 2, after: ['database'] }),
]);
const southIsThere = [host('south-1'), host('south-2')];
const lostNorth = inventory({
  hosts: [lostHost('north-1'), lostHost('north-2'), ...southIsThere],
  vms: [remembered('db-1', 'north-1'), remembered('web-1', 'north-2')],
  replicas: [replica('db-1', 'south-1'), replica('web-1', 'south-2')],
});
const bothSites = inventory({
  hosts: [host('north-1'), host('north-2'), ...southIsThere],
  vms: [vm('db-1', 'north-1'), vm('web-1', 'north-2', { state: 'shut-off' })],
  replicas: [replica('db-1', 'south-1'), replica('web-1', 'south-2')],
});

describe('plan', () => {
  it('proves deaths before it promotes by priority in a failover', () => {
    expect(outline({ runbook: payroll, estate: sites, inventory: lostNorth, request: request('failover') })).toEqual([
      'proofs: host/north-1 [fence], host/north-2 [fence]',
      'level-1: vm/db-1 [check place promote overlay define start ready-1]',
      'level-2: vm/web-1 [check place promote overlay define start]',
    ]);
  });

  it('moves running VMs onto their replicas and promotes those that are shut off in a relocation', () => {
    expect(outline({ runbook: payroll, estate: sites, inventory: bothSites, request: request('relocate') })).toEqual([
      'level-1: vm/db-1 [check place sync overlay migrate ready-1 cleanup]',
      'level-2: vm/web-1 [check sync promote overlay define cleanup]',
    ]);
  });

  it('rehearses with clones and always removes them in a drill', () => {
    expect(outline({ runbook: payroll, estate: sites, inventory: bothSites, request: request('drill') })).toEqual([
      'level-1: vm/db-1 [check place overlay define start ready-1]',
      'level-2: vm/web-1 [check place overlay define start]',
      'cleanup: cleanup/db-1 [cleanup], cleanup/web-1 [cleanup]',
    ]);
  });

  it('refuses a failover while the source is alive, unless it is planned', () => {
    const inputs = { runbook: payroll, estate: sites, inventory: bothSites };
    expect(outline({ ...inputs, request: request('failover') })).toEqual(['safety source-alive north-1']);
    expect(outline({ ...inputs, request: request('failover', { isPlanned: true }) })[0]).toBe(
      'level-1: vm/db-1 [check place sync overlay migrate ready-1 cleanup]',
    );
  });
});
