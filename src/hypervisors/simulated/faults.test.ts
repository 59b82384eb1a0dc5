import { describe, expect, it } from '@jest/globals';
import {
  answered,
  failureOf,
  idOf,
  never,
  north1,
  nothing,
  pass,
  rehearse,
  south1,
} from '../../../test/contracts/hypervisor-rehearsal.js';
import type { Migration, VmDefinition } from '../hypervisor.js';
import type { ScriptedFault } from './fault.js';
import type { World } from './world.js';

const device = { agent: 'fence_virsh', options: {} };

function worldWith(...faults: readonly ScriptedFault[]): World {
  return rehearse({
    vms: [{ name: 'db-1', host: 'north-1' }],
    replicas: [{ vm: 'db-1', to: south1, method: 'mirror' }],
    faults,
  });
}

async function migration(world: World, parts: Partial<Migration> = {}): Promise<Migration> {
  const id = await idOf(world, 'north-1', 'db-1');
  return {
    id,
    source: 'north-1',
    target: 'north-2',
    ladder: ['live'],
    copyStorage: 'all',
    maxDowntimeMs: 300,
    ...parts,
  };
}

const onMigrate = { port: 'hypervisor', method: 'migrate', nth: 1 };

describe('scripted faults of calls', () => {
  it('lets a call hang until it is aborted, without doing anything', async () => {
    const world = worldWith({
      onCall: { port: 'hypervisor', method: 'destroy', nth: 1 },
      fault: { kind: 'call-hangs' },
    });
    const id = await idOf(world, 'north-1', 'db-1');
    const abort = new AbortController();
    world.clock.at(world.clock.now() + 60_000, () => abort.abort());
    const failure = await failureOf(world, world.hypervisor.destroy('north-1', id, abort.signal));
    expect(failure).toMatchObject({ code: 'call-aborted', kind: 'outcome-unknown' });
    const facts = await answered(world, world.hypervisor.vm('north-1', id, never));
    expect(facts?.state).toBe('running');
  });

  it('refuses the nth call only', async () => {
    const world = worldWith({
      onCall: { port: 'hypervisor', method: 'cordon', nth: 2 },
      fault: { kind: 'call-refused' },
    });
    await answered(world, world.hypervisor.cordon('north-1', true, never));
    const second = world.hypervisor.cordon('north-1', false, never);
    expect(await failureOf(world, second)).toMatchObject({ kind: 'transient' });
    await answered(world, world.hypervisor.cordon('north-1', false, never));
    expect(world.audit().effects).toHaveLength(2);
  });
});

describe('scripted faults of the world', () => {
  it('leaves the VM at the source when the target dies during a migration', async () => {
    const world = worldWith({ onCall: onMigrate, afterMs: 400, fault: { kind: 'host-dies', host: 'north-2' } });
    const move = await migration(world);
    const failure = await failureOf(world, world.hypervisor.migrate(move, never, nothing));
    expect(failure).toMatchObject({ code: 'migration-aborted', kind: 'transient' });
    const state = await answered(world, world.hypervisor.migrationState(move.id, 'north-1', 'north-2', never));
    expect(state).toEqual({ source: 'running', target: 'unreachable', isUnderWay: false, neverLeft: true });
  });

  it('loses the answer when the source dies during a migration, and the VM with it', async () => {
    const world = worldWith({ onCall: onMigrate, afterMs: 400, fault: { kind: 'host-dies', host: 'north-1' } });
    const move = await migration(world);
    const failure = await failureOf(world, world.hypervisor.migrate(move, never, nothing));
    expect(failure).toMatchObject({ code: 'reply-lost', kind: 'outcome-unknown' });
    const state = await answered(world, world.hypervisor.migrationState(move.id, 'north-1', 'north-2', never));
    expect(state).toEqual({ source: 'unreachable', target: undefined, isUnderWay: false });
  });

  it('leaves a VM in two halves when the source dies after a post-copy switch', async () => {
    const world = worldWith({ onCall: onMigrate, afterMs: 10_400, fault: { kind: 'host-dies', host: 'north-1' } });
    const move = await migration(world, { ladder: ['post-copy'] });
    await failureOf(world, world.hypervisor.migrate(move, never, nothing));
    const state = await answered(world, world.hypervisor.migrationState(move.id, 'north-1', 'north-2', never));
    expect(state).toMatchObject({ source: 'unreachable', target: 'paused' });
  });

  it('stalls a live migration, and lets the other rungs through', async () => {
    const world = worldWith({ at: 0, fault: { kind: 'migration-stalls', vm: 'db-1' } });
    const move = await migration(world);
    expect(await failureOf(world, world.hypervisor.migrate(move, never, nothing))).toMatchObject({
      code: 'migration-stalled',
    });
    const throttled = await answered(
      world,
      world.hypervisor.migrate({ ...move, ladder: ['throttle'] }, never, nothing),
    );
    expect(throttled.downtimeMs).toBeLessThanOrEqual(300);
  });

  it('lets a stalled migration that nobody watches go on for ever', async () => {
    const world = worldWith({ at: 0, fault: { kind: 'migration-stalls', vm: 'db-1' } });
    const move = await migration(world);
    world.hypervisor.migrate(move, never, nothing).catch(nothing);
    await pass(world, 1_000);
    world.detach();
    await pass(world, 3_600_000);
    const state = await answered(world, world.hypervisor.migrationState(move.id, 'north-1', 'north-2', never));
    expect(state.isUnderWay).toBe(true);
    const joined = world.hypervisor.migrate(move, never, nothing);
    expect(await failureOf(world, joined)).toMatchObject({ code: 'migration-stalled' });
  });

  it('breaks a mirror with its link, and makes it whole when the link is back', async () => {
    const world = worldWith();
    const list = async () => (await answered(world, world.replicas.list('south', never)))[0];
    await pass(world, 10_000);
    world.strike({ kind: 'link-cut', link: 'wan' });
    const cutAt = world.clock.now();
    await pass(world, 20_000);
    expect(await list()).toMatchObject({ state: 'source-lost', dataAsOf: cutAt });
    world.strike({ kind: 'link-healed', link: 'wan' });
    expect(await list()).toMatchObject({ state: 'resyncing', dataAsOf: cutAt });
    await pass(world, 10_000);
    const whole = await list();
    expect(whole?.state).toBe('in-sync');
    expect(whole?.dataAsOf).toBeGreaterThan(cutAt + 30_000);
  });

  it('gives up a sync whose link stays cut, and not one whose link is back soon', async () => {
    for (const [healedAfterMs, isBroken] of [
      [60_000, true],
      [2_000, false],
    ] as const) {
      const world = rehearse({
        vms: [{ name: 'web-1', host: 'north-1' }],
        replicas: [{ vm: 'web-1', to: south1, method: 'block-sync', isSeeded: false }],
        controllerSite: 'south',
      });
      world.clock.at(world.clock.now() + 10_000, () => world.strike({ kind: 'link-cut', link: 'wan' }));
      world.clock.at(world.clock.now() + 10_000 + healedAfterMs, () =>
        world.strike({ kind: 'link-healed', link: 'wan' }),
      );
      await pass(world, 20_000);
      const [seed] = await answered(world, world.replicas.list('south', never));
      expect(seed?.state).toBe('seeding');
      await pass(world, 110_000);
      const [later] = await answered(world, world.replicas.list('south', never));
      expect(later?.points.length).toBe(isBroken ? 0 : 1);
    }
  });

  it('has a fence that lies, and one that hangs until it is aborted', async () => {
    const world = worldWith({ at: 0, fault: { kind: 'fence', host: 'north-1', behaviour: 'lies' } });
    await pass(world, 1);
    await answered(world, world.fencer.off('north-1', device, never));
    expect(await answered(world, world.fencer.status('north-1', device, never))).toBe('on');
    expect(world.audit().effects).toEqual([]);
    world.strike({ kind: 'fence', host: 'north-1', behaviour: 'hangs' });
    const abort = new AbortController();
    world.clock.at(world.clock.now() + 30_000, () => abort.abort());
    expect(await failureOf(world, world.fencer.off('north-1', device, abort.signal))).toMatchObject({
      code: 'call-aborted',
    });
  });

  it('keeps a host that was fenced off, until somebody turns it on', async () => {
    const world = worldWith();
    await answered(world, world.fencer.off('north-1', device, never));
    await pass(world, 600_000);
    expect(await failureOf(world, world.hypervisor.host('north-1', never))).toMatchObject({ code: 'host-unreachable' });
    world.strike({ kind: 'host-returns', host: 'north-1' });
    await pass(world, 60_000);
    const { vms } = await answered(world, world.hypervisor.host('north-1', never));
    expect(vms.map(({ name, state }) => `${name} ${state}`)).toEqual(['db-1 running']);
  });

  it('does not start what was blocked when a host returns', async () => {
    const world = worldWith();
    const id = await idOf(world, 'north-1', 'db-1');
    await answered(world, world.hypervisor.setAutostart('north-1', id, false, never));
    world.strike({ kind: 'host-dies', host: 'north-1' });
    world.strike({ kind: 'host-returns', host: 'north-1' });
    await pass(world, 60_000);
    expect((await answered(world, world.hypervisor.vm('north-1', id, never)))?.state).toBe('shut-off');
  });

  it('fills a disk: no overlay has room until some is freed', async () => {
    const world = worldWith({ at: 0, fault: { kind: 'disk-full', host: 'south-1' } });
    const overlay = { vm: 'db-1', host: 'south-1', key: 'run/a/b', purpose: 'clone', point: 'newest' } as const;
    await pass(world, 1);
    expect(await failureOf(world, world.replicas.createOverlay(overlay, never))).toMatchObject({ code: 'no-space' });
    world.strike({ kind: 'disk-freed', host: 'south-1', bytes: 2 ** 30 });
    await answered(world, world.replicas.createOverlay(overlay, never));
  });

  it('lets commands fail, and be missing', async () => {
    const world = rehearse({
      commands: [{ argv: ['./missing.sh'], isMissing: true }],
      faults: [{ at: 0, fault: { kind: 'command-fails', argv: ['./switch-dns.sh'], exitCode: 2 } }],
    });
    await pass(world, 1);
    const run = (...argv: readonly string[]) => world.shell.run({ on: 'controller', argv, environment: {} }, never);
    expect((await answered(world, run('./switch-dns.sh', 'south'))).exitCode).toBe(2);
    expect((await answered(world, run('true'))).exitCode).toBe(0);
    expect(await failureOf(world, run('./missing.sh'))).toMatchObject({ code: 'command-not-found' });
  });

  it.each(['boot-fails', 'probe-flaps'] as const)('tells of %s in the probes', async (kind) => {
    const world = worldWith({ at: 0, fault: { kind, vm: 'db-1' } });
    const id = await idOf(world, 'north-1', 'db-1');
    const answers: boolean[] = [];
    for (let count = 0; count < 4; count += 1) {
      const target = { host: 'north-1', id, name: 'db-1' };
      const call = world.prober.vm(target, { probe: 'guest-agent', withinMs: 1_000 }, never);
      answers.push((await answered(world, call)).isHealthy);
    }
    expect(answers).toEqual(kind === 'boot-fails' ? [false, false, false, false] : [false, true, false, true]);
  });

  it('lets a guest ignore a shutdown, which then never ends by itself', async () => {
    const world = worldWith({ at: 0, fault: { kind: 'shutdown-ignored', vm: 'db-1' } });
    const id = await idOf(world, 'north-1', 'db-1');
    const abort = new AbortController();
    const call = world.hypervisor.shutdown('north-1', id, abort.signal);
    world.clock.at(world.clock.now() + 60_000, () => abort.abort());
    expect(await failureOf(world, call)).toMatchObject({ code: 'call-aborted' });
    await answered(world, world.hypervisor.destroy('north-1', id, never));
    expect((await answered(world, world.hypervisor.vm('north-1', id, never)))?.state).toBe('shut-off');
  });
});

it('a shutdown that a migration overtakes goes with the VM, and is told so', async () => {
  const world = worldWith();
  const move = await migration(world);
  const moved = world.hypervisor.migrate(move, never, nothing);
  await pass(world, 8_000);
  const failure = failureOf(world, world.hypervisor.shutdown('north-1', move.id, never));
  await answered(world, moved);
  expect(await failure).toMatchObject({ code: 'vm-not-found' });
  await answered(world, world.hypervisor.shutdown('north-2', move.id, never));
  expect((await answered(world, world.hypervisor.vm('north-2', move.id, never)))?.state).toBe('shut-off');
});

describe('a link', () => {
  it('is shared by what crosses it: two seeds take twice as long as one', async () => {
    const seededAfterMs = async (count: number): Promise<number> => {
      const names = Array.from({ length: count }, (_, index) => `web-${index + 1}`);
      const world = rehearse({
        vms: names.map((name) => ({ name, host: 'north-1', writeBytesPerSecond: 0 })),
        replicas: names.map((vm) => ({ vm, to: south1, method: 'block-sync' as const, isSeeded: false })),
      });
      const startedAt = world.clock.now();
      await world.clock.run({ until: () => world.audit().effects.length >= count });
      return world.clock.now() - startedAt;
    };
    expect((await seededAfterMs(2)) / (await seededAfterMs(1))).toBeCloseTo(2, 2);
  });

  it('carries no more than a migration asks for', async () => {
    const world = rehearse({ vms: [{ name: 'db-1', host: 'north-1', dirtyBytesPerSecond: 0 }] });
    const id = await idOf(world, 'north-1', 'db-1');
    const migrate = async (bytesPerSecond: number, source: string, target: string): Promise<number> => {
      const before = world.clock.now();
      const replaces = { since: before, stale: true };
      const move = { id, source, target, ladder: ['live'], copyStorage: 'all', replaces, maxDowntimeMs: 300 } as const;
      await answered(world, world.hypervisor.migrate({ ...move, bytesPerSecond }, never, nothing));
      return world.clock.now() - before;
    };
    const fast = await migrate(1e9, 'north-1', 'north-2');
    expect((await migrate(1e8, 'north-2', 'north-1')) / fast).toBeCloseTo(10, 0);
  });
});

it('the definition moves to the other site with the names that its networks have there', async () => {
  const world = worldWith();
  await answered(world, world.replicas.sync('db-1', north1, south1, never, nothing));
  const overlay = { vm: 'db-1', host: 'south-1', key: 'run/vm/overlay', purpose: 'move', point: 'newest' } as const;
  const { disks } = await answered(world, world.replicas.createOverlay(overlay, never));
  const move = await migration(world, { target: 'south-1', copyStorage: 'overlay' });
  await answered(world, world.hypervisor.migrate(move, never, nothing));
  const moved = await answered(world, world.hypervisor.vm('south-1', move.id, never));
  expect(moved?.networks).toEqual(['br-south']);
  expect(moved?.disks.map(({ path }) => path)).toEqual(disks.map(({ path }: VmDefinition['disks'][number]) => path));
});
