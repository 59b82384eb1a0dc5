import { describe, expect, it } from '@jest/globals';
import type { ApproveInput } from '../../model/runbook.js';
import type { ReceivedMove } from '../step-type.js';
import { answerOf } from './answer.js';

const input: ApproveInput = { from: ['dba'], withinMs: 100, otherwise: 'stop' };
const move = (name: 'approve' | 'reject' | 'pause', by: string, at = 50): ReceivedMove => ({
  move: { move: name },
  by,
  at,
  reason: '',
});

describe('answerOf', () => {
  it('counts only those whom the runbook names', () => {
    expect(answerOf(input, [move('approve', 'eve')], 100)).toBeUndefined();
    expect(answerOf(input, [move('approve', 'eve'), move('approve', 'dba')], 100)?.by).toBe('dba');
  });

  it('counts anyone when the runbook names nobody', () => {
    expect(answerOf({ ...input, from: [] }, [move('reject', 'eve')], 100)?.move.move).toBe('reject');
  });

  it('counts no other moves', () => {
    expect(answerOf(input, [move('pause', 'dba')], 100)).toBeUndefined();
  });

  it('lets a person change their mind', () => {
    expect(answerOf(input, [move('reject', 'dba'), move('approve', 'dba')], 100)?.move.move).toBe('approve');
  });

  it('counts an answer after the time only where the run waits for it', () => {
    expect(answerOf(input, [move('approve', 'dba', 101)], 100)).toBeUndefined();
    expect(answerOf({ ...input, otherwise: 'pause' }, [move('approve', 'dba', 101)], 100)?.by).toBe('dba');
  });
});
