import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import {
  idOf,
  never,
  north1,
  north2,
  nothing,
  pass,
  rehearse,
  south1,
} from '../../../test/contracts/hypervisor-rehearsal.js';
import type { LiveRung } from '../hypervisor.js';
import type { WorldFault } from './fault.js';
import { restoreWorld, type World } from './world.js';

const vms = ['db-1', 'web-1'] as const;
const hosts = ['north-1', 'north-2', 'south-1'] as const;
const homes = { 'db-1': 'north-1', 'web-1': 'north-2' } as const;
const device = { agent: 'fence_virsh', options: {} };

interface Act {
  readonly afterMs: number;
  readonly act: (typeof kinds)[number];
  readonly vm: (typeof vms)[number];
  readonly source: (typeof hosts)[number];
  readonly target: (typeof hosts)[number];
  readonly ladder: readonly [LiveRung, ...LiveRung[]];
  readonly deadlineMs: number;
  readonly fault: WorldFault;
}

const fault = fc.oneof(
  fc.record({ kind: fc.constant('host-dies' as const), host: fc.constantFrom(...hosts) }),
  fc.record({ kind: fc.constant('host-returns' as const), host: fc.constantFrom(...hosts) }),
  fc.record({ kind: fc.constant('migration-stalls' as const), vm: fc.constantFrom(...vms) }),
  fc.constantFrom<WorldFault>(
    { kind: 'link-cut', link: 'wan' },
    { kind: 'link-healed', link: 'wan' },
    { kind: 'link-rate', link: 'wan', bytesPerSecond: 1e6 },
    { kind: 'site-dies', site: 'north' },
    { kind: 'site-returns', site: 'north' },
  ),
);

const kinds = [
  'migrate',
  'carry',
  'prospect',
  'abort',
  'shutdown',
  'destroy',
  'sync',
  'promote',
  'fence',
  'overlay',
  'fault',
] as const;

const act: fc.Arbitrary<Act> = fc
  .record({
    afterMs: fc.integer({ min: 0, max: 15_000 }),
    act: fc.oneof(fc.constantFrom(...kinds), {
      weight: 2,
      arbitrary: fc.constantFrom('migrate' as const, 'carry' as const),
    }),
    vm: fc.constantFrom(...vms),
    isHome: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn > 0),
    source: fc.constantFrom(...hosts),
    target: fc.constantFrom(...hosts),
    ladder: fc.constantFrom<Act['ladder']>(
      ['live'],
      ['throttle'],
      ['post-copy'],
      ['pause'],
      ['live', 'throttle'],
      ['live', 'post-copy', 'pause'],
      ['live', 'pause'],
    ),
    deadlineMs: fc.constantFrom(1_000, 10_000, 60_000),
    fault,
  })
  .map(({ isHome, ...rest }) => (isHome ? { ...rest, source: homes[rest.vm] } : rest));

function newWorld(seed: number): World {
  return rehearse(
    {
      vms: [
        { name: 'db-1', host: 'north-1', hasAutostart: false },
        { name: 'web-1', host: 'north-2', hasAutostart: false },
      ],
      replicas: [
        { vm: 'db-1', to: south1, method: 'mirror' },
        { vm: 'web-1', to: south1, method: 'block-sync', everyMs: 60_000 },
      ],
    },
    seed,
  );
}

interface Going {
  readonly world: World;
  readonly ids: Readonly<Record<string, string>>;
  readonly abort: AbortController;
  open: number;
}

function begin(going: Going, { act: kind, vm, source, target, ladder, deadlineMs, fault: what }: Act): void {
  const { world, ids, abort } = going;
  const { hypervisor, replicas, fencer } = world;
  const id = ids[vm] ?? '';
  const from = source === 'north-2' ? north2 : north1;
  const storage = { copyStorage: 'all', replaces: { since: 0, stale: true } } as const;
  const calls: Readonly<Record<Act['act'], () => Promise<unknown>>> = {
    migrate: () =>
      hypervisor.migrate(
        { ...storage, id, source, target, ladder, maxDowntimeMs: 300, deadlineAt: world.clock.now() + deadlineMs },
        abort.signal,
        nothing,
      ),
    carry: () => hypervisor.carry({ ...storage, id, source, target }, abort.signal, nothing),
    prospect: () => hypervisor.prospect(source, target, never),
    abort: async () => abort.abort(),
    shutdown: () => hypervisor.shutdown(source, id, never),
    destroy: () => hypervisor.destroy(source, id, never),
    sync: () => replicas.sync(vm, from, south1, never, nothing),
    promote: () => replicas.promote(vm, south1, 'newest', 'run-1', never),
    fence: () => fencer.off(source, device, never),
    overlay: () =>
      replicas.createOverlay({ vm, host: 'south-1', key: `run-1/${kind}`, purpose: 'clone', point: 'newest' }, never),
    fault: async () => world.strike(what),
  };
  going.open += 1;
  const settle = (): void => {
    going.open -= 1;
  };
  calls[kind]().then(settle, settle);
}

async function play(world: World, acts: readonly Act[], look: (world: World) => Promise<void>): Promise<Going> {
  const ids = { 'db-1': await idOf(world, 'north-1', 'db-1'), 'web-1': await idOf(world, 'north-2', 'web-1') };
  const going: Going = { world, ids, abort: new AbortController(), open: 0 };
  for (const each of acts) {
    begin(going, each);
    await pass(world, each.afterMs);
    await look(world);
  }
  return going;
}

/** Memory that the VMs of each host have, against what the host has. */
function overcommitted(world: World): readonly string[] {
  const { state } = JSON.parse(world.save()) as {
    state: { hosts: Record<string, { memoryBytes: number; guests: Record<string, Live> }> };
  };
  return Object.entries(state.hosts).flatMap(([name, { memoryBytes, guests }]) => {
    const used = Object.values(guests).reduce(
      (sum, guest) => sum + (guest.state === 'shut-off' ? 0 : guest.definition.memoryBytes),
      0,
    );
    return used > memoryBytes ? [name] : [];
  });
}

interface Live {
  readonly state: string;
  readonly definition: { readonly memoryBytes: number };
}

const runs = { numRuns: 100 };

describe('a simulated world, whatever is asked of it and whatever goes wrong', () => {
  it('never runs a VM twice unless somebody starts it twice, and answers every call', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.array(act, { minLength: 3, maxLength: 15 }), async (seed, acts) => {
        const world = newWorld(seed);
        const going = await play(world, acts, async () => {
          expect(overcommitted(world)).toEqual([]);
        });
        world.strike({ kind: 'link-rate', link: 'wan', bytesPerSecond: 1e9 });
        world.strike({ kind: 'link-healed', link: 'wan' });
        await pass(world, 600_000);
        expect(world.audit().doubles).toEqual([]);
        expect(going.open).toBe(0);
      }),
      runs,
    );
  });

  it('goes on from what was saved as if nothing had happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(act, { minLength: 1, maxLength: 12 }),
        fc.nat({ max: 200 }),
        async (seed, acts, events) => {
          const world = newWorld(seed);
          await play(world, acts, async () => undefined);
          world.detach();
          const restored = restoreWorld(world.save());
          for (let count = 0; count < events; count += 1) {
            world.clock.advance();
            restored.clock.advance();
          }
          expect(restored.save()).toBe(world.save());
        },
      ),
      runs,
    );
  });
});
