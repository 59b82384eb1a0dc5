import { describe, expect, it } from '@jest/globals';
import { simulate } from '../simulation/simulate.js';

/** `npm run simulate -- --runs 1 --seed SEED --verbose` prints the world and the journal of each. */
const seeds = { from: 1, to: 150 };

describe('random worlds, faults, operators and crashes', () => {
  it('break no rule', async () => {
    const broken: string[] = [];
    for (let seed = seeds.from; seed <= seeds.to; seed += 1) {
      const { violations } = await simulate(seed);
      broken.push(...violations.map(({ rule, detail }) => `seed ${seed}: ${rule}: ${detail}`));
    }
    expect(broken).toEqual([]);
  });

  it('come out the same for the same seed', async () => {
    for (const seed of [3, 7, 11, 19]) {
      const { digest } = await simulate(seed);
      expect((await simulate(seed)).digest).toBe(digest);
    }
  });
});
