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

  it.each<[MigrationState['source'], MigrationState['target'], string]>([
    ['shut-off', undefined, 'stopped-at-source'],
    ['shut-off', 'shut-off', 'stopped-at-source'],
    [undefined, 'shut-off', 'stopped-at-target'],
    [undefined, 'running', 'moved'],
    ['running', 'shut-off', 'at-source'],
    ['shut-off', 'paused', 'migration-unclear'],
    ['running', 'running', 'vm-running-twice'],
  ])('with a restart in the ladder, %s at the source and %s at the target says %s', (source, target, expected) => {
    const seen = judge({ ...input, ladder: ['live', 'restart'] }, { source, target, isUnderWay: false });
    expect(seen.verdict === 'contradictory' ? seen.code : seen.verdict).toBe(expected);
  });

  it.each<[MigrationState['source'], MigrationState['target'], string]>([
    ['shut-off', undefined, 'stopped-at-source'],
    ['shut-off', 'shut-off', 'stopped-at-source'],
    [undefined, 'shut-off', 'moved'],
    [undefined, 'running', 'moved'],
    ['running', undefined, 'at-source'],
    ['shut-off', 'running', 'migration-unclear'],
  ])('of a VM that was shut off, %s at the source and %s at the target says %s', (source, target, expected) => {
    const seen = judge({ ...input, state: 'shut-off', ladder: [] }, { source, target, isUnderWay: false });
    expect(seen.verdict === 'contradictory' ? seen.code : seen.verdict).toBe(expected);
  });

  it.each<[Partial<MigrationState>, string]>([
    [{ neverLeft: true }, 'at-source'],
    [{ neverLeft: false }, 'unreachable'],
    [{}, 'unreachable'],
    [{ neverLeft: true, source: 'paused' }, 'unreachable'],
    [{ neverLeft: true, isUnderWay: true }, 'under-way'],
  ])('with a target that cannot be asked and a source of which is known %j says %s', (known, expected) => {
    const seen = judge(input, { source: 'running', target: 'unreachable', isUnderWay: false, ...known });
    expect(seen.verdict).toBe(expected);
  });

  it.each<[MigrateInput['ladder'], boolean, string]>([
    [['live', 'restart'], true, 'stopped-at-source'],
    [['live', 'restart'], false, 'unreachable'],
    [['live'], true, 'unreachable'],
  ])(
    'of a VM shut off at its source, with a target that cannot be asked, ladder %j and proof %s, says %s',
    (ladder, neverLeft, expected) => {
      const state = { source: 'shut-off', target: 'unreachable', isUnderWay: false, neverLeft } as const;
      expect(judge({ ...input, ladder }, state).verdict).toBe(expected);
    },
  );

  it('names the proof that a VM never left', () => {
    const state = { source: 'running', target: 'unreachable', isUnderWay: false, neverLeft: true } as const;
    expect(judge(input, state).evidence).toBe(
      'db-1 is running on north/north-1 and unreachable on south/south-1, and no migration has ever stopped it where it runs',
    );
  });

  it('names both places in its evidence', () => {
    const { evidence } = judge(input, { source: 'running', target: undefined, isUnderWay: false });
    expect(evidence).toBe('db-1 is running on north/north-1 and absent on south/south-1');
  });
});
