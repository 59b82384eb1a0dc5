import { readInventory } from '../../src/engine/inventory.js';
import type { World } from '../../src/hypervisors/simulated/world.js';
import type { Entry } from '../../src/model/entry.js';
import type { Runbook } from '../../src/model/runbook.js';
import { readProtection } from '../../src/storage-sync/protection-journal.js';
import { type Replicator, type ReplicatorOptions, startReplicator } from '../../src/storage-sync/replicator.js';
import { standingOf } from '../../src/storage-sync/tended-vm.js';
import { createMemoryStore, type MemoryStore } from '../../src/stores/memory/store.js';

/** A world whose replicas are tended by one process after the other. */
export interface ProtectedWorld {
  readonly world: World;
  readonly store: MemoryStore;
  /** Everything that was journalled, in order. */
  entries(): Promise<readonly Entry[]>;
  start(options?: Partial<ReplicatorOptions>): Promise<Replicator>;
  /** The process is killed: nothing that it awaited settles any more. Its lease lapses at once. */
  kill(): void;
  pass(ms: number): Promise<void>;
  /** Lets time pass until it has ended. */
  finish(replicator: Replicator): Promise<'done' | 'stopped'>;
  /** State of each VM, in one word, and the age of its data. */
  standing(replicator: Replicator, vm: string): ReturnType<typeof standingOf>;
  reports(): ReturnType<typeof readProtection>;
  /** Lets time pass until a call is answered. */
  answered<Answer>(call: Promise<Answer>): Promise<Answer>;
}

export function protect(world: World, runbook: Runbook): ProtectedWorld {
  let life = 0;
  const dead = new Set<string>();
  const store = createMemoryStore({ now: () => world.clock.now(), isHolderDead: (holder) => dead.has(holder) });
  const { journal, leases } = store;
  const settle = async <Result>(work: Promise<Result>): Promise<Result> => {
    await world.clock.run({ until: work.catch(() => undefined) });
    return work;
  };
  return {
    world,
    store,
    entries: async () => {
      const types = ['started', 'ended'].map((word) => `protection.${word}`);
      const all = [
        ...types,
        'replica.synced',
        'replica.failed',
        'replica.changed',
        'replica.forecast',
        'rpo.told',
      ] as never;
      return (await journal.select(all)).map(({ entry }) => entry);
    },
    start: (options = {}) =>
      settle(
        startReplicator({
          replicas: world.replicas,
          estate: world.estate,
          runbook,
          journal,
          leases,
          clock: world.clock,
          holder: `life-${life}`,
          by: 'ann',
          look: (signal) => readInventory({ ports: world, estate: world.estate, journal, signal }),
          ...options,
        }),
      ),
    kill: () => {
      world.detach();
      dead.add(`life-${life}`);
      life += 1;
    },
    pass: async (ms) => {
      await world.clock.run({ until: world.clock.now() + ms });
    },
    finish: (replicator) => settle(replicator.ended),
    standing(replicator, vm) {
      const tended = replicator.state().vms.get(vm);
      if (tended === undefined) {
        throw new Error(`${vm} is not tended`);
      }
      return standingOf(tended, replicator.rules, world.clock.now());
    },
    reports: () => readProtection(journal, runbook.name),
    answered: settle,
  };
}

/** A runbook that replicates these VMs from north to south. */
export function protecting(
  vms: readonly string[],
  {
    everyMs = 60_000,
    rpoMs = 180_000,
    limits = {},
  }: { everyMs?: number; rpoMs?: number; limits?: Partial<Runbook['limits']> } = {},
): Runbook {
  return {
    name: 'payroll',
    protect: { from: { site: 'north' }, to: { site: 'south' } },
    objectives: { rpoMs },
    groups: [
      {
        name: 'all',
        priority: 3,
        after: [],
        vms: vms.map((name) => ({ name })),
        replicate: { method: 'block-sync', everyMs, keep: 3, quiesce: false },
        move: { ladder: ['live'], maxDowntimeMs: 500, deadlineMs: 600_000 },
        ready: [],
      },
    ],
    keepApart: [],
    keepTogether: [],
    limits: { perHost: 2, perLink: 4, ...limits },
    steps: [],
    triggers: [],
    guard: 'normal',
  };
}
