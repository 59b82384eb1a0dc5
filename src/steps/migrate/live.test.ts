import { describe, expect, it } from '@jest/globals';
import type { Failure } from '../../model/failure.js';
import type { MigrateInput } from '../../model/step-input.js';
import { leadsToRestart, liveLadder } from './live.js';

const input: MigrateInput = {
  vm: 'db-1',
  id: 'id-1',
  from: { site: 'north', host: 'north-1' },
  to: { site: 'south', host: 'south-1' },
  state: 'running',
  ladder: ['live', 'pause', 'restart'],
  maxDowntimeMs: 500,
  copyStorage: 'none',
};

describe('a ladder that ends in a restart', () => {
  it.each<[Failure['code'], Failure['kind'], boolean]>([
    ['migration-stalled', 'permanent', true],
    ['migration-refused', 'permanent', true],
    ['migration-refused', 'precondition', false],
    ['migration-aborted', 'transient', false],
    ['no-memory', 'permanent', false],
  ])('goes on after %s (%s): %s', (code, kind, expected) => {
    expect(leadsToRestart({ code, kind, message: '' }, input)).toBe(expected);
  });

  it('is gone on with only when it has that rung', () => {
    const failure: Failure = { code: 'migration-stalled', kind: 'permanent', message: '' };
    expect(leadsToRestart(failure, { ...input, ladder: ['live', 'pause'] })).toBe(false);
  });

  it('is live up to there', () => {
    expect(liveLadder(input)).toEqual(['live', 'pause']);
    expect(liveLadder({ ...input, ladder: ['restart'] })).toBeUndefined();
  });
});
