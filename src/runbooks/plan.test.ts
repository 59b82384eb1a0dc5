import { describe, expect, it } from '@jest/globals';
import {
  authorityAt,
  digests,
  estate,
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
      'level-2: vm/web-1 [check shutdown sync promote overlay define cleanup]',
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

  it('names all that is wrong with a runbook at once', () => {
    const groups = [
      group('database', 'db-1 db-9', { after: ['web'] }),
      group('web', 'web-* db-1', { after: ['database'] }),
      group('late', '', { after: ['wbe'] }),
    ];
    const inputs = { runbook: runbook(groups), estate: sites, inventory: bothSites };
    expect(outline({ ...inputs, request: request('relocate', { limitTo: ['web-1', 'web-7'] }) })).toEqual([
      'invalid vm-in-two-groups db-1',
      'invalid group-unknown late',
      'invalid group-cycle database',
      'invalid vm-unknown db-9',
      'invalid limit-unknown web-7',
    ]);
  });

  it('is about unknown VMs only as far as the hosts that might have them can be seen', () => {
    const book = runbook([group('all', 'db-1 db-9')]);
    const half = inventory({ ...bothSites, hosts: [host('north-1'), lostHost('north-2'), ...southIsThere] });
    expect(outline({ runbook: book, estate: sites, inventory: half, request: request('relocate') })).toEqual([
      'unreachable vm-unknown db-9',
    ]);
    expect(outline({ runbook: book, estate: sites, inventory: lostNorth, request: request('failover') })).toContain(
      'skipped db-9 not-seen',
    );
  });

  it('needs sites and hosts that the estate has, and a mode that groups can have', () => {
    const away = runbook([], { protect: { from: { site: 'north', host: 'south-1' }, to: { site: 'south' } } });
    const inputs = { estate: sites, inventory: bothSites, request: request('relocate') };
    expect(outline({ ...inputs, runbook: away })).toEqual(['invalid scope-unknown payroll']);
    expect(outline({ ...inputs, runbook: payroll, request: request('balance') })).toEqual([
      'impossible mode-unknown payroll',
    ]);
    const inside = runbook([], { protect: { from: { site: 'north' }, to: { site: 'north' } } });
    expect(outline({ ...inputs, runbook: inside })).toEqual(['invalid one-site north']);
  });

  it('says which groups go on although one that they wait for is not whole', () => {
    const made = madePlan({
      runbook: payroll,
      estate: sites,
      inventory: inventory({ ...lostNorth, replicas: [replica('web-1', 'south-2')] }),
      request: request('failover'),
    });
    expect(made.findings.map(({ code, message }) => `${code}: ${message}`)).toContain(
      'dependency-incomplete: groups that wait for database go on without db-1',
    );
  });

  it('carries the authority of its VMs: the ledger’s, or where they were first seen', () => {
    const known = authorityAt('web-1', 'north-2', 3);
    const made = madePlan({
      runbook: payroll,
      estate: sites,
      inventory: inventory({ ...bothSites, authority: [known] }),
      request: request('relocate'),
    });
    expect(made.authority).toEqual([
      {
        vm: 'db-1',
        epoch: 0,
        since: noon,
        state: 'at',
        place: { site: 'north', host: 'north-1' },
        proof: { kind: 'observed-running', place: { site: 'north', host: 'north-1' }, at: noon },
      },
      known,
    ]);
  });

  it('carries its request, its digests, and whom to tell', () => {
    const asked = request('relocate');
    const made = madePlan({
      runbook: { ...payroll, notify: { mail: true, on: ['failed'] }, objectives: { rtoMs: 3_600_000 } },
      estate: sites,
      inventory: bothSites,
      request: asked,
    });
    expect(made).toMatchObject({
      version: 1,
      request: asked,
      madeAt: asked.at,
      digests,
      notify: ['failed'],
      objectives: { rtoMs: 3_600_000 },
    });
  });

  it('has nothing but a warning when there is nothing to do', () => {
    const made = madePlan({
      runbook: runbook([group('none', 'no-*')]),
      estate: sites,
      inventory: bothSites,
      request: request('relocate'),
    });
    expect([made.stages, made.skipped, made.findings.map(({ code }) => code)]).toEqual([
      [],
      [],
      ['selector-empty', 'nothing-to-do'],
    ]);
  });
});
