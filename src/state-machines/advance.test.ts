import { describe, expect, it } from '@jest/globals';
import type { Entry, EntryBody } from '../model/entry.js';
import type { Failure } from '../model/failure.js';
import type { Intent } from '../model/intent.js';
import type { Lane, Plan, Stage, Step } from '../model/plan.js';
import { advance } from './advance.js';
import { type FoldedRun, newRunState } from './fold.js';
import { freezeRun, thawRun } from './fold-cache.js';
import { waitsForOperator } from './offers.js';
import { owedNotices } from './owed-notices.js';
import { resultOf } from './result.js';

const transient: Failure = { code: 'host-unreachable', kind: 'transient', message: 'south-1 does not answer' };
const permanent: Failure = { code: 'no-space', kind: 'permanent', message: 'south-1 is full' };
const lost: Failure = { code: 'reply-lost', kind: 'outcome-unknown', message: 'the reply was lost' };

describe('notices', () => {
  const wanted = { ...planOf({ lanes: [lane('a', ['start'])] }), notify: ['started', 'failed', 'finished'] } as const;
  const told = (event: string): EntryBody => ({ type: 'notice.sent', event, to: 'ops' });
  const takenUp: EntryBody = { type: 'run.taken-up', reason: 'the engine ended' };

  it('are owed until their outcome is journalled, and asked for again by the next engine', () => {
    const run = begin(wanted);
    expect(owedNotices(run.state)).toEqual(['started']);
    run.start('a', 'start').fail('a', 'start', permanent);
    expect(owedNotices(run.state)).toEqual(['started', 'failed']);
    expect(run.apply(told('started')).apply(takenUp).told()).toEqual(['failed']);
    run.apply({ type: 'notice.failed', event: 'failed', failure: transient });
    expect(owedNotices(run.state)).toEqual([]);
  });

  it('are owed after the end too, and known again from a kept fold', () => {
    const run = begin(wanted).apply(told('started')).apply({ type: 'run.finished', result: 'succeeded' });
    expect(owedNotices(run.state)).toEqual(['finished']);
    const planned = { type: 'run.planned', plan: wanted, seq: 2, at: 2, author: 'test' } as const;
    const thawed = thawRun(
      freezeRun(run.state),
      Array.from({ length: run.state.seq }, () => planned),
    );
    expect(thawed === undefined ? [] : owedNotices(thawed)).toEqual(['finished']);
  });

  it('that the runbook does not want are not owed', () => {
    expect(owedNotices(begin(planOf({ lanes: [lane('a', ['start'])] })).state)).toEqual([]);
  });
});

describe('a lane', () => {
  it('does its steps one after the other and then ends the run', () => {
    const run = begin(planOf({ lanes: [lane('a', ['check', 'start'])] }));
    expect(run.asked()).toEqual(['start a/check 1']);
    run.start('a', 'check').succeed('a', 'check');
    expect(run.asked()).toEqual(['start a/start 1']);
    run.start('a', 'start').succeed('a', 'start');
    expect(run.asked()).toEqual(['finish']);
    expect(resultOf(run.state)).toBe('succeeded');
  });

  it('tries a transient failure again after a pause that doubles, as often as the plan allows', () => {
    const run = begin(planOf({ lanes: [lane('a', ['start'])] }));
    run.start('a', 'start').fail('a', 'start', transient);
    expect(run.lane('a')).toMatchObject({ activity: 'backoff', dueAt: run.at + 2_000 });
    run.time('a', 2_000).start('a', 'start', 2).fail('a', 'start', transient);
    expect(run.lane('a')).toMatchObject({ activity: 'backoff', dueAt: run.at + 4_000 });
    run.time('a', 4_000).start('a', 'start', 3).fail('a', 'start', transient);
    expect(run.lane('a')).toMatchObject({ status: 'failed', failure: transient });
  });

  it('looks at the world when an outcome is not known, and goes on by what it sees', () => {
    for (const [verdict, expected] of [
      ['done', { status: 'succeeded' }],
      ['not-started', { activity: 'due', attempt: 1 }],
      ['in-progress', { activity: 'due' }],
      ['contradictory', { activity: 'held', waitsFor: 'seen' }],
    ] as const) {
      const run = begin(planOf({ lanes: [lane('a', ['start'])] }));
      run.start('a', 'start').fail('a', 'start', lost);
      expect(run.asked()).toContain('look a/start');
      run.apply({ type: 'step.observed', lane: 'a', step: 'start', observation: { verdict, evidence: 'seen' } });
      expect(run.lane('a')).toMatchObject(expected);
    }
  });

  it('is taken up after a crash by looking first, and attaches to what is under way without a new attempt', () => {
    const run = begin(planOf({ lanes: [lane('a', ['migrate'])] }));
    run.start('a', 'migrate').apply({ type: 'run.taken-up', reason: 'the engine ended' });
    expect(run.asked()).toEqual(['look a/migrate']);
    run.apply({
      type: 'step.observed',
      lane: 'a',
      step: 'migrate',
      observation: { verdict: 'in-progress', evidence: 'it runs' },
    });
    expect(run.asked()).toEqual(['attach a/migrate 1']);
  });

  it('knows how the attempt before has ended when that was told, and nothing of one that a crash cut short', () => {
    const run = begin(planOf({ lanes: [{ ...lane('a', ['migrate']), recovery: [step('migrate', 'undo')] }] }));
    run.start('a', 'migrate').fail('a', 'migrate', transient).time('a', 2_000).start('a', 'migrate', 2);
    expect(run.lane('a')).toMatchObject({ toldBefore: transient });
    run.apply({ type: 'run.taken-up', reason: 'the engine ended' });
    const observation = { verdict: 'not-started', evidence: 'seen' } as const;
    run.apply({ type: 'step.observed', lane: 'a', step: 'migrate', observation }).start('a', 'migrate', 3);
    expect(run.lane('a')).not.toHaveProperty('toldBefore');
    run.fail('a', 'migrate', permanent).start('a', 'undo-migrate');
    expect(run.lane('a')).toMatchObject({ isRecovering: true, toldBefore: permanent });
  });

  it('asks a step to stop when its time is over, and looks before it tries again', () => {
    const run = begin(planOf({ lanes: [lane('a', ['start'])] }));
    run.start('a', 'start').time('a', 60_000);
    expect(run.asked()).toContain('stop a/start timeout');
    run.fail('a', 'start', { ...lost, code: 'timed-out' });
    expect(run.asked()).toContain('look a/start');
  });

  it('does its recovery when it fails after it began, and then has failed', () => {
    const run = begin(
      planOf({ lanes: [{ ...lane('a', ['overlay', 'migrate']), recovery: [step('overlay', 'undo')] }] }),
    );
    run.start('a', 'overlay').succeed('a', 'overlay').start('a', 'migrate').fail('a', 'migrate', permanent);
    expect(run.lane('a')).toMatchObject({ status: 'recovering', isRecovering: true, step: 0 });
    run.start('a', 'undo-overlay').succeed('a', 'undo-overlay');
    expect(run.lane('a')).toMatchObject({ status: 'failed', failure: permanent });
  });

  it('is blocked when a lane that it comes after did not succeed', () => {
    const stages = [
      stage('one', [lane('db', ['start'])]),
      stage('two', [{ ...lane('web', ['start']), after: ['db'] }]),
    ];
    const run = begin({ ...planOf({ lanes: [] }), stages });
    run.start('db', 'start').fail('db', 'start', permanent);
    expect(run.lane('web')).toMatchObject({ status: 'blocked', waitsFor: expect.stringContaining('db') });
    expect(resultOf(run.state)).toBe('failed');
  });

  it('waits for a person where the plan says so, and takes their moves', () => {
    const asks = { ...step('start'), onFailure: 'ask' as const };
    for (const [move, expected] of [
      ['retry', { activity: 'unknown' }],
      ['skip', { status: 'succeeded' }],
      ['abandon', { status: 'failed', failure: permanent }],
    ] as const) {
      const run = begin(planOf({ lanes: [{ ...lane('a', []), steps: [asks] }] }));
      run.start('a', 'start').fail('a', 'start', permanent);
      expect(run.lane('a')).toMatchObject({ activity: 'held', offers: ['retry', 'skip', 'abandon'] });
      run.apply({ type: 'operator.moved', move: { move }, reason: 'test' });
      expect(run.lane('a')).toMatchObject(expected);
    }
  });
});

describe('an approval', () => {
  const approve = { ...step('approve'), input: { from: ['dba'] }, onFailure: 'ask' as const };
  const answer = (run: ReturnType<typeof begin>) =>
    run.apply({ type: 'operator.moved', move: { move: 'approve' }, reason: 'test' });

  it('is answered by those alone whom it names', () => {
    const run = begin(planOf({ lanes: [{ ...lane('a', []), steps: [approve] }] }));
    run.start('a', 'approve').fail('a', 'approve', permanent);
    expect(answer(run).lane('a').activity).toBe('held');
    const open = begin(planOf({ lanes: [{ ...lane('a', []), steps: [{ ...approve, input: { from: [] } }] }] }));
    open.start('a', 'approve').fail('a', 'approve', permanent);
    expect(answer(open).lane('a')).toMatchObject({ status: 'succeeded', outputs: { approve: { by: 'test' } } });
  });

  it('waits for nobody any more once it has its answer', () => {
    const run = begin(planOf({ lanes: [{ ...lane('a', []), steps: [{ ...approve, input: { from: ['test'] } }] }] }));
    run.start('a', 'approve');
    expect(waitsForOperator(run.state)).toBe(true);
    answer(run);
    expect(waitsForOperator(run.state)).toBe(false);
    expect(run.lane('a').offers).toEqual([]);
  });
});

describe('a run', () => {
  it('starts no more steps than there are slots, in the order of the plan', () => {
    const uses = ['host/south-1'];
    const lanes = ['a', 'b', 'c'].map((name) => ({ ...lane(name, []), steps: [{ ...step('start'), uses }] }));
    const run = begin({ ...planOf({ lanes }), slots: { 'host/south-1': 2 } });
    expect(run.asked()).toEqual(['start a/start 1', 'start b/start 1']);
    run.start('a', 'start').start('b', 'start').succeed('b', 'start');
    expect(run.asked()).toEqual(['start c/start 1']);
  });

  it('lets nothing else into the slots of a step that is under way and about to be followed', () => {
    const uses = ['link/north-south'];
    const lanes = ['a', 'b'].map((name) => ({ ...lane(name, []), steps: [{ ...step('migrate'), uses }] }));
    const run = begin({ ...planOf({ lanes }), slots: { 'link/north-south': 1 } });
    run.start('a', 'migrate').apply({ type: 'run.taken-up', reason: 'the engine ended' });
    const observation = { verdict: 'in-progress', evidence: 'it runs' } as const;
    run.apply({ type: 'step.observed', lane: 'a', step: 'migrate', observation });
    expect(run.asked()).toEqual(['attach a/migrate 1']);
    run.start('a', 'migrate').succeed('a', 'migrate');
    expect(run.asked()).toEqual(['start b/migrate 1']);
  });

  it('starts nothing while it is paused', () => {
    const run = begin(planOf({ lanes: [lane('a', ['check', 'start'])] }));
    run.start('a', 'check').apply({ type: 'operator.moved', move: { move: 'pause' }, reason: 'lunch' });
    run.succeed('a', 'check');
    expect(run.state.phase).toBe('paused');
    expect(run.asked()).toEqual([]);
    run.apply({ type: 'operator.moved', move: { move: 'resume' }, reason: 'back' });
    expect(run.asked()).toEqual(['start a/start 1']);
  });

  it('stops at the first failure when the plan says so: what has not begun never begins', () => {
    const uses = ['run'];
    const lanes = ['a', 'b'].map((name) => ({ ...lane(name, []), steps: [{ ...step('migrate'), uses }] }));
    const run = begin({ ...planOf({ lanes }), slots: { run: 1 }, onLaneFailure: 'stop' });
    run.start('a', 'migrate').fail('a', 'migrate', permanent);
    expect(run.lane('b').status).toBe('cancelled');
    expect(run.asked()).toContain('finish');
    expect(resultOf(run.state)).toBe('failed');
  });

  it('does the stages that run always also after a cancel', () => {
    const stages = [
      stage('one', [lane('a', ['start'])]),
      stage('two', [lane('b', ['start'])]),
      { ...stage('clean-up', [lane('c', ['cleanup'])]), isAlways: true },
    ];
    const run = begin({ ...planOf({ lanes: [] }), stages });
    run.start('a', 'start').apply({ type: 'operator.moved', move: { move: 'cancel' }, reason: 'enough' });
    expect(run.asked()).toContain('stop a/start cancel');
    run.fail('a', 'start', { ...permanent, code: 'cancelled' });
    expect(run.lane('b').status).toBe('waiting');
    expect(run.asked()).toContain('start c/cleanup 1');
    run.start('c', 'cleanup').succeed('c', 'cleanup');
    expect(resultOf(run.state)).toBe('cancelled');
  });

  it('lets an attested death take the place of a fence', () => {
    const fence = { ...step('fence'), input: { host: 'north-1' }, onFailure: 'ask' as const, isSkippable: false };
    const run = begin(planOf({ lanes: [{ ...lane('host/north-1', []), steps: [fence] }] }));
    run.start('host/north-1', 'fence').fail('host/north-1', 'fence', permanent);
    expect(run.lane('host/north-1').offers).toEqual(['retry', 'abandon', 'attest']);
    const proof = { kind: 'attested', host: 'north-1', by: 'ann', reason: 'saw it burn', at: run.at } as const;
    run.apply({ type: 'death.proven', host: 'north-1', proof });
    expect(run.lane('host/north-1')).toMatchObject({ status: 'succeeded', outputs: { fence: { proof } } });
  });

  it('leaves the state it began with as it was', () => {
    const run = begin(planOf({ lanes: [lane('a', ['check', 'start']), lane('b', ['check'])] }));
    const before = run.state;
    const text = JSON.stringify([before.lanes, before.machines?.due, before.machines?.used]);
    run.start('a', 'check').start('b', 'check').succeed('a', 'check');
    expect(JSON.stringify([before.lanes, before.machines?.due, before.machines?.used])).toBe(text);
  });
});

function begin(plan: Plan) {
  let state: FoldedRun = newRunState('run-1');
  let intents: readonly Intent[] = [];
  const run = {
    at: 1_000,
    get state() {
      return state;
    },
    apply(body: EntryBody, afterMs = 10) {
      run.at += afterMs;
      const entry = { ...body, seq: state.seq + 1, at: run.at, author: 'test' } as Entry;
      ({ state, intents } = advance(state, [entry]));
      return run;
    },
    start: (laneId: string, stepId: string, attempt = 1) =>
      run.apply({ type: 'step.started', lane: laneId, step: stepId, attempt, deadlineAt: run.at + 60_000 }),
    succeed: (laneId: string, stepId: string) =>
      run.apply({ type: 'step.succeeded', lane: laneId, step: stepId, output: {} }),
    fail: (laneId: string, stepId: string, failure: Failure) =>
      run.apply({ type: 'step.failed', lane: laneId, step: stepId, failure }),
    time: (timer: string, afterMs: number) => run.apply({ type: 'timer.fired', timer }, afterMs),
    lane: (id: string) => {
      const found = state.lanes.find((view) => view.lane === id);
      if (found === undefined) {
        throw new Error(`no lane ${id}`);
      }
      return found;
    },
    told: () => intents.flatMap((intent) => (intent.intent === 'notify' ? [intent.event] : [])),
    asked: () => intents.filter(({ intent }) => !['notify', 'set-timer', 'clear-timer'].includes(intent)).map(words),
  };
  run.apply({ type: 'run.requested', runbook: plan.runbook, request: plan.request });
  run.apply({ type: 'run.planned', plan });
  return run.apply({ type: 'run.started' });
}

function words(intent: Intent): string {
  switch (intent.intent) {
    case 'start-step':
      return `${intent.isAttached ? 'attach' : 'start'} ${intent.lane}/${intent.step} ${intent.attempt}`;
    case 'cancel-step':
      return `stop ${intent.lane}/${intent.step} ${intent.reason}`;
    case 'observe-step':
      return `look ${intent.lane}/${intent.step}`;
    case 'finish-run':
      return 'finish';
    default:
      return intent.intent;
  }
}

function planOf({ lanes }: { readonly lanes: readonly Lane[] }): Plan {
  return {
    version: 1,
    runbook: 'payroll',
    mode: 'failover',
    request: { mode: 'failover', by: 'ann', at: 0 },
    madeAt: 0,
    digests: { runbook: '', estate: '', inventory: '' },
    stages: [stage('one', lanes)],
    skipped: [],
    findings: [],
    slots: {},
    onLaneFailure: 'continue',
    authority: [],
    objectives: {},
    estimates: { durationMs: 0, bytes: 0, vms: [] },
  };
}

function stage(id: string, lanes: readonly Lane[]): Stage {
  return { id, title: id, isAlways: false, lanes };
}

function lane(id: string, kinds: readonly Step['kind'][]): Lane {
  return {
    id,
    subject: { kind: 'vm', name: id },
    title: id,
    after: [],
    steps: kinds.map((kind) => step(kind)),
    recovery: [],
  };
}

function step(kind: Step['kind'], action: Step['action'] = 'run'): Step {
  return {
    id: action === 'run' ? kind : `undo-${kind}`,
    kind,
    action,
    title: kind,
    input: {},
    retry: { attempts: 3, backoffMs: 2_000 },
    timeoutMs: 60_000,
    onFailure: 'fail',
    isSkippable: true,
    uses: [],
  };
}
