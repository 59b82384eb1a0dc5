import { describe, expect, it } from '@jest/globals';
import type { MigrationState } from '../../hypervisors/hypervisor.js';
import type { MigrateInput } from '../../model/step-input.js';
import { judge } from './verdict.js';

const input: MigrateInput = {
  vm: 'db-1',
  id: 'id-1',
  from: { site: 'north', host: 'north-1' },
  to: { site: 'south', host: 'south-1' },
  state: 'running',
  ladder: ['live'],
  maxDowntimeMs: 500,
  copyStorage: 'none',
};

describe('judge', () => {
  it.each<[MigrationState['source'], MigrationState['target'], boolean, string]>([
    [undefined, 'running', false, 'moved'],
    ['shut-off', 'running', false, 'moved'],
    ['running', undefined, false, 'at-source'],
    ['running', 'shut-off', false, 'at-source'],
    ['running', 'paused', true, 'under-way'],
    ['paused', 'running', true, 'under-way'],
    ['running', 'unreachable', false, 'unreachable'],
    ['unreachable', 'running', false, 'unreachable'],
    ['running', 'running', false, 'vm-running-twice'],
    ['paused', 'paused', false, 'vm-paused-on-both'],
    [undefined, undefined, false, 'vm-gone-from-both'],
    ['running', 'paused', false, 'migration-unclear'],
    ['paused', 'running', false, 'migration-unclear'],
    ['paused', undefined, false, 'migration-unclear'],
  ])('with %s at the source and %s at the target (under way: %s) says %s', (source, target, isUnderWay, expected) => {
    const seen = judge(input, { source, target, isUnderWay });
    expect(seen.verdict === 'contradictory' ? seen.code : seen.verdict).toBe(expected);
  });

  it('names both places in its evidence', () => {
    const { evidence } = judge(input, { source: 'running', target: undefined, isUnderWay: false });
    expect(evidence).toBe('db-1 is running on north/north-1 and absent on south/south-1');
  });
});
