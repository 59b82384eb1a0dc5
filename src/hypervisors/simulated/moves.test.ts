import { describe, expect, it } from '@jest/globals';
import {
  answered,
  failureOf,
  idOf,
  never,
  nothing,
  pass,
  rehearse,
} from '../../../test/contracts/hypervisor-rehearsal.js';
import type { Migration, TransferProgress } from '../hypervisor.js';
import type { ScriptedFault } from './fault.js';
import { restoreWorld, type World } from './world.js';

const gigabyteBytes = 2 ** 30;
const ends = { source: 'north-1', target: 'north-2', copyStorage: 'all' } as const;
const path = '/var/lib/libvirt/images/db-1-vda.qcow2';

function worldOf(state: 'running' | 'shut-off', ...faults: readonly ScriptedFault[]): World {
  return rehearse({ vms: [{ name: 'db-1', host: 'north-1', state, memoryBytes: gigabyteBytes }], faults });
}

async function filesOf(world: World, host: string): Promise<Readonly<Record<string, { incomingSince?: number }>>> {
  const { state } = JSON.parse(world.save()) as {
    state: { hosts: Record<string, { files: Record<string, { incomingSince?: number }>; diskFreeBytes: number }> };
  };
  return state.hosts[host]?.files ?? {};
}

describe('a migration that climbs', () => {
  const stalls: ScriptedFault = { at: 0, fault: { kind: 'migration-stalls', vm: 'db-1' } };
  const migration = async (world: World, parts: Partial<Migration> = {}): Promise<Migration> => ({
    ...ends,
    id: await idOf(world, 'north-1', 'db-1'),
    ladder: ['live', 'throttle'],
    maxDowntimeMs: 300,
    ...parts,
  });

  it('keeps what it has sent, and needs no second beginning', async () => {
    const world = worldOf('running', stalls);
    const told: TransferProgress[] = [];
    const move = await migration(world);
    await answered(
      world,
      world.hypervisor.migrate(move, never, (progress) => told.push(progress)),
    );
    expect(told.at(0)).toMatchObject({ rung: 'live', phase: 'disks' });
    expect(told.at(0)).not.toHaveProperty('leftMs');
    expect(told.findLast(({ rung }) => rung === 'throttle')).toMatchObject({ leftMs: expect.any(Number) });
    expect(world.audit().effects.map(({ kind }) => kind)).toEqual(['migrate-begin', 'migrate']);
  });

  it('shares the time until its deadline among its rungs, also where it would converge later', async () => {
    const world = worldOf('running');
    const deadlineAt = world.clock.now() + 8_000;
    const move = await migration(world, { ladder: ['live', 'pause'], bytesPerSecond: 500e6, deadlineAt });
    const climbs: number[] = [];
    const call = world.hypervisor.migrate(move, never, ({ rung }) => {
      climbs.push(...(rung === 'pause' ? [deadlineAt - world.clock.now()] : []));
    });
    expect(await failureOf(world, call)).toMatchObject({ code: 'migration-stalled' });
    expect(Math.max(...climbs)).toBeLessThanOrEqual(4_000);
    expect(world.clock.now()).toBeLessThanOrEqual(deadlineAt + 100);
  });

  it('is brought to the next rung by whoever takes it up, and by nobody meanwhile', async () => {
    const world = worldOf('running', stalls);
    const move = await migration(world, { deadlineAt: world.clock.now() + 60_000 });
    world.hypervisor.migrate(move, never, nothing).catch(nothing);
    await pass(world, 1_000);
    const heir = restoreWorld(world.save());
    await pass(heir, 600_000);
    const joined = heir.hypervisor.migrate({ ...move, deadlineAt: heir.clock.now() + 60_000 }, never, nothing);
    expect(await answered(heir, joined)).toMatchObject({ climbed: [{ rung: 'throttle' }] });
  });

  it('counts the pause from the rung on which the guest stands still', async () => {
    const world = worldOf('running', stalls);
    const move = await migration(world, { ladder: ['live', 'pause'] });
    const startedAt = world.clock.now();
    const { downtimeMs } = await answered(world, world.hypervisor.migrate(move, never, nothing));
    expect(downtimeMs).toBeGreaterThan(move.maxDowntimeMs);
    expect(downtimeMs).toBeLessThan(world.clock.now() - startedAt - 9_000);
  });
});

describe('a VM that is carried', () => {
  const carrying = async (world: World) => ({ ...ends, id: await idOf(world, 'north-1', 'db-1') });

  it('stays whole at its source when the target dies, and what was written there is not taken for a disk', async () => {
    const world = worldOf('shut-off', {
      onCall: { port: 'hypervisor', method: 'carry', nth: 1 },
      afterMs: 2_000,
      fault: { kind: 'host-dies', host: 'north-2' },
    });
    const move = await carrying(world);
    const failure = await failureOf(world, world.hypervisor.carry(move, never, nothing));
    expect(failure).toMatchObject({ code: 'move-aborted', kind: 'transient' });
    expect((await filesOf(world, 'north-2'))[path]).toHaveProperty('incomingSince');
    world.strike({ kind: 'host-returns', host: 'north-2' });
    await pass(world, 120_000);
    expect(await failureOf(world, world.hypervisor.carry(move, never, nothing))).toMatchObject({
      code: 'migration-refused',
    });
    const replaces = { since: 0, stale: false };
    expect(await answered(world, world.hypervisor.carry({ ...move, replaces }, never, nothing))).toEqual({
      bytes: 10 * gigabyteBytes,
    });
    expect((await filesOf(world, 'north-2'))[path]).not.toHaveProperty('incomingSince');
  });

  it('is carried no further when the process that carries it is gone', async () => {
    const world = worldOf('shut-off');
    const move = await carrying(world);
    world.hypervisor.carry(move, never, nothing).catch(nothing);
    await pass(world, 2_000);
    const heir = restoreWorld(world.save());
    await pass(heir, 600_000);
    expect(await answered(heir, heir.hypervisor.vm('north-1', move.id, never))).toMatchObject({ state: 'shut-off' });
    expect(await answered(heir, heir.hypervisor.vm('north-2', move.id, never))).toBeUndefined();
  });

  it('is carried no further when somebody starts it', async () => {
    const world = worldOf('shut-off');
    const move = await carrying(world);
    const call = failureOf(world, world.hypervisor.carry(move, never, nothing));
    await pass(world, 2_000);
    await answered(world, world.hypervisor.start('north-1', move.id, never));
    expect(await call).toMatchObject({ code: 'vm-running' });
    expect(await filesOf(world, 'north-2')).toEqual({});
  });

  it('leaves as much disk space as there was when it is given up', async () => {
    const world = worldOf('shut-off');
    const free = async () => (await answered(world, world.hypervisor.host('north-2', never))).facts.diskFreeBytes;
    const before = await free();
    const abort = new AbortController();
    const call = failureOf(world, world.hypervisor.carry(await carrying(world), abort.signal, nothing));
    await pass(world, 2_000);
    expect(await free()).toBe(before - 10 * gigabyteBytes);
    abort.abort();
    expect(await call).toMatchObject({ code: 'move-aborted', kind: 'precondition' });
    expect(await free()).toBe(before);
  });

  it('takes longer with less bandwidth', async () => {
    const world = worldOf('shut-off');
    const startedAt = world.clock.now();
    await answered(
      world,
      world.hypervisor.carry({ ...(await carrying(world)), bytesPerSecond: 100e6 }, never, nothing),
    );
    expect(world.clock.now() - startedAt).toBeGreaterThan(107_000);
  });
});
