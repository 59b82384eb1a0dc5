import { describe, expect, it } from '@jest/globals';
import { provePaths } from '../../src/engine/path-proof/prove-paths.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan } from '../../src/model/plan.js';
import { rehearse } from '../scenarios/rehearsal.js';

const samples: readonly (readonly [file: string, mode: Mode])[] = [
  ['failover-site.yaml', 'failover'],
  ['drill.yaml', 'drill'],
  ['relocate-site.yaml', 'relocate'],
  ['evacuate-host.yaml', 'evacuate'],
  ['failback.yaml', 'reverse'],
];

describe('every path of the sample runbooks', () => {
  it.each(samples)('of %s, as %s, keeps the safety rules and has an end', async (file, mode) => {
    const plan = await planOf(file, mode);
    const { walks, broken } = provePaths(plan);
    expect(broken).toEqual([]);
    expect(new Set(walks.flatMap(({ lanes }) => lanes))).toEqual(
      new Set(plan.stages.filter(({ isAlways }) => !isAlways).flatMap(({ lanes }) => lanes.map(({ id }) => id))),
    );
  });
});

async function planOf(file: string, mode: Mode): Promise<Plan> {
  const rehearsal = rehearse({ file });
  await rehearsal.pass(600_000);
  if (mode === 'failover') {
    rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
    await rehearsal.pass(30_000);
  }
  return rehearsal.plan(mode);
}
