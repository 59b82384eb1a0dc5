import { describe, expect, it } from '@jest/globals';
import type { ApproveInput } from '../../src/model/runbook.js';
import { db, failover, south1, step } from './step-cases.js';
import { laneAfter, type StepLane } from './step-lane.js';

describe('an approval', () => {
  const approve = (parts: Partial<ApproveInput> = {}) =>
    step('approve', { from: ['dba'], withinMs: 60_000, otherwise: 'stop', ...parts });
  const later = (lane: StepLane, ms: number, act: () => void) => lane.world.clock.at(lane.world.clock.now() + ms, act);

  it('goes on as soon as somebody who may has approved', async () => {
    const lane = await laneAfter('whole', []);
    later(lane, 5_000, () => lane.move('approve', 'dba'));
    expect(await lane.run(approve())).toMatchObject({ value: { answer: 'approved', by: 'dba' } });
    expect(await lane.observe(approve())).toMatchObject({ value: { verdict: 'done', output: { by: 'dba' } } });
  });

  it('says who may approve, and that another may not', async () => {
    const lane = await laneAfter('whole', []);
    later(lane, 5_000, () => lane.move('approve', 'eve'));
    expect(await lane.run(approve())).toMatchObject({ failure: { code: 'not-approved', kind: 'permanent' } });
    expect(lane.texts).toEqual([
      'Waiting for approval by dba',
      'eve may not approve this; still waiting for approval by dba',
    ]);
    expect(await lane.observe(approve())).toMatchObject({ value: { verdict: 'not-started' } });
  });

  it('takes an answer that came while nobody was listening', async () => {
    const lane = await laneAfter('whole', []);
    lane.move('approve', 'anyone');
    expect(await lane.run(approve({ from: [] }))).toMatchObject({ value: { by: 'anyone' } });
  });

  it('stops at a rejection', async () => {
    const lane = await laneAfter('whole', []);
    later(lane, 5_000, () => lane.move('reject', 'dba'));
    expect(await lane.run(approve({ otherwise: 'continue' }))).toMatchObject({
      failure: { code: 'not-approved', message: 'dba has rejected it' },
    });
  });

  it.each<[ApproveInput['otherwise'], object]>([
    ['continue', { value: { answer: 'nobody' } }],
    ['stop', { failure: { code: 'not-approved', message: 'nobody has approved within 1m' } }],
    ['pause', { failure: { code: 'not-approved', hint: 'approve it and retry, or cancel the run' } }],
  ])('that nobody answers ends as the runbook says: %s', async (otherwise, ended) => {
    const lane = await laneAfter('whole', []);
    const beganAt = lane.world.clock.now();
    expect(await lane.run(approve({ otherwise }))).toMatchObject(ended);
    expect(lane.world.clock.now() - beganAt).toBe(60_000);
  });

  it('counts its time from the first attempt, also after a crash', async () => {
    const lane = await laneAfter('whole', []);
    const beganAt = lane.world.clock.now();
    const heir = await lane.runAndDie(approve(), 40_000);
    await heir.run(approve());
    expect(heir.world.clock.now() - beganAt).toBe(60_000);
  });
});

describe('a command', () => {
  const command = step('run', { on: 'controller', command: ['./freeze.sh', 'now'], repeatable: false });

  it('is run once, with its words as they are', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(command)).toEqual({ value: { exitCode: 0, stdout: '', stderr: '' } });
    expect(lane.world.audit().effects).toMatchObject([{ kind: 'command', detail: './freeze.sh now' }]);
  });

  it('fails by its status', async () => {
    const fails = { kind: 'command-fails', argv: ['./freeze.sh'], exitCode: 3 } as const;
    const lane = await laneAfter('whole', [], [{ at: 0, fault: fails }]);
    expect(await lane.run(command)).toMatchObject({
      failure: {
        code: 'command-failed',
        kind: 'permanent',
        message: './freeze.sh now ended with status 3 on controller',
      },
    });
  });

  it('waits for a person when nobody can tell whether it ran, unless it may be repeated', async () => {
    const lost = { onCall: { port: 'shell', method: 'run', nth: 1 }, fault: { kind: 'reply-lost' } } as const;
    const lane = await laneAfter('whole', [], [lost]);
    expect(await lane.run(command)).toMatchObject({ failure: { kind: 'outcome-unknown' } });
    expect(await lane.observe(command)).toMatchObject({ value: { verdict: 'contradictory' } });
    const repeatable = { ...command, input: { ...command.input, repeatable: true } };
    expect(await lane.observe(repeatable)).toMatchObject({ value: { verdict: 'not-started' } });
  });

  it('finds a host that the estate does not have', async () => {
    const lane = await laneAfter('whole', []);
    const elsewhere = step('run', { on: 'west-1', command: ['true'], repeatable: false });
    expect(await lane.check(elsewhere)).toMatchObject({ value: [{ code: 'host-not-found', severity: 'blocker' }] });
  });
});

describe('a message', () => {
  const notify = step('notify', { message: 'About to move' });

  it('is sent', async () => {
    const lane = await laneAfter('whole', []);
    expect(await lane.run(notify)).toEqual({ value: { message: 'About to move' } });
    expect(lane.world.audit().effects).toMatchObject([{ kind: 'notice' }]);
  });

  it('may be tried again when the mail server refuses it', async () => {
    const refused = { onCall: { port: 'notifier', method: 'send', nth: 1 }, fault: { kind: 'call-refused' } } as const;
    const lane = await laneAfter('whole', [], [refused]);
    expect(await lane.run(notify)).toMatchObject({ failure: { code: 'notice-not-sent', kind: 'transient' } });
  });
});

describe('a ready check', () => {
  const ready = step('ready', { ...db, at: south1, check: { probe: 'tcp', port: 5432, withinMs: 60_000 } });

  it('asks again until the VM answers, and says what came back last', async () => {
    const lane = await laneAfter('north-lost', failover);
    expect(await lane.run(ready)).toMatchObject({ value: { detail: 'db-1 accepts connections on port 5432' } });
    expect(lane.texts[0]).toBe('db-1, port 5432: db-1 has not booted');
  });

  it('goes on asking a VM that does not boot until it is aborted', async () => {
    const lane = await laneAfter('north-lost', failover, [{ at: 0, fault: { kind: 'boot-fails', vm: db.vm } }]);
    expect(await lane.run(ready, { abortAfterMs: 60_000 })).toMatchObject({ failure: { code: 'timed-out' } });
    expect(await lane.observe(ready)).toMatchObject({ value: { verdict: 'not-started' } });
  });
});

describe('a cordon', () => {
  it('is taken off by its undo, also twice', async () => {
    const cordon = step('cordon', { host: 'north-1' });
    const lane = await laneAfter('whole', [cordon]);
    expect(await lane.undo(cordon)).toHaveProperty('value');
    expect(await lane.undo(cordon)).toHaveProperty('value');
    expect(await lane.observe(cordon)).toMatchObject({ value: { verdict: 'not-started' } });
    expect(lane.world.audit().effects.map(({ detail }) => detail)).toEqual(['on', 'off']);
  });
});
