import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { VirtualClock } from '../../src/hypervisors/simulated/virtual-clock.js';
import { copy } from '../../src/storage-sync/copier.js';
import { type CopyPlan, planDelta, planSeed, type ToldExtent } from '../../src/storage-sync/copy-plan.js';
import { type EndpointRequest, MemoryEndpoint } from './memory-endpoint.js';

const sizeBytes = 256;
const limits = { requestBytes: 8, zeroRequestBytes: 24, requestsInFlight: 4, flushBytes: 32 };
const never = new AbortController().signal;

interface Scene {
  readonly plan: CopyPlan;
  readonly source: Buffer;
  readonly target: Buffer;
  /** What the target has to be at the end. */
  readonly expected: Buffer;
}

const tellings = (flagsMax: number): fc.Arbitrary<readonly ToldExtent[]> =>
  fc
    .array(fc.record({ length: fc.integer({ min: 1, max: 40 }), flags: fc.nat(flagsMax) }), { maxLength: 20 })
    .map((parts) => {
      let offset = 0;
      return parts.flatMap((part) => {
        const length = Math.min(part.length, sizeBytes - offset);
        offset += length;
        return length === 0 ? [] : [{ offset: offset - length, length, flags: part.flags }];
      });
    });

/** A source whose bytes are zero where it says so and mostly not elsewhere, and a target with something else in it. */
const scenes: fc.Arbitrary<Scene> = fc
  .record({
    dirty: tellings(1),
    allocation: tellings(3),
    content: fc.uint8Array({ minLength: sizeBytes / 8, maxLength: sizeBytes / 8 }),
    isSeed: fc.boolean(),
  })
  .map(({ dirty, allocation, content, isSeed }) => {
    const source = Buffer.from(Array.from({ length: sizeBytes }, (_, index) => (content[index >> 3] ?? 0) & 0xf7));
    for (const { offset, length, flags } of allocation) {
      source.fill(0, offset, (flags & 2) === 0 ? offset : offset + length);
    }
    if (isSeed) {
      const plan = planSeed({ sizeBytes, allocation, isTargetFresh: true });
      return { plan, source, target: Buffer.alloc(sizeBytes), expected: source };
    }
    const target = Buffer.alloc(sizeBytes, 0x08);
    const expected = Buffer.from(target);
    for (const { offset, length, flags } of dirty) {
      source.copy(expected, offset, offset, flags === 1 ? offset + length : offset);
    }
    return { plan: planDelta({ sizeBytes, dirty, allocation }), source, target, expected };
  });

/** Numbers that look random and are always the same for a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Attempt {
  readonly scene: Scene;
  readonly target: Buffer;
  readonly from: number;
  /** Which request of the target is its last; none: it lives on. */
  readonly crashAt?: number;
  readonly draw: (below: number) => number;
}

/** One attempt; what is left of the target when its power fails at the end of it, and where the next may begin. */
async function attempt(
  of: Attempt,
): Promise<{ readonly isDone: boolean; readonly left: Buffer; readonly durable: number }> {
  const { scene, from, crashAt, draw } = of;
  const turns = (): number => draw(4);
  const source = new MemoryEndpoint(scene.source, { turns });
  const target = new MemoryEndpoint(of.target, {
    turns,
    faultAt: ({ index }) => (index === crashAt ? 'crash' : undefined),
  });
  let durable = from;
  const isDone = await copy({
    subject: 'disk vda',
    plan: scene.plan,
    source,
    target,
    from,
    clock: new VirtualClock(0),
    signal: never,
    limits,
    onDurable: (position) => {
      durable = position;
    },
  }).then(
    () => true,
    () => false,
  );
  expect([source.underWay, target.underWay]).toEqual([0, 0]);
  expect(target.requests.filter((one) => !isPlanned(scene.plan, one))).toEqual([]);
  return { isDone, left: target.afterCrash(() => draw(2) === 0), durable };
}

function isPlanned({ extents }: CopyPlan, { kind, offset, length }: EndpointRequest): boolean {
  return (
    kind === 'flush' ||
    extents.some((extent) => extent.offset <= offset && offset + length <= extent.offset + extent.length)
  );
}

describe('a copy whose target loses its power', () => {
  it('at any request is taken up at the position that was durable, and ends with what the plan says', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.nat(), async (scene, seed) => {
        const draw = numbers(seed);
        for (let crashAt = 0; ; crashAt += 1) {
          const first = await attempt({ scene, target: scene.target, from: 0, crashAt, draw });
          const { left, durable } = first.isDone
            ? first
            : await attempt({ scene, target: first.left, from: first.durable, draw });
          expect(durable).toBe(sizeBytes);
          expect(left.equals(scene.expected)).toBe(true);
          if (first.isDone) {
            return;
          }
        }
      }),
      { numRuns: 25 },
    );
  });

  it('again and again ends all the same, and what was told to be durable is there each time', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, fc.nat(), async (scene, seed) => {
        const draw = numbers(seed);
        let target = scene.target;
        let from = 0;
        for (let tries = 0; tries < 200; tries += 1) {
          const { isDone, left, durable } = await attempt({ scene, target, from, crashAt: 6 + draw(24), draw });
          expect(durable).toBeGreaterThanOrEqual(from);
          expect(left.subarray(0, durable).equals(scene.expected.subarray(0, durable))).toBe(true);
          [target, from] = [left, durable];
          if (isDone) {
            break;
          }
        }
        expect(from).toBe(sizeBytes);
        expect(target.equals(scene.expected)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
