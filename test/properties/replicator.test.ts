import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { WorldFault } from '../../src/hypervisors/simulated/fault.js';
import type { CycleRequest } from '../../src/storage-sync/replicas.js';
import { never, rehearse } from '../contracts/hypervisor-rehearsal.js';
import { type ProtectedWorld, protect, protecting } from '../scenarios/protection.js';

const everyMs = 60_000;

interface Drawn {
  /** Bytes on the disk of each VM, and what it writes each second. */
  readonly vms: readonly { readonly usedBytes: number; readonly writeBytesPerSecond: number }[];
  readonly perHost: number;
  readonly perLink: number;
  /** What goes wrong, at so many ms, and for how long. */
  readonly troubles: readonly {
    readonly atMs: number;
    readonly forMs: number;
    readonly kind: 'link' | 'host' | 'disk';
  }[];
  /** Lives of the process that are cut off, ms each. */
  readonly lives: readonly number[];
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  vms: fc.array(
    fc.record({
      usedBytes: fc.integer({ min: 1, max: 2_000 }).map((megabytes) => megabytes * 1e6),
      writeBytesPerSecond: fc.integer({ min: 0, max: 2_000 }).map((kilobytes) => kilobytes * 1e3),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  perHost: fc.integer({ min: 1, max: 3 }),
  perLink: fc.integer({ min: 1, max: 4 }),
  troubles: fc.array(
    fc.record({
      atMs: fc.integer({ min: 0, max: 600_000 }),
      forMs: fc.integer({ min: 1_000, max: 120_000 }),
      kind: fc.constantFrom('link', 'host', 'disk'),
    }),
    { maxLength: 3 },
  ),
  lives: fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 4 }),
});

/** Begins and ends of a kind of trouble. */
const faults: Readonly<Record<Drawn['troubles'][number]['kind'], readonly [WorldFault, WorldFault]>> = {
  link: [
    { kind: 'link-cut', link: 'wan' },
    { kind: 'link-healed', link: 'wan' },
  ],
  host: [
    { kind: 'host-dies', host: 'north-1' },
    { kind: 'host-returns', host: 'north-1' },
  ],
  disk: [
    { kind: 'disk-full', host: 'south-1' },
    { kind: 'disk-freed', host: 'south-1', bytes: 1e12 },
  ],
};

function scene({ vms, perHost, perLink, troubles }: Drawn): ProtectedWorld & { readonly names: readonly string[] } {
  const specs = vms.map((vm, index) => ({
    name: `vm-${index}`,
    host: `north-${(index % 2) + 1}`,
    disks: [{ target: 'vda', sizeBytes: 4e9, usedBytes: vm.usedBytes }],
    writeBytesPerSecond: vm.writeBytesPerSecond,
  }));
  const world = rehearse({
    vms: specs,
    faults: troubles.flatMap(({ atMs, forMs, kind }) => [
      { at: atMs, fault: faults[kind][0] },
      { at: atMs + forMs, fault: faults[kind][1] },
    ]),
  });
  const names = specs.map(({ name }) => name);
  const limits = { perHost, perLink };
  return { ...protect(world, protecting(names, { everyMs, rpoMs: 600_000, limits })), names };
}

/** Watches the calls of cycles, and says what must never be. */
class Watch {
  readonly broken: string[] = [];
  readonly #limits: Readonly<Record<string, number>>;
  #open = new Map<object, CycleRequest>();

  constructor({ perHost, perLink }: Drawn) {
    this.#limits = { 'north-1': perHost, 'north-2': perHost, 'south-1': perHost, wan: perLink };
  }

  /** Of the process that was killed nobody awaits any call; what the world does with them is its own. */
  forget(): void {
    this.#open = new Map();
  }

  over(cycle: ProtectedWorld['world']['replicas']['cycle']): ProtectedWorld['world']['replicas']['cycle'] {
    return async (request, signal, progress) => {
      const open = this.#open;
      const key = {};
      this.#begin(request);
      open.set(key, request);
      try {
        return await cycle(request, signal, progress);
      } finally {
        open.delete(key);
      }
    };
  }

  #begin(request: CycleRequest): void {
    const all = [...this.#open.values(), request];
    const count = (place: string): number =>
      all.filter(({ from, to }) => from.host === place || to.host === place || place === 'wan').length;
    for (const [place, limit] of Object.entries(this.#limits)) {
      if (count(place) > limit) {
        this.broken.push(`${count(place)} cycles at ${place}, where ${limit} may be`);
      }
    }
    if (all.filter(({ vm }) => vm === request.vm).length > 1) {
      this.broken.push(`two cycles of ${request.vm}`);
    }
  }
}

describe('the replicator', () => {
  it('breaks no limit, lets no VM starve, and goes on after a stop at any instant and any trouble', async () => {
    await fc.assert(
      fc.asyncProperty(drawn, async (given) => {
        const stage = scene(given);
        const watch = new Watch(given);
        const cycle = watch.over((...call) => stage.world.replicas.cycle(...call));
        for (const lifeMs of given.lives) {
          await stage.start({ replicas: { cycle } });
          await stage.pass(lifeMs);
          stage.kill();
          watch.forget();
        }
        const replicator = await stage.start({ replicas: { cycle } });
        // Until all is mended, the longest pause after a failure is over, and each has had its turn.
        await stage.pass(720_000 + 300_000 + 600_000);
        expect(watch.broken).toEqual([]);
        const standings = stage.names.map((vm) => ({ vm, state: stage.standing(replicator, vm).state }));
        expect(standings).toEqual(stage.names.map((vm) => ({ vm, state: 'meeting-rpo' })));
        const journalled = [...((await stage.reports())?.reports.values() ?? [])];
        expect(journalled.map(({ vm, state }) => ({ vm, state })).toSorted(byName)).toEqual(standings.toSorted(byName));
        for (const { vm, point } of journalled) {
          const found = await stage.answered(stage.world.replicas.find(vm, { site: 'south', host: 'south-1' }, never));
          expect(found?.points.map(({ id }) => id)).toContain(point?.id);
        }
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});

function byName(one: { readonly vm: string }, other: { readonly vm: string }): number {
  return one.vm < other.vm ? -1 : 1;
}
