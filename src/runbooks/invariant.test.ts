import { describe, expect, it, test } from '@jest/globals';
import {
  estate,
  group,
  host,
  inventory,
  lostHost,
  madePlan,
  remembered,
  replica,
  request,
  runbook,
  vm,
} from '../../test/properties/builders.js';
import type { JsonObject } from '../model/json.js';
import type { Mode } from '../model/mode.js';
import type { Lane, Plan, Step, StepKind } from '../model/plan.js';
import { violations } from './invariant.js';

const sites = estate('north-1', 'south-1');

/** A sound plan for `db-1`. */
function sound(mode: Mode, ladder: 'live' | 'restart' = 'live'): Plan {
  const isLost = mode === 'failover';
  return madePlan({
    runbook: runbook([group('all', 'db-1', { move: { ladder: [ladder], maxDowntimeMs: 500, deadlineMs: 60_000 } })]),
    estate: sites,
    request: request(mode),
    inventory: inventory({
      hosts: [isLost ? lostHost('north-1') : host('north-1'), host('south-1')],
      vms: [isLost ? remembered('db-1', 'north-1') : vm('db-1', 'north-1')],
      replicas: [replica('db-1', 'south-1')],
    }),
  });
}

function withLanes(plan: Plan, change: (lane: Lane) => Lane): Plan {
  return { ...plan, stages: plan.stages.map((stage) => ({ ...stage, lanes: stage.lanes.map(change) })) };
}

/** The plan with every step of a kind changed, or left out. */
function withSteps(plan: Plan, kind: StepKind, change: (step: Step) => Step | undefined): Plan {
  const changed = (steps: readonly Step[]): Step[] =>
    steps.flatMap((step) => (step.kind === kind ? (change(step) ?? []) : [step]));
  return withLanes(plan, (lane) => ({ ...lane, steps: changed(lane.steps), recovery: changed(lane.recovery) }));
}

function withInput(plan: Plan, kind: StepKind, input: JsonObject): Plan {
  return withSteps(plan, kind, (step) => ({ ...step, input: { ...step.input, ...input } }));
}

function withDefinition(plan: Plan, facts: JsonObject): Plan {
  return withSteps(plan, 'define', (step) => ({
    ...step,
    input: { ...step.input, definition: { ...(step.input['definition'] as JsonObject), ...facts } },
  }));
}

function withoutAuthority({ authority: _authority, ...step }: Step): Step {
  return step;
}

function found(plan: Plan): string[] {
  return violations(plan, sites).map(({ subject, message }) => `${subject}: ${message}`);
}

describe('a sound plan', () => {
  test.each(['failover', 'drill', 'relocate'] as const)(
    'of mode %s breaks nothing, with the estate or without',
    (mode) => {
      expect(found(sound(mode))).toEqual([]);
      expect(violations(sound(mode))).toEqual([]);
    },
  );
});

describe('S1: where a VM may run', () => {
  it('forbids to start it without asking for its authority', () => {
    expect(found(withSteps(sound('failover'), 'start', withoutAuthority))).toEqual([
      'vm/db-1/start: S1: db-1 is started without asking for its authority there',
    ]);
  });

  it('forbids to start it where nothing has brought its authority', () => {
    expect(found(withSteps(sound('failover'), 'promote', () => undefined))).toEqual([
      'vm/db-1/start: S1: nothing brings the authority of db-1 to south/south-1',
    ]);
  });

  it('forbids to move or promote it without its authority', () => {
    expect(found(withSteps(sound('relocate'), 'migrate', withoutAuthority))).toEqual([
      'vm/db-1/migrate: S1: a migration that does not move the authority with the VM',
    ]);
    expect(found(withSteps(sound('failover'), 'promote', withoutAuthority))).toContain(
      'vm/db-1/promote: S1: a replica is promoted without its authority',
    );
  });

  it('forbids to take it from where it is not', () => {
    expect(found({ ...sound('relocate'), authority: [] })).toEqual([
      'vm/db-1/migrate: S1: the authority of db-1 is not at north/north-1',
    ]);
  });

  it('forbids to start it again at its old place without asking', () => {
    const plan = withLanes(sound('relocate', 'restart'), (lane) => ({
      ...lane,
      recovery: lane.recovery.map(withoutAuthority),
    }));
    expect(found(plan)).toEqual(['vm/db-1/undo-shutdown: S1: starting it again needs its authority there']);
  });
});

describe('S2: proofs of death', () => {
  it('are waited for by whoever takes authority', () => {
    const message = 'vm/db-1/promote: S2: authority over db-1 is taken before north-1 is proven dead';
    expect(found(withLanes(sound('failover'), (lane) => ({ ...lane, after: [] })))).toEqual([message]);
    const plan = sound('failover');
    expect(found({ ...plan, stages: plan.stages.slice(1) })).toContain(message);
  });

  it('may not be skipped or passed over', () => {
    const message = 'host/north-1/fence: S2: a proof of death may not be skipped or passed over';
    expect(found(withSteps(sound('failover'), 'fence', (step) => ({ ...step, isSkippable: true })))).toEqual([message]);
    expect(found(withSteps(sound('failover'), 'fence', (step) => ({ ...step, onFailure: 'continue' })))).toEqual([
      message,
    ]);
  });

  it('are replaced only by an observed stop', () => {
    const plan = withLanes(sound('relocate', 'restart'), (lane) => ({
      ...lane,
      steps: lane.steps.filter(({ kind }) => kind !== 'shutdown'),
      recovery: [],
    }));
    expect(found(plan)).toEqual([
      'vm/db-1/promote: S2: authority over db-1 is taken with neither a proof of death nor an observed stop',
    ]);
  });
});

describe('S3: drills', () => {
  test.each<[string, JsonObject, string]>([
    ['a network that is not isolated', { networks: ['br-prod-south'] }, 'is attached to br-prod-south'],
    ['the id of the VM itself', { id: vm('db-1', 'north-1').id }, 'a drill defines something else than a clone'],
    ['autostart', { hasAutostart: true }, 'a drill defines something else than a clone'],
  ])('give no clone %s', (_case, facts, expected) => {
    expect(found(withDefinition(sound('drill'), facts)).join('\n')).toContain(expected);
  });

  it('leave no clone behind', () => {
    const plan = sound('drill');
    expect(found({ ...plan, stages: plan.stages.slice(0, 1) }).join('\n')).toMatch(
      /^drill-db-1-\w+: S3: nothing removes/,
    );
  });

  it('are the only mode with clones', () => {
    expect(found({ ...sound('drill'), mode: 'failover' })).toEqual([
      'vm/db-1/define: S3: a clone is defined in a mode that is no drill',
      'vm/db-1/start: S3: a clone is started in a mode that is no drill',
    ]);
  });

  it('do nothing to VMs', () => {
    expect(found({ ...sound('relocate'), mode: 'drill' })).toContain(
      'vm/db-1/migrate: S3: a drill has no business with a step migrate',
    );
  });

  it('have one network for all clones of a site, when the estate is not known', () => {
    const plan = withDefinition(sound('drill'), { networks: ['br-drill-south', 'br-prod-south'] });
    expect(violations(plan).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^S3: the clone drill-db-1-\w+ is attached to br-prod-south$/),
    ]);
  });
});

describe('a plan from a file', () => {
  it('may lack inputs of its steps, which the schemas of the steps refuse', () => {
    for (const kind of ['check', 'cleanup', 'define', 'fence', 'migrate', 'promote', 'start'] as const) {
      for (const mode of ['failover', 'drill', 'relocate'] as const) {
        const bare = withSteps(sound(mode), kind, (step) => ({
          ...step,
          input: kind === 'define' ? { definition: {} } : {},
        }));
        expect(() => violations(bare)).not.toThrow();
      }
    }
  });
});

describe('S4: what is discarded', () => {
  it('is the old copy only after there is a new one', () => {
    const late = withLanes(sound('relocate', 'restart'), (lane) => ({
      ...lane,
      steps: [...lane.steps.slice(-1), ...lane.steps.slice(0, -1)],
    }));
    expect(found(late)).toEqual(['vm/db-1/cleanup: S4: the old copy is retired before there is a new one']);
  });

  it('is an overlay only once the VM runs on it', () => {
    const plan = withInput(sound('relocate', 'restart'), 'cleanup', { what: 'merge' });
    expect(found(plan)).toEqual(['vm/db-1/cleanup: S4: an overlay is merged before the VM runs on it']);
  });
});

describe('the structure of a plan', () => {
  const plan = sound('relocate');
  const [stage] = plan.stages;
  const lane = stage?.lanes[0];
  if (stage === undefined || lane === undefined) {
    throw new Error('the plan has no lane');
  }
  test.each<[string, Plan, string]>([
    ['two stages of one id', { ...plan, stages: [...plan.stages, { ...stage, lanes: [] }] }, 'stage-twice level-1'],
    ['two lanes of one id', { ...plan, stages: [stage, { ...stage, id: 'again' }] }, 'lane-twice vm/db-1'],
    [
      'a VM with two lanes',
      { ...plan, stages: [stage, { ...stage, id: 'b', lanes: [{ ...lane, id: 'c' }] }] },
      'vm-twice db-1',
    ],
    ['a VM that is skipped too', { ...plan, skipped: [{ vm: 'db-1', code: 'x', reason: 'y' }] }, 'vm-twice db-1'],
    ['an odd lane id', withLanes(plan, (own) => ({ ...own, id: 'vm/db 1' })), 'lane-id vm/db 1'],
    ['a lane without steps', withLanes(plan, (own) => ({ ...own, steps: [], recovery: [] })), 'lane-empty vm/db-1'],
    [
      'a lane that waits for its own stage',
      withLanes(plan, (own) => ({ ...own, after: ['vm/db-1'] })),
      'after-later vm/db-1',
    ],
    ['two steps of one id', withSteps(plan, 'place', (step) => ({ ...step, id: 'check' })), 'step-twice vm/db-1/check'],
    [
      'a step without attempts',
      withSteps(plan, 'place', (step) => ({ ...step, retry: { attempts: 0, backoffMs: 0 } })),
      'step-malformed vm/db-1/place',
    ],
    ['a resource without slots', { ...plan, slots: {} }, 'step-malformed vm/db-1/sync'],
    [
      'an undo of nothing',
      withSteps(plan, 'overlay', (step) => ({ ...step, undoes: 'other' })),
      'step-malformed vm/db-1/undo-overlay',
    ],
    [
      'disks from nowhere',
      withInput(sound('drill'), 'define', { disksFrom: 'start' }),
      'step-malformed vm/db-1/define',
    ],
  ])('has no %s', (_case, broken, expected) => {
    expect(violations(broken).map(({ code, subject }) => `${code} ${subject}`)).toContain(expected);
  });
});
