import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { JsonObject } from '../../src/model/json.js';
import type { Plan, Step } from '../../src/model/plan.js';
import type { DefineInput, PlaceInput } from '../../src/model/step-input.js';
import { reserveBytes, vcpusPerThread } from '../../src/runbooks/capacity.js';
import { violations } from '../../src/runbooks/invariant.js';
import { plan } from '../../src/runbooks/plan.js';
import { select, selectSets } from '../../src/runbooks/select.js';
import { inputProblems } from '../../src/steps/index.js';
import { digests } from './builders.js';
import { anyWorld, type World, worlds } from './worlds.js';

const runs = { numRuns: 200 };

function made(world: World): ReturnType<typeof plan> {
  return plan({ ...world, digests });
}

function planOf(world: World): Plan | undefined {
  const result = made(world);
  return 'stages' in result ? result : undefined;
}

/** Checks every plan that the worlds have; worlds without one say nothing. */
function holds(of: fc.Arbitrary<World>, check: (plan: Plan, world: World) => void): void {
  fc.assert(
    fc.property(of, (world) => {
      const found = planOf(world);
      if (found !== undefined) {
        check(found, world);
      }
    }),
    runs,
  );
}

function lanesOf({ stages }: Plan) {
  return stages.flatMap(({ lanes }) => lanes);
}

function vmLanes(of: Plan) {
  return of.stages
    .filter(({ isAlways }) => !isAlways)
    .flatMap(({ lanes }) => lanes.filter(({ subject }) => subject.kind === 'vm'));
}

function inputsOf(of: Plan, kind: Step['kind']): readonly Step['input'][] {
  return vmLanes(of).flatMap(({ steps }) => steps.filter((step) => step.kind === kind).map(({ input }) => input));
}

describe('every plan', () => {
  it('keeps the safety rules and its own structure', () => {
    holds(anyWorld, (found, world) => {
      expect(violations(found, world.estate)).toEqual([]);
    });
  });

  it('gives every step an input that its kind takes', () => {
    holds(anyWorld, (found) => {
      const problems = lanesOf(found).flatMap(({ id, steps, recovery }) =>
        [...steps, ...recovery].flatMap((step) =>
          inputProblems(step.kind, step.input).map((problem) => `${id}/${step.id} ${problem}`),
        ),
      );
      expect(problems).toEqual([]);
    });
  });

  it('works on every VM of the runbook once or says why it leaves it alone', () => {
    holds(anyWorld, (found, world) => {
      const known = new Map(world.inventory.vms.map(({ name, tags }) => [name, { name, tags }]));
      const selected = select(world.runbook, [...known.values()]);
      const names = world.runbook.groups.flatMap(({ vms }) =>
        vms.flatMap((selector) => ('name' in selector ? [selector.name] : [])),
      );
      const dealtWith = [...vmLanes(found).map(({ subject }) => subject.name), ...found.skipped.map(({ vm }) => vm)];
      expect(new Set(dealtWith).size).toBe(dealtWith.length);
      const all = new Set([...names, ...selected.groups.flatMap(({ vms }) => vms.map(({ name }) => name))]);
      expect(dealtWith.filter((name) => !all.has(name))).toEqual([]);
      expect(names.filter((name) => !dealtWith.includes(name))).toEqual([]);
    });
  });

  it('never promises more of a host than it has', () => {
    holds(anyWorld, (found, { inventory }) => {
      const placed = inputsOf(found, 'place').map((input) => input as JsonObject & PlaceInput);
      const asked = (host: string, of: (input: PlaceInput) => number): number =>
        placed.reduce((sum, input) => sum + (input.at.host === host ? of(input) : 0), 0);
      const used = inventory.hosts.filter(({ name }) => placed.some(({ at }) => at.host === name));
      expect(used.filter(({ isCordoned, unreachable }) => isCordoned || unreachable !== undefined)).toEqual([]);
      for (const { name, memoryBytes, memoryFreeBytes, cpuThreads } of used) {
        expect(asked(name, (input) => input.memoryBytes)).toBeLessThanOrEqual(
          memoryFreeBytes - reserveBytes(memoryBytes),
        );
        expect(asked(name, ({ vcpus }) => vcpus)).toBeLessThanOrEqual(cpuThreads * vcpusPerThread);
      }
    });
  });

  it('begins no group before those of an earlier priority or those it waits for', () => {
    holds(anyWorld, (found, { runbook }) => {
      const stageOf = new Map(
        found.stages.flatMap(({ isAlways, lanes }, index) =>
          isAlways ? [] : lanes.map(({ subject }) => [subject.name, index] as const),
        ),
      );
      const stagesOf = (name: string): number[] =>
        vmLanes(found).flatMap(({ subject }) =>
          subject.name.startsWith(`${name}-`) ? [stageOf.get(subject.name) ?? -1] : [],
        );
      for (const { name, after } of runbook.groups) {
        for (const other of after) {
          expect(Math.max(-1, ...stagesOf(other))).toBeLessThan(Math.min(Number.POSITIVE_INFINITY, ...stagesOf(name)));
        }
        const free = runbook.groups.filter(({ after: waits }) => waits.length === 0);
        const own = free.find((group) => group.name === name);
        for (const later of own === undefined ? [] : free.filter(({ priority }) => priority > own.priority)) {
          expect(Math.max(-1, ...stagesOf(name))).toBeLessThan(
            Math.min(Number.POSITIVE_INFINITY, ...stagesOf(later.name)),
          );
        }
      }
    });
  });

  it('keeps VMs apart or reports that it cannot', () => {
    holds(anyWorld, (found, { runbook, inventory }) => {
      const target = new Map(found.estimates.vms.map(({ vm, target: at }) => [vm, at.host]));
      for (const names of selectSets(runbook.keepApart, inventory.vms)) {
        const hosts = names.flatMap((name) => target.get(name) ?? []);
        const isReported = found.findings.some(({ code }) => code === 'keep-apart-broken');
        expect(isReported || found.mode === 'reverse' || new Set(hosts).size === hosts.length).toBe(true);
      }
    });
  });

  it('is the same, byte by byte, each time it is made', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        expect(JSON.stringify(made(structuredClone(world)))).toBe(JSON.stringify(made(world)));
      }),
      runs,
    );
  });

  it('survives JSON unchanged', () => {
    holds(anyWorld, (found) => {
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    });
  });
});

describe('a failover', () => {
  it('is refused, and for safety, as soon as one of its VMs is live on a host that answers', () => {
    fc.assert(
      fc.property(worlds('failover', { source: 'some', isTidy: true }), (world) => {
        const reachable = new Set(
          world.inventory.hosts.filter(({ unreachable }) => unreachable === undefined).map(({ name }) => name),
        );
        const asked = world.request.limitTo;
        const live = world.inventory.vms.filter(
          (vm) =>
            vm.state === 'running' &&
            vm.seenOn === 'host' &&
            reachable.has(vm.host) &&
            (asked?.includes(vm.name) ?? true),
        );
        const result = made(world);
        const isRefused = !('stages' in result) && result.some(({ reason }) => reason === 'safety');
        expect(isRefused).toBe(live.length > 0);
      }),
      runs,
    );
  });

  it('leaves nothing out in a tidy world that has room', () => {
    holds(worlds('failover', { source: 'none', isTidy: true }), (found) => {
      expect(found.skipped.filter(({ code }) => code !== 'no-room' && code !== 'not-asked-for')).toEqual([]);
    });
  });
});

describe('a drill', () => {
  it('uses no id of a VM for a clone, and each of its own only once', () => {
    holds(worlds('drill', { source: 'some', isTidy: false }), (found, { inventory }) => {
      const ids = inputsOf(found, 'define').map((input) => (input as JsonObject & DefineInput).definition.id);
      expect(new Set([...ids, ...inventory.vms.map(({ id }) => id)]).size).toBe(
        ids.length + new Set(inventory.vms.map(({ id }) => id)).size,
      );
    });
  });
});

describe('a relocation', () => {
  it('moves all of its VMs or none', () => {
    holds(worlds('relocate', { source: 'all', isTidy: false }), (found) => {
      expect(
        found.skipped.filter(({ code }) => !['already-there', 'elsewhere', 'not-asked-for'].includes(code)),
      ).toEqual([]);
    });
  });
});
