import { describe, expect, it } from '@jest/globals';
import type { EffectKind } from '../../src/hypervisors/simulated/audit.js';
import type { World } from '../../src/hypervisors/simulated/world.js';
import { counted, type StepCase, stepCases } from './step-cases.js';
import { follow, laneAfter, type StepLane } from './step-lane.js';

const prepared = async (planned: StepCase): Promise<StepLane> => await laneAfter(planned.world, planned.after);

/** What was changed in the world since, of the kinds that count; the last moment before it is `from` effects in. */
function effectsSince(world: World, from: number): readonly EffectKind[] {
  return world
    .audit()
    .effects.slice(from)
    .filter(counted)
    .map(({ kind }) => kind);
}

const effectCount = ({ world }: StepLane): number => world.audit().effects.length;

/**
 * Instants at which the step may be cut short: just before, at and just after each change of the world that it leads
 * to, and some more spread over the time that it takes.
 */
async function instantsOf(planned: StepCase): Promise<readonly number[]> {
  const lane = await prepared(planned);
  const { world } = lane;
  const beganAt = world.clock.now();
  const changes: number[] = [];
  world.onChange(() => changes.push(world.clock.now() - beganAt));
  await lane.run(planned);
  const tookMs = world.clock.now() - beganAt;
  const spread = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1].map((part) => Math.round(part * tookMs));
  const around = changes.flatMap((instant) => [instant - 1, instant, instant + 1]);
  return [...new Set([...spread, ...around])]
    .filter((instant) => instant >= 0 && instant <= tookMs)
    .toSorted((one, other) => one - other);
}

describe.each(stepCases)('the step $name', (planned) => {
  // A sync that ends just after the look is caught up once more, which costs little and harms nothing.
  const allowed = [planned.effects, [...planned.effects, ...planned.again]];

  it('says what is so before it is begun, and that it is done afterwards', async () => {
    const lane = await prepared(planned);
    const from = effectCount(lane);
    expect(await lane.observe(planned)).toMatchObject({ value: { verdict: planned.before } });
    const ended = await lane.run(planned);
    expect(ended).toHaveProperty('value');
    expect(effectsSince(lane.world, from)).toEqual(planned.effects);
    const seen = await lane.observe(planned);
    expect(seen).toMatchObject({ value: { verdict: 'done' } });
    // Of an interruption nobody but the process that made it knows how long it was.
    const known = Object.keys('value' in ended ? ended.value : {}).filter((name) => !planned.unseen.includes(name));
    expect(Object.keys('value' in seen ? (seen.value.output ?? {}) : {})).toEqual(known);
  });

  it('changes nothing more when it is done a second time', async () => {
    const lane = await prepared(planned);
    const from = effectCount(lane);
    await lane.run(planned);
    expect(await lane.run(planned)).toHaveProperty('value');
    expect(effectsSince(lane.world, from)).toEqual([...planned.effects, ...planned.again]);
  });

  it('comes to the same end, each effect once, when it is aborted at any instant', async () => {
    for (const abortAfterMs of await instantsOf(planned)) {
      const lane = await prepared(planned);
      const from = effectCount(lane);
      await lane.run(planned, { abortAfterMs });
      await follow(lane, planned);
      expect(allowed).toContainEqual(effectsSince(lane.world, from));
      expect(lane.world.audit().doubles).toEqual([]);
    }
  });

  it('comes to the same end, each effect once, when the process is killed at any instant', async () => {
    for (const afterMs of await instantsOf(planned)) {
      const lane = await prepared(planned);
      const from = effectCount(lane);
      const heir = await lane.runAndDie(planned, afterMs);
      await follow(heir, planned);
      expect(allowed).toContainEqual(effectsSince(heir.world, from));
      expect(heir.world.audit().doubles).toEqual([]);
    }
  });
});

const losses = stepCases.flatMap((planned) => planned.changes.map((change) => ({ ...planned, ...change, planned })));

it.each(losses)('the step $name finds the truth when the answer to $port $method is lost', async (loss) => {
  const { planned, port, method } = loss;
  const nth = (await prepared(planned)).callsOf(port, method) + 1;
  const fault = { onCall: { port, method, nth }, fault: { kind: 'reply-lost' } } as const;
  const lane = await laneAfter(planned.world, planned.after, [fault]);
  const from = effectCount(lane);
  const ended = await lane.run(planned);
  expect('value' in ended ? 'transient' : ended.failure.kind).toMatch(/^(outcome-unknown|transient)$/);
  await follow(lane, planned);
  expect(effectsSince(lane.world, from)).toEqual(planned.effects);
  expect(lane.world.audit().doubles).toEqual([]);
});
