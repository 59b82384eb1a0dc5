import { describe, expect, it } from '@jest/globals';
import { answered, idOf, never, pass, rehearse, south1 } from '../../../test/contracts/hypervisor-rehearsal.js';
import type { VmDefinition } from '../hypervisor.js';
import type { World } from './world.js';

const spec = {
  vms: [{ name: 'db-1', host: 'north-1' }],
  replicas: [{ vm: 'db-1', to: south1, method: 'block-sync' as const, pointAgeMs: 60_000 }],
};

async function overlayAt(world: World, purpose: 'clone' | 'promoted') {
  const request = { vm: 'db-1', host: 'south-1', key: 'run/vm/overlay', purpose, point: 'newest' as const };
  return (await answered(world, world.replicas.createOverlay(request, never))).disks;
}

async function startAtSouth(world: World, parts: Partial<VmDefinition> & Pick<VmDefinition, 'disks'>): Promise<void> {
  const definition = {
    id: await idOf(world, 'north-1', 'db-1'),
    name: 'db-1',
    memoryBytes: 2 ** 30,
    vcpus: 1,
    networks: ['br-south'],
    hasAgent: true,
    tags: [],
    hasAutostart: false,
    ...parts,
  };
  await answered(world, world.hypervisor.define('south-1', definition, never));
  await answered(world, world.hypervisor.start('south-1', definition.id, never));
}

describe('the audit', () => {
  it('notes from when to when a VM was live twice', async () => {
    const world = rehearse(spec);
    const disks = await overlayAt(world, 'promoted');
    await startAtSouth(world, { disks });
    expect(world.audit().doubles).toMatchObject([{ name: 'db-1', hosts: ['north-1', 'south-1'] }]);
    await pass(world, 5_000);
    world.strike({ kind: 'host-dies', host: 'north-1' });
    const [double] = world.audit().doubles;
    expect(double?.until).toBe(world.clock.now());
    expect((double?.until ?? 0) - (double?.from ?? 0)).toBeGreaterThanOrEqual(5_000);
  });

  it('takes a clone on an isolated network for another VM', async () => {
    const world = rehearse(spec);
    const disks = await overlayAt(world, 'clone');
    const cloneOf = await idOf(world, 'north-1', 'db-1');
    const clone = { id: 'clone-1', name: 'drill-db-1', cloneOf, disks };
    await startAtSouth(world, { ...clone, networks: ['br-drill'] });
    expect(world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
  });

  it('takes a clone on a production network for the VM itself', async () => {
    const world = rehearse(spec);
    const disks = await overlayAt(world, 'clone');
    const cloneOf = await idOf(world, 'north-1', 'db-1');
    await startAtSouth(world, { id: 'clone-1', name: 'drill-db-1', cloneOf, disks });
    expect(world.audit().doubles).toMatchObject([{ id: cloneOf, hosts: ['north-1', 'south-1'] }]);
  });

  it('sees no double in a live migration, at any instant', async () => {
    for (const rung of ['live', 'throttle', 'post-copy', 'pause'] as const) {
      const world = rehearse(spec);
      const id = await idOf(world, 'north-1', 'db-1');
      const migration = {
        id,
        source: 'north-1',
        target: 'north-2',
        ladder: [rung] as const,
        copyStorage: 'all' as const,
      };
      await answered(
        world,
        world.hypervisor.migrate({ ...migration, maxDowntimeMs: 500 }, never, () => undefined),
      );
      expect(world.audit()).toMatchObject({ doubles: [], lostWrites: [] });
    }
  });

  it('says how much of what was written is missing after a failover', async () => {
    const world = rehearse(spec);
    const disks = await overlayAt(world, 'promoted');
    world.strike({ kind: 'link-cut', link: 'wan' });
    world.strike({ kind: 'link-healed', link: 'wan' });
    const id = await idOf(world, 'north-1', 'db-1');
    await answered(world, world.hypervisor.destroy('north-1', id, never));
    await startAtSouth(world, { disks });
    const { lostWrites } = world.audit();
    expect(lostWrites).toMatchObject([{ vm: 'db-1', host: 'south-1' }]);
    expect(lostWrites[0]?.lostMs).toBeGreaterThanOrEqual(60_000);
    expect(lostWrites[0]?.lostMs).toBeLessThan(65_000);
  });

  it('finds that a host which returns after a failover starts its old copy', async () => {
    const world = rehearse(spec);
    const disks = await overlayAt(world, 'promoted');
    const id = await idOf(world, 'north-1', 'db-1');
    await answered(world, world.fencer.off('north-1', { agent: 'fence_virsh', options: {} }, never));
    await startDead(world, id, disks);
    expect(world.audit().doubles).toEqual([]);
    world.strike({ kind: 'host-returns', host: 'north-1' });
    await pass(world, 120_000);
    expect(world.audit().doubles).toMatchObject([{ id, hosts: ['north-1', 'south-1'] }]);
  });

  it('writes each effect down once, however often it is asked for', async () => {
    const world = rehearse(spec);
    const id = await idOf(world, 'north-1', 'db-1');
    for (let repeat = 0; repeat < 3; repeat += 1) {
      await answered(world, world.hypervisor.cordon('north-1', true, never));
      await answered(world, world.hypervisor.destroy('north-1', id, never));
    }
    expect(world.audit().effects.map(({ kind, by }) => `${kind} ${by}`)).toEqual(['cordon call', 'stop call']);
  });
});

async function startDead(world: World, id: string, disks: VmDefinition['disks']): Promise<void> {
  const definition = { id, name: 'db-1', memoryBytes: 2 ** 30, vcpus: 1, networks: ['br-south'], disks };
  const rest = { hasAgent: true, tags: [], hasAutostart: false };
  await answered(world, world.hypervisor.define('south-1', { ...definition, ...rest }, never));
  await answered(world, world.hypervisor.start('south-1', id, never));
}
