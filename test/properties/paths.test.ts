import { describe, expect, it } from '@jest/globals';
import { provePaths } from '../../src/engine/path-proof/prove-paths.js';
import type { Mode } from '../../src/model/mode.js';
import type { Lane, Plan, Step } from '../../src/model/plan.js';
import { violations } from '../../src/runbooks/invariant.js';
import { rehearse, unevenWorld } from '../scenarios/rehearsal.js';

const samples: readonly (readonly [file: string, mode: Mode])[] = [
  ['failover-site.yaml', 'failover'],
  ['drill.yaml', 'drill'],
  ['relocate-site.yaml', 'relocate'],
  ['evacuate-host.yaml', 'evacuate'],
  ['evacuate-host.yaml', 'return'],
  ['balance.yaml', 'balance'],
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

describe('every path of a move', () => {
  it('that ends in a restart keeps the VM to one place, wherever it is left', async () => {
    const { broken, walks } = provePaths(await movesOf({ state: 'running', ladder: ['live', 'restart'] }));
    expect(broken).toEqual([]);
    expect(walks.length).toBeGreaterThan(0);
  });

  it('of a VM that is shut off keeps the safety rules and has an end', async () => {
    const { broken } = provePaths(await movesOf({ state: 'shut-off', ladder: [] }));
    expect(broken).toEqual([]);
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

/** The moves of an evacuation, with these inputs, taken back when they come to nothing. */
async function movesOf(parts: { readonly state: string; readonly ladder: readonly string[] }): Promise<Plan> {
  const plan = await planOf('evacuate-host.yaml', 'evacuate');
  const lanes = plan.stages.flatMap((stage) => stage.lanes).filter(({ subject }) => subject.kind === 'vm');
  const changed = lanes.map((lane): Lane => {
    const steps = lane.steps.map((step) => changedMove(step, parts));
    const moves = steps.filter(({ kind }) => kind === 'migrate');
    const undone = moves.map((step): Step => {
      const { authority: _, ...rest } = step;
      return { ...rest, id: `${step.id}-back`, action: 'undo', undoes: step.id };
    });
    return { ...lane, after: [], steps, recovery: parts.state === 'running' ? undone : [] };
  });
  return { ...plan, stages: [{ id: 'only', title: 'only', isAlways: false, lanes: changed }] };
}

function changedMove(step: Step, parts: { readonly state: string; readonly ladder: readonly string[] }): Step {
  switch (step.kind) {
    case 'migrate':
      return { ...step, input: { ...step.input, ...parts } };
    case 'check':
      return { ...step, input: { ...step.input, state: parts.state } };
    default:
      return step;
  }
}

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
  return: ['evacuate'],
};

async function planOf(file: string, mode: Mode): Promise<Plan> {
  const rehearsal = rehearse({ file, ...(mode === 'balance' ? { spec: unevenWorld } : {}) });
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
