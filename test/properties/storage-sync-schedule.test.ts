import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { defaultBackOff, type ScheduledVm, schedule } from '../../src/storage-sync/schedule.js';

/** What becomes of a VM while the world is played. */
interface Player {
  readonly vm: string;
  readonly everyMs: number;
  readonly uses: readonly string[];
  readonly cycleMs: number;
  /** Of this many cycles one fails; 0: none, 1: all. */
  readonly failsEach: number;
  dataAsOf?: number;
  startedAt?: number;
  failures: number;
  failedAt?: number;
  tries: number;
  /** When it was last due and idle, or had a cycle. */
  servedAt: number;
  longestWaitMs: number;
}

const players: fc.Arbitrary<readonly Player[]> = fc.array(
  fc
    .record({
      everyMs: fc.integer({ min: 1, max: 60 }),
      cycleMs: fc.integer({ min: 1, max: 40 }),
      hosts: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 2 }),
      failsEach: fc.constantFrom(0, 0, 0, 3, 1),
    })
    .map(({ everyMs, cycleMs, hosts, failsEach }) => ({
      vm: '',
      everyMs: everyMs * 1_000,
      cycleMs: cycleMs * 1_000,
      uses: [...hosts.map((host) => `host/${host}`), 'link/a'],
      failsEach,
      failures: 0,
      tries: 0,
      servedAt: 0,
      longestWaitMs: 0,
    })),
  { minLength: 1, maxLength: 12 },
);

const slotCounts = fc.record({
  'host/0': fc.integer({ min: 1, max: 3 }),
  'host/1': fc.integer({ min: 1, max: 3 }),
  'host/2': fc.integer({ min: 1, max: 3 }),
  'host/3': fc.integer({ min: 1, max: 3 }),
  'link/a': fc.integer({ min: 1, max: 5 }),
});

const seen = (player: Player): ScheduledVm => ({
  vm: player.vm,
  everyMs: player.everyMs,
  uses: player.uses,
  ...(player.dataAsOf === undefined ? {} : { dataAsOf: player.dataAsOf }),
  isRunning: player.startedAt !== undefined,
  isHeld: false,
  failures: player.failures,
  ...(player.failedAt === undefined ? {} : { failedAt: player.failedAt }),
});

function finish(player: Player, now: number): void {
  player.tries += 1;
  if (player.failsEach !== 0 && player.tries % player.failsEach === 0) {
    player.failures += 1;
    player.failedAt = now;
  } else if (player.startedAt !== undefined) {
    player.dataAsOf = player.startedAt;
    player.failures = 0;
  }
  delete player.startedAt;
  player.servedAt = now;
}

/** Plays an hour, a second at a time, and says whether a limit was ever broken. */
function play(all: readonly Player[], slots: Readonly<Record<string, number>>): readonly string[] {
  const broken: string[] = [];
  for (let now = 0; now <= 3_600_000; now += 1_000) {
    for (const player of all) {
      if (player.startedAt !== undefined && now - player.startedAt >= player.cycleMs) {
        finish(player, now);
      }
    }
    const { start } = schedule(all.map(seen), { slots }, now);
    for (const player of all) {
      if (start.includes(player.vm)) {
        player.longestWaitMs = Math.max(player.longestWaitMs, now - player.servedAt);
        broken.push(...(player.startedAt === undefined ? [] : [`${player.vm} has two cycles`]));
        player.startedAt = now;
      }
    }
    for (const [name, limit] of Object.entries(slots)) {
      const used = all.filter(({ startedAt, uses }) => startedAt !== undefined && uses.includes(name)).length;
      broken.push(...(used > limit ? [`${name} has ${used} at ${now}`] : []));
    }
  }
  for (const player of all) {
    player.longestWaitMs = Math.max(
      player.longestWaitMs,
      player.startedAt === undefined ? 3_600_000 - player.servedAt : 0,
    );
  }
  return broken;
}

describe('the schedule of cycles', () => {
  it('breaks no limit and lets nobody wait for ever, whatever fails', () => {
    fc.assert(
      fc.property(players, slotCounts, (drawn, slots) => {
        const all = drawn.map((player, index) => ({ ...player, vm: `vm-${index}` }));
        expect(play(all, slots)).toEqual([]);
        /** At worst everybody goes twice before it, one at a time, after its own interval or its longest back-off. */
        const others = all.reduce((sum, { cycleMs }) => sum + cycleMs + 1_000, 0);
        for (const { longestWaitMs, everyMs } of all) {
          expect(longestWaitMs).toBeLessThanOrEqual(Math.max(everyMs, defaultBackOff.longestMs) + 2 * others);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds a moment for a VM that needs two hosts which others never leave idle together', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 2, maxLength: 6 }), (cycles) => {
        const idle = { dataAsOf: 0, failsEach: 0, failures: 0, tries: 0, servedAt: 0, longestWaitMs: 0 };
        const busy = cycles.map((seconds, index) => {
          const uses = [`host/${index % 2}`];
          return { ...idle, vm: `busy-${index}`, everyMs: 1_000, cycleMs: seconds * 1_000, uses };
        });
        const both = { ...idle, vm: 'both', everyMs: 5_000, cycleMs: 3_000, uses: ['host/0', 'host/1'] };
        expect(play([...busy, both], { 'host/0': 1, 'host/1': 1 })).toEqual([]);
        expect(both.longestWaitMs).toBeLessThanOrEqual(
          5_000 + cycles.reduce((sum, seconds) => sum + seconds * 1_000, 0),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('lets the one with the oldest data go before all that need the same', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 20 }), (ages) => {
        const vms = ages.map((age) => ({
          vm: `vm-${age}`,
          everyMs: 0,
          uses: ['link/a'],
          dataAsOf: 1_000 - age,
          isRunning: false,
          isHeld: false,
          failures: 0,
        }));
        expect(schedule(vms, { slots: { 'link/a': 1 } }, 1_000).start).toEqual([`vm-${Math.max(...ages)}`]);
      }),
    );
  });
});
