import { describe, expect, it } from '@jest/globals';
import {
  estate,
  GiB,
  group,
  host,
  idOf,
  inventory,
  madePlan,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { Inventory, VmFacts } from '../model/inventory.js';
import type { Plan, Step } from '../model/plan.js';
import type { Obstacle, Prospect } from '../model/prospect.js';
import type { Rung } from '../model/runbook.js';

const disk = (target: string, usedGiB: number): VmFacts['disks'][number] => ({
  target,
  path: `/var/lib/libvirt/images/${target}.qcow2`,
  format: 'raw',
  sizeBytes: usedGiB * GiB,
  usedBytes: usedGiB * GiB,
  isShared: false,
});

function obstacle(code: string, facts: Partial<Obstacle> = {}): Obstacle {
  return { code, severity: 'blocker', blocks: 'any', message: `${code} it is`, hint: 'mend it', ...facts };
}

function seen(target: string, obstacles: readonly Obstacle[], sharedDisks: Prospect['sharedDisks'] = {}): Prospect {
  return { source: 'north-1', target, observedAt: 0, obstacles, sharedDisks };
}

function evacuation(facts: Partial<Inventory>, ladder: readonly Rung[] = ['live', 'throttle']): Plan {
  return madePlan({
    runbook: runbook([group('all', '*', { move: { ladder, maxDowntimeMs: 500, deadlineMs: 600_000 } })], {
      protect: { from: { site: 'north', host: 'north-1' }, to: { site: 'north' } },
    }),
    estate: estate('north-1 north-2 north-3', 'south-1'),
    request: request('evacuate'),
    inventory: inventory({
      hosts: [host('north-1'), host('north-2'), host('north-3')],
      vms: [vm('db-1', 'north-1', { disks: [disk('vda', 10), disk('vdb', 30)] })],
      ...facts,
    }),
  });
}

function stepOf({ stages }: Plan, id: string): Step | undefined {
  return stages.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps)).find((step) => step.id === id);
}

const targetsOf = ({ estimates }: Plan): readonly string[] => estimates.vms.map(({ target }) => target.host);

describe('an evacuation after a look at its pairs of hosts', () => {
  it('sends no VM to a host for which something stands against it, and others where they may go', () => {
    const vms = ['a', 'b'].map((name) => vm(name, 'north-1'));
    const prospects = [
      seen('north-2', [obstacle('network-missing', { vm: idOf('a') })]),
      seen('north-3', [obstacle('host-device', { vm: idOf('b') })]),
    ];
    const { estimates } = evacuation({ vms, prospects });
    expect(estimates.vms.map(({ vm: name, target }) => `${name} ${target.host}`)).toEqual(['a north-3', 'b north-2']);
  });

  it('gives the reason of every host when none is left', () => {
    const hosts = [host('north-1'), host('north-2'), host('north-3', { memoryFreeBytes: GiB })];
    const prospects = [seen('north-2', [obstacle('folder-missing', { message: 'it has no folder /images' })])];
    expect(evacuation({ hosts, prospects }).skipped).toEqual([
      {
        vm: 'db-1',
        code: 'no-room',
        reason: 'no host has a place for it: north-2: it has no folder /images; north-3 lacks 1 GiB memory',
      },
    ]);
  });

  it('restarts a VM that cannot move live, if its ladder has that, and says why', () => {
    const against = [obstacle('cpu-incompatible', { blocks: 'live', message: 'north-2 lacks avx2' })];
    const prospects = ['north-2', 'north-3'].map((target) => seen(target, against));
    expect(evacuation({ prospects }).skipped).toMatchObject([{ code: 'no-room' }]);
    const made = evacuation({ prospects }, ['live', 'restart']);
    expect(made.estimates.vms).toMatchObject([{ method: 'restart', why: 'a live move cannot be: north-2 lacks avx2' }]);
    expect(stepOf(made, 'migrate')).toMatchObject({ input: { state: 'running', ladder: ['restart'] } });
    expect(made.findings).toMatchObject([{ code: 'moved-by-restart', severity: 'warning' }]);
  });

  it('prefers a fuller host where it may move live to one where it may not', () => {
    const hosts = [host('north-1'), host('north-2'), host('north-3', { memoryFreeBytes: 20 * GiB })];
    const prospects = [seen('north-2', [obstacle('cpu-incompatible', { blocks: 'live' })]), seen('north-3', [])];
    const made = evacuation({ hosts, prospects }, ['live', 'restart']);
    expect(made.estimates.vms).toMatchObject([{ method: 'live', target: { host: 'north-3' } }]);
  });

  it('takes a look for more than names of CPUs, and names where there was none', () => {
    const hosts = [host('north-1', { cpuModel: 'Icelake' }), host('north-2'), host('north-3')];
    expect(targetsOf(evacuation({ hosts, prospects: [seen('north-3', [])] }))).toEqual(['north-3']);
    const made = evacuation({ hosts }, ['live', 'restart']);
    expect(made.estimates.vms).toMatchObject([{ method: 'restart' }]);
    expect(made.estimates.vms[0]?.why).toContain('does not offer the CPU Icelake, with which it runs');
  });

  it('carries a VM that is shut off past what stands against live moves only', () => {
    const vms = [vm('db-1', 'north-1', { state: 'shut-off' })];
    const prospects = ['north-2', 'north-3'].map((target) => seen(target, [obstacle('cpu', { blocks: 'live' })]));
    expect(evacuation({ vms, prospects }).estimates.vms).toMatchObject([{ method: 'cold' }]);
  });

  it('copies only disks that the two hosts do not share, and asks room for those alone', () => {
    const some = seen('north-2', [], { [idOf('db-1')]: ['vdb'] });
    const hosts = [
      host('north-1'),
      host('north-2', { diskFreeBytes: 12 * GiB }),
      host('north-3', { isCordoned: true }),
    ];
    const made = evacuation({ hosts, prospects: [some] });
    expect(stepOf(made, 'place')).toMatchObject({ input: { diskBytes: 10 * GiB } });
    expect(stepOf(made, 'migrate')).toMatchObject({ input: { copyStorage: 'all', shared: ['vdb'] } });
    expect(made.estimates.bytes).toBe(11 * GiB);
    const all = evacuation({ prospects: [seen('north-2', [], { [idOf('db-1')]: ['vda', 'vdb'] })] });
    expect(stepOf(all, 'migrate')?.input).toMatchObject({ copyStorage: 'none', shared: ['vda', 'vdb'] });
    expect(stepOf(evacuation({}), 'migrate')?.input).not.toHaveProperty('shared');
  });

  it('tells a warning once for two hosts, however many VMs it is about, and none of hosts that nothing goes to', () => {
    const vms = ['a', 'b', 'c'].map((name) => vm(name, 'north-1'));
    const warn = (name: string): Obstacle =>
      obstacle('local-media', { severity: 'warning', vm: idOf(name), message: `${name} has a CD of its host` });
    const prospects = [
      seen('north-2', ['a', 'b', 'c'].map(warn)),
      seen('north-3', [obstacle('folder-missing'), warn('a')]),
    ];
    expect(evacuation({ vms, prospects }).findings).toEqual([
      {
        code: 'local-media',
        severity: 'warning',
        subject: 'north-1 to north-2',
        message: 'a has a CD of its host; the like is so of b and c',
        hint: 'mend it',
      },
    ]);
  });

  it('says which old copies are written over, and only where disks are copied (safety rule S4)', () => {
    const at = Date.UTC(2026, 0, 1);
    const formerPlaces = [{ vm: 'db-1', host: 'north-2', at }];
    const hosts = [host('north-1'), host('north-2'), host('north-3', { isCordoned: true })];
    const made = evacuation({ hosts, formerPlaces });
    expect(stepOf(made, 'migrate')).toMatchObject({ input: { replacesStale: true } });
    expect(made.findings.map(({ message }) => message)).toEqual([
      'the old copy of db-1 on north-2, left there at 2026-01-01T00:00:00.000Z, will be written over',
    ]);
    const shared = [seen('north-2', [], { [idOf('db-1')]: ['vda', 'vdb'] })];
    const kept = evacuation({ hosts, formerPlaces, prospects: shared });
    expect(kept.findings).toEqual([]);
    expect(stepOf(kept, 'migrate')?.input).not.toHaveProperty('replacesStale');
  });
});
