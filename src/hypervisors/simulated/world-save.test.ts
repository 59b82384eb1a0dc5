import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  answered,
  idOf,
  never,
  nothing,
  pass,
  rehearse,
  south1,
  twoSites,
} from '../../../test/contracts/hypervisor-rehearsal.js';
import { restoreWorld, type World } from './world.js';
import { openWorldFile } from './world-file.js';

const spec = {
  vms: [
    { name: 'db-1', host: 'north-1' },
    { name: 'web-1', host: 'north-2', shutdownMs: 3_000 },
  ],
  replicas: [
    { vm: 'db-1', to: south1, method: 'mirror' as const },
    { vm: 'web-1', to: south1, method: 'block-sync' as const, everyMs: 60_000 },
  ],
  faults: [
    { at: 9_000, fault: { kind: 'link-cut' as const, link: 'wan' } },
    { at: 11_000, fault: { kind: 'link-healed' as const, link: 'wan' } },
    {
      onCall: { port: 'hypervisor', method: 'shutdown', nth: 1 },
      afterMs: 500,
      fault: { kind: 'host-dies' as const, host: 'north-1' },
    },
  ],
};

/** Sets a migration, a sync and a shutdown going, and awaits none of them. */
async function setGoing(world: World): Promise<void> {
  const id = await idOf(world, 'north-1', 'db-1');
  const web = await idOf(world, 'north-2', 'web-1');
  const migration = {
    id,
    source: 'north-1',
    target: 'north-2',
    ladder: ['live'],
    copyStorage: 'all',
    maxDowntimeMs: 300,
  } as const;
  world.hypervisor.migrate(migration, never, nothing).catch(nothing);
  world.replicas.sync('web-1', { site: 'north', host: 'north-2' }, south1, never, nothing).catch(nothing);
  world.hypervisor.shutdown('north-2', web, never).catch(nothing);
}

describe('a world that is saved', () => {
  it('goes on exactly as it would have, from whichever event it is saved at', async () => {
    const unbroken = rehearse(spec);
    await setGoing(unbroken);
    unbroken.detach();
    const saves: string[] = [];
    const until = unbroken.clock.now() + 90_000;
    while ((unbroken.clock.nextAt() ?? until) < until) {
      saves.push(unbroken.save());
      unbroken.clock.advance();
    }
    expect(saves.length).toBeGreaterThan(10);
    for (const save of saves) {
      const restored = restoreWorld(save);
      expect(restored.save()).toBe(save);
      while ((restored.clock.nextAt() ?? until) < until) {
        restored.clock.advance();
      }
      expect(restored.save()).toBe(unbroken.save());
    }
  });

  it('is the same, byte for byte, after the same calls with the same seed', async () => {
    const ends = await Promise.all(
      [7, 7, 8].map(async (seed) => {
        const world = rehearse(spec, seed);
        await setGoing(world);
        await pass(world, 60_000);
        return world.save();
      }),
    );
    expect(ends[1]).toBe(ends[0]);
    expect(ends[2]).not.toBe(ends[0]);
  });

  it('outlives the process that set it going: nothing of that process is heard of again', async () => {
    const world = rehearse(spec);
    await setGoing(world);
    let heard = 0;
    const id = await idOf(world, 'north-2', 'web-1');
    world.hypervisor.destroy('north-2', id, never).then(
      () => (heard += 1),
      () => (heard += 1),
    );
    world.clock.at(world.clock.now() + 10, () => (heard += 1));
    world.detach();
    await pass(world, 60_000);
    expect(heard).toBe(0);
    expect(world.audit().effects.map(({ kind }) => kind)).toContain('stop');
  });

  it('is refused when another version has saved it', () => {
    expect(() => restoreWorld('{"format":99}')).toThrow('version');
  });
});

describe('a world in a file', () => {
  it('is found again as it was by the next process, with what is under way', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'world-'));
    const path = join(folder, 'simulation', 'world.json');
    try {
      const made = openWorldFile(path, () => ({ estate: twoSites, spec: { ...spec, faults: [] }, seed: 3 }));
      await setGoing(made);
      await pass(made, 1_200);
      const { effects } = made.audit();
      expect(effects.length).toBeGreaterThan(0);
      const onDisk = restoreWorld(readFileSync(path, 'utf8'));
      expect(onDisk.audit().effects).toEqual(effects);
      const reopened = openWorldFile(path, () => {
        throw new Error('The world exists');
      });
      const { source, target } = await standing(reopened);
      expect([source, target]).toContain('running');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

async function standing(world: World) {
  const id = (await answered(world, world.hypervisor.host('north-1', never))).vms[0]?.id ?? '';
  return await answered(world, world.hypervisor.migrationState(id, 'north-1', 'north-2', never));
}
