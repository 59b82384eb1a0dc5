import { describe, expect, it } from '@jest/globals';
import { provePaths } from '../../src/engine/path-proof/prove-paths.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan } from '../../src/model/plan.js';
import { violations } from '../../src/runbooks/invariant.js';
import { rehearse } from '../scenarios/rehearsal.js';

const samples: readonly (readonly [file: string, mode: Mode])[] = [
  ['failover-site.yaml', 'failover'],
  ['drill.yaml', 'drill'],
  ['relocate-site.yaml', 'relocate'],
  ['evacuate-host.yaml', 'evacuate'],
  ['failback.yaml', 'reverse'],
  ['failback.yaml', 'failback'],
];

describe('every path of the sample runbooks', () => {
  it.each(samples)('of %s, as %s, keeps the safety rules and has an end', async (file, mode) => {
    const plan = await planOf(file, mode);
    expect(violations(plan)).toEqual([]);
    const { walks, broken } = provePaths(plan);
    expect(broken).toEqual([]);
    expect(new Set(walks.flatMap(({ lanes }) => lanes))).toEqual(
      new Set(plan.stages.filter(({ isAlways }) => !isAlways).flatMap(({ lanes }) => lanes.map(({ id }) => id))),
    );
  });
});

describe('the walk itself', () => {
  it('finds a VM that would run twice when a plan forgets to stop it, with the way there', async () => {
    const plan = await planOf('relocate-site.yaml', 'relocate');
    const { broken } = provePaths(forgetfulPlan(plan));
    const twice = broken.find(({ rule }) => rule === 'S1: legacy-1 is live at north/north-2 and south/south-1');
    expect(twice?.path.at(-1)).toMatch(/^vm\/legacy-1\/start (succeeds|loses its answer, with its effect)$/);
  });
});

/** Believes that the VM's authority has moved already, and does not shut it down. */
function forgetfulPlan(plan: Plan): Plan {
  const lanes = plan.stages.flatMap((stage) => stage.lanes).filter(({ id }) => id === 'vm/legacy-1');
  const forgetful = lanes.map((lane) => ({
    ...lane,
    after: [],
    steps: lane.steps.filter(({ kind }) => kind !== 'shutdown'),
    recovery: [],
  }));
  return {
    ...plan,
    stages: [{ id: 'only', title: 'only', isAlways: false, lanes: forgetful }],
    authority: plan.authority.map((authority) =>
      authority.vm === 'legacy-1'
        ? { ...authority, state: 'at', place: { site: 'south', host: 'south-1' } }
        : authority,
    ),
  };
}

/** What must have been run before there is anything to do. */
const earlierRuns: { readonly [M in Mode]?: readonly Mode[] } = {
  reverse: ['relocate'],
  failback: ['relocate', 'reverse'],
};

async function planOf(file: string, mode: Mode): Promise<Plan> {
  const rehearsal = rehearse({ file });
  await rehearsal.pass(600_000);
  if (mode === 'failover') {
    rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
    await rehearsal.pass(30_000);
  }
  for (const earlier of earlierRuns[mode] ?? []) {
    await rehearsal.run(earlier);
    await rehearsal.pass(600_000);
  }
  return rehearsal.plan(mode);
}
