import { restoreWorld } from '../../src/hypervisors/simulated/world.js';
import type { MemoryStore } from '../../src/stores/memory/store.js';
import { createMemoryStore } from '../../src/stores/memory/store.js';
import { type Facts, factsOf } from './facts.js';
import type { Point } from './gate.js';
import { live, runIdOf } from './life.js';
import type { Opening } from './scene.js';

export interface Crashes {
  /** The points that each engine has passed, in order; the last one is the end of those that were killed. */
  readonly lives: readonly (readonly Point[])[];
  readonly facts: Facts;
}

export interface CrashOptions {
  readonly opening: Opening;
  /** The number of the point at which each engine is killed; one more engine then runs to the end. */
  readonly kills: readonly number[];
  /** How long nobody runs it after each kill, in virtual time. */
  readonly pauseMs: number;
}

/** Runs it in this process, with kills. Throws when it does not end, or lives shorter than a kill asks for. */
export async function runWithCrashes({ opening, kills, pauseMs }: CrashOptions): Promise<Crashes> {
  const world = restoreWorld(opening.world);
  const dead = new Set<string>();
  const store = createMemoryStore({ isHolderDead: (holder) => dead.has(holder) });
  await fill(store, opening);
  const lives: (readonly Point[])[] = [];
  for (const kill of [...kills, undefined]) {
    const holder = `engine-${lives.length + 1}`;
    const { ending, points } = await live({ opening, world, store, holder, isLast: ({ number }) => number === kill });
    lives.push(points);
    if (kill !== undefined) {
      if (ending !== 'killed') {
        throw new Error(`${holder} should die at point ${kill}, and passes only ${points.length}`);
      }
      dead.add(holder);
      await world.clock.run({ until: world.clock.now() + pauseMs });
    }
  }
  const runId = runIdOf(opening);
  const entries = await store.journal.read(runId, 1);
  return { lives, facts: factsOf({ opening, runId, entries, world: world.save() }) };
}

/** Writes the journals of the runs before, so that authority is known as it was. */
export async function fill(
  { journal, leases }: Pick<MemoryStore, 'journal' | 'leases'>,
  { earlier }: Opening,
): Promise<void> {
  for (const { runId, entries } of earlier) {
    const lease = await leases.acquire({ runId, names: [], holder: 'earlier', ttlMs: 60_000 });
    if ('heldBy' in lease) {
      throw new Error(`the lease of ${runId} is held`);
    }
    await journal.append(runId, entries, { expectedSeq: 0, fencingToken: lease.token });
    await leases.release(lease);
  }
}
