/**
 * The controller dies before or after each act of every operation of the store; then another one calls the same again.
 * Part of the full set (LIFEBOAT_LIVE_ALL=1) alone.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReplicaStore } from '../../src/storage-sync/store/store.js';
import { never, newPoint, openScene, request, type Scene, targets, vmId } from './store/scene.js';

/** Acts from one stop to the next; LIFEBOAT_STRIDE=13 gives a quick look. */
const stride = Number(process.env['LIFEBOAT_STRIDE'] ?? 1);
const key = 'run-1/db-1/overlay';

interface Operation {
  readonly name: string;
  /** Brings the scene to where the operation begins; three points are there, and no daemon. */
  readonly before: (scene: Scene) => Promise<unknown>;
  readonly act: (store: ReplicaStore, begun: unknown) => Promise<unknown>;
  readonly points: readonly string[];
  /** Nothing is there before it. */
  readonly isFirst?: boolean;
}

const open = async ({ store }: Scene): Promise<string> => (await store.open(request, never)).instance;
const overlay = { key, purpose: 'clone', point: 'newest' } as const;

const operations: readonly Operation[] = [
  {
    name: 'first open',
    isFirst: true,
    before: async () => undefined,
    act: async (store) => await store.open(request, never),
    points: [],
  },
  {
    name: 'open',
    before: async () => undefined,
    act: async (store) => await store.open(request, never),
    points: ['p1', 'p2', 'p3'],
  },
  {
    name: 'open with other disks',
    before: open,
    act: async (store) =>
      await store.open(
        {
          ...request,
          disks: [
            { target: 'vda', sizeBytes: 2 ** 24 },
            { target: 'vdc', sizeBytes: 2 ** 20 },
          ],
        },
        never,
      ),
    points: ['p1', 'p2', 'p3'],
  },
  {
    name: 'publish',
    before: async (scene) => {
      const instance = await open(scene);
      scene.write(4);
      return instance;
    },
    act: async (store, instance) => await store.publish(vmId, newPoint(4), String(instance), never),
    points: ['p1', 'p2', 'p3', 'p4'],
  },
  {
    name: 'merge',
    before: open,
    act: async (store) => await store.merge(vmId, 1, never),
    points: ['p3'],
  },
  {
    name: 'promote',
    before: async (scene) => {
      const instance = await open(scene);
      scene.write(4);
      return instance;
    },
    act: async (store, instance) =>
      await store.promote(
        vmId,
        { choice: 'newest', runId: 'run-1', publish: { point: newPoint(4), instance: String(instance) } },
        never,
      ),
    points: ['p1', 'p2', 'p3', 'p4'],
  },
  {
    name: 'createOverlay',
    before: open,
    act: async (store) => await store.createOverlay(vmId, overlay, never),
    points: ['p1', 'p2', 'p3'],
  },
  {
    name: 'removeOverlay',
    before: async (scene) => await scene.store.createOverlay(vmId, overlay, never),
    act: async (store) => await store.removeOverlay(vmId, key, never),
    points: ['p1', 'p2', 'p3'],
  },
  {
    name: 'discardIncoming',
    before: async (scene) => {
      await open(scene);
      scene.write(4);
    },
    act: async (store) => await store.discardIncoming(vmId, never),
    points: ['p1', 'p2', 'p3'],
  },
];

describe('a controller that dies', () => {
  let seed: string;

  beforeAll(async () => {
    seed = mkdtempSync(join(tmpdir(), 'lb-seed-'));
    const scene = openScene();
    const { instance } = await scene.store.open(request, never);
    for (const round of [1, 2, 3]) {
      scene.write(round);
      await scene.store.publish(vmId, newPoint(round), instance, never);
    }
    await scene.store.close(vmId, never);
    cpSync(scene.folder, seed, { recursive: true });
    await scene.close();
  });

  afterAll(() => {
    rmSync(seed, { recursive: true });
  });

  /** All points that are there, after each was read and found right. */
  const pointsOf = async (scene: Scene): Promise<readonly string[]> => {
    const points = (await scene.store.find(vmId, never))?.points ?? [];
    const wrong = points.flatMap(({ id, manifest }) =>
      manifest.disks
        .map(({ layer, target }) => scene.differs(join(scene.folder, layer), Number(id.slice(1)), target))
        .filter((each) => each !== undefined),
    );
    expect(wrong).toEqual([]);
    return points.map(({ id }) => id);
  };

  /** Opened once more and closed, so that what a stop has left is gone; then what is there, without its numbers. */
  const restOf = async (scene: Scene): Promise<unknown> => {
    const { overlays } = { overlays: readdirSync(join(scene.folder, 'overlays')) };
    expect(scene.daemons().length).toBeLessThanOrEqual(1);
    await scene.store.close(vmId, never);
    expect(scene.daemons()).toEqual([]);
    expect(existsSync(join(scene.run, vmId)) ? readdirSync(join(scene.run, vmId)) : []).toEqual([]);
    return overlays;
  };

  /** Layers that no point has are allowed between others; files that nobody names are not. */
  const strays = async (scene: Scene, isClosed: boolean): Promise<readonly string[]> => {
    if (!isClosed) {
      const disks = (await scene.store.find(vmId, never))?.state.disks.filter(({ isRemoved }) => !isRemoved) ?? [];
      await scene.store.open(
        { ...request, disks: disks.map(({ target, sizeBytes }) => ({ target, sizeBytes })) },
        never,
      );
    }
    const state = (await scene.store.find(vmId, never))?.state;
    const named = new Set(
      state?.disks.flatMap(({ target, layers }) =>
        layers.map((layer) => `${target}.${layer === 0 ? 'base' : layer}.qcow2`),
      ),
    );
    expect(state?.publishing).toBeUndefined();
    expect(state?.merging).toBeUndefined();
    return readdirSync(scene.folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => name.endsWith('.new') || (/^[^/]*\.qcow2$/.test(name) && !named.has(name)),
    );
  };

  for (const { name, before, act, points, isFirst } of operations) {
    it.each(['before', 'after'] as const)(`%s each act of ${name}`, async (when) => {
      const ends: unknown[] = [];
      for (let number = 1; ; number += stride) {
        const scene = openScene(isFirst ? undefined : seed);
        try {
          const begun = await before(scene);
          const { store, mortal } = scene.dying({ act: number, when });
          await act(store, begun).catch((error: unknown) => {
            if (!mortal.isDead()) {
              throw error;
            }
          });
          await pointsOf(scene);
          const label = `${name} ${when} act ${number}: ${mortal.acts.at(-1) ?? ''}`;
          await act(scene.store, begun).catch((error: unknown) => {
            throw new Error(label, { cause: error });
          });
          expect({ label, points: await pointsOf(scene) }).toEqual({ label, points });
          const isClosed = name === 'promote';
          expect({ label, strays: await strays(scene, isClosed) }).toEqual({ label, strays: [] });
          ends.push(await restOf(scene));
          if (!mortal.isDead()) {
            break;
          }
        } finally {
          await scene.close();
        }
      }
      expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(1);
      expect(targets.length).toBe(2);
    });
  }
});
