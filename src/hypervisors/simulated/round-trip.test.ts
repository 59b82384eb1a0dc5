import { describe, expect, it } from '@jest/globals';
import {
  answered,
  idOf,
  never,
  north1,
  nothing,
  pass,
  rehearse,
  south1,
} from '../../../test/contracts/hypervisor-rehearsal.js';
import type { Place } from '../../model/place.js';
import type { World } from './world.js';

async function failOver(world: World, id: string, run: string): Promise<void> {
  const { hypervisor, replicas } = world;
  const { point } = await answered(world, replicas.promote('db-1', south1, 'newest', run, never));
  const overlay = { vm: 'db-1', host: 'south-1', key: `${run}/vm/db-1/overlay`, purpose: 'promoted' } as const;
  const { disks } = await answered(world, replicas.createOverlay({ ...overlay, point: { id: point.id } }, never));
  const hardware = { memoryBytes: 2 ** 31, vcpus: 2, networks: ['br-south'], hasAgent: true };
  const definition = { id, name: 'db-1', disks, ...hardware, tags: [], hasAutostart: false };
  await answered(world, hypervisor.define('south-1', definition, never));
  await answered(world, hypervisor.start('south-1', id, never));
}

async function relocate(world: World, id: string, { from, to, run }: { from: Place; to: Place; run: string }) {
  const { hypervisor, replicas } = world;
  await answered(world, replicas.sync('db-1', from, to, never, nothing));
  const overlay = { vm: 'db-1', host: to.host, key: `${run}/vm/db-1/overlay`, purpose: 'move' } as const;
  await answered(world, replicas.createOverlay({ ...overlay, point: 'newest' }, never));
  const move = { id, source: from.host, target: to.host, ladder: ['live'], copyStorage: 'overlay' } as const;
  await answered(world, hypervisor.migrate({ ...move, maxDowntimeMs: 500 }, never, nothing));
  await answered(world, replicas.mergeOverlay('db-1', to.host, overlay.key, never));
}

async function reverse(world: World, from: Place, to: Place): Promise<void> {
  await answered(world, world.replicas.reverse('db-1', from, to, never, nothing));
}

describe('there and back again', () => {
  it.each(['mirror', 'block-sync'] as const)(
    'loses nothing but what a dead %s lacks, as often as it goes',
    async (method) => {
      const world = rehearse({
        vms: [{ name: 'db-1', host: 'north-1', hasAutostart: false }],
        replicas: [{ vm: 'db-1', to: south1, method, everyMs: 60_000 }],
      });
      const id = await idOf(world, 'north-1', 'db-1');
      for (const run of ['run-1', 'run-2', 'run-3']) {
        await pass(world, 200_000);
        world.strike({ kind: 'host-dies', host: 'north-1' });
        await failOver(world, id, run);
        world.strike({ kind: 'host-returns', host: 'north-1' });
        await pass(world, 100_000);
        await reverse(world, south1, north1);
        await relocate(world, id, { from: south1, to: north1, run: `${run}-back` });
        await reverse(world, north1, south1);
        await pass(world, 10_000);
        const [replica] = await answered(world, world.replicas.list('south', never));
        expect(replica).toMatchObject({ method, state: 'in-sync', vm: 'db-1' });
      }
      const { doubles, lostWrites } = world.audit();
      expect(doubles).toEqual([]);
      const lostMs = lostWrites.map((each) => each.lostMs);
      expect(lostMs.length).toBe(method === 'mirror' ? 0 : 3);
      expect(Math.max(0, ...lostMs)).toBeLessThan(70_000);
    },
  );

  it('keeps the VM where it is when a move is taken back', async () => {
    const world = rehearse({
      vms: [{ name: 'db-1', host: 'north-1' }],
      replicas: [{ vm: 'db-1', to: south1, method: 'block-sync' }],
    });
    await answered(world, world.replicas.sync('db-1', north1, south1, never, nothing));
    const key = 'run-1/vm/db-1/overlay';
    const overlay = { vm: 'db-1', host: 'south-1', key, purpose: 'move', point: 'newest' } as const;
    await answered(world, world.replicas.createOverlay(overlay, never));
    await answered(world, world.replicas.removeOverlay('db-1', 'south-1', key, never));
    const { point } = await answered(world, world.replicas.sync('db-1', north1, south1, never, nothing));
    const [replica] = await answered(world, world.replicas.list('south', never));
    expect(replica?.points.at(-1)?.id).toBe(point.id);
  });
});
