import { describe, expect, it } from '@jest/globals';
import { lost, refused, step } from '../../test/reports/journals.js';
import { migrate, relocation, stepOf, vmOf } from '../../test/reports/moves.js';
import { told } from '../../test/reports/script.js';
import type { Entry } from '../model/entry.js';
import { reportOf } from './report-of.js';

describe('an open run', () => {
  const moving = relocation([step('check', 'Check db-1', { onFailure: 'ask' }), migrate]);
  const waiting = told(moving, ({ start, fail }) => {
    start(2, 'vm/db-1', 'check');
    fail(3, 'vm/db-1', 'check', refused);
  });

  it('waits for an operator where the plan asks', () => {
    expect(reportOf('run-1', waiting)).toMatchObject({
      standing: { result: 'open', activity: 'waiting' },
      verdict:
        'The run waits for an operator (Check db-1: the replica of web-1 has no recovery point); 0 of 1 VM was moved so far.',
    });
  });

  it('is called interrupted only by a caller that knows of no engine', () => {
    const entries = told(moving, ({ start }) => start(2, 'vm/db-1', 'check'));
    expect(reportOf('run-1', entries).standing).toEqual({ result: 'open', activity: 'running' });
    expect(reportOf('run-1', entries, { hasEngine: false }).standing).toEqual({
      result: 'open',
      activity: 'interrupted',
    });
  });

  it('calls a step unknown from the take-up until somebody has looked', () => {
    const entries = told(moving, ({ start, add }) => {
      start(2, 'vm/db-1', 'check');
      add(60, { type: 'run.taken-up', reason: 'the engine ended' });
    });
    expect(stepOf(reportOf('run-1', entries), 'check')?.outcome).toBe('unknown');
  });

  it('calls a step unknown that was stopped and not yet looked at', () => {
    const entries = told(moving, ({ start, fail }) => {
      start(2, 'vm/db-1', 'check');
      fail(3, 'vm/db-1', 'check', { ...lost, code: 'timed-out', kind: 'outcome-unknown' });
    });
    expect(stepOf(reportOf('run-1', entries), 'check')?.outcome).toBe('unknown');
  });

  it('tries again what had not begun when the run was taken up, however many attempts it had', () => {
    const observation = { verdict: 'not-started', evidence: 'nothing was done' } as const;
    const entries = told(moving, ({ start, add }) => {
      start(2, 'vm/db-1', 'check');
      add(60, { type: 'run.taken-up', reason: 'the engine ended' });
      add(61, { type: 'step.observed', observation, lane: 'vm/db-1', step: 'check' });
    });
    expect(stepOf(reportOf('run-1', entries), 'check')?.outcome).toBe('retrying');
  });

  it('waits when ten looks at the world have failed, until an operator asks for more', () => {
    const tell = (retry: boolean) =>
      told(moving, ({ start, fail, add }) => {
        start(2, 'vm/db-1', 'check');
        add(60, { type: 'run.taken-up', reason: 'the engine ended' });
        Array.from({ length: 10 }, (_, look) => fail(61 + look, 'vm/db-1', 'check', lost));
        if (retry) {
          add(80, { type: 'operator.moved', move: { move: 'retry', lane: 'vm/db-1' }, reason: 'it is back' }, 'bob');
        }
      });
    expect(stepOf(reportOf('run-1', tell(false)), 'check')?.outcome).toBe('waiting');
    expect(stepOf(reportOf('run-1', tell(true)), 'check')?.outcome).toBe('unknown');
  });

  it('waits when what is seen contradicts itself', () => {
    const observation = { verdict: 'contradictory', evidence: 'db-1 runs on both hosts' } as const;
    const entries = told(moving, ({ pass, start, add }) => {
      pass(2, 'vm/db-1', 'check');
      start(4, 'vm/db-1', 'migrate');
      add(9, { type: 'step.observed', observation, lane: 'vm/db-1', step: 'migrate' });
    });
    expect(vmOf(reportOf('run-1', entries))).toMatchObject({
      outcome: 'waiting',
      because: 'Move db-1: db-1 runs on both hosts',
    });
  });

  it('says nothing of the plan before there is one', () => {
    const [requested] = waiting as [Entry];
    expect(reportOf('run-1', [requested]).verdict).toBe('The run was requested; no plan is in the journal.');
    expect(reportOf('run-1', []).evidence).toMatchObject({ entries: 0, headSeq: 0 });
  });
});
