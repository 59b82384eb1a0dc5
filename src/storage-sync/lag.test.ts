import { describe, expect, it, test } from '@jest/globals';
import { lagOf, type ReplicationFacts, stateWords } from './lag.js';

const now = 1_000_000;
const rpoMs = 30_000;
const old = (ageMs: number): number => now - ageMs;

describe('the lag of a VM', () => {
  test.each<[string, ReplicationFacts, string]>([
    ['seeds', { activity: 'seeding' }, 'seeding, nothing to recover from'],
    ['has been told to sync and has no point yet', { activity: 'syncing' }, 'seeding, nothing to recover from'],
    ['is fresh', { activity: 'syncing', dataAsOf: old(20_000) }, 'meeting RPO, 20000'],
    ['is just in time', { activity: 'syncing', dataAsOf: old(30_000) }, 'meeting RPO, 30000'],
    ['is late', { activity: 'syncing', dataAsOf: old(30_001) }, 'RPO missed, 30001'],
    ['has a clock ahead of ours', { activity: 'syncing', dataAsOf: old(-50) }, 'meeting RPO, 0'],
    ['is mirrored', { activity: 'mirroring', dataAsOf: old(90_000) }, 'meeting RPO, 0'],
    ['resyncs', { activity: 'resyncing', dataAsOf: old(90_000) }, 'resyncing, 90000'],
    ['is broken', { activity: 'broken', dataAsOf: old(90_000) }, 'broken, 90000'],
    [
      'has a raw disk',
      { activity: 'syncing', needs: 'disk vda is raw' },
      'needs configuration, nothing to recover from',
    ],
    [
      'has lost its source some time ago',
      { activity: 'broken', dataAsOf: old(90_000), sourceLostAt: old(60_000) },
      'recovery possible (source lost), 30000',
    ],
    [
      'has lost its source under a mirror',
      { activity: 'mirroring', sourceLostAt: old(60_000) },
      'recovery possible (source lost), 0',
    ],
    [
      'has lost its source before the seed was complete',
      { activity: 'seeding', sourceLostAt: old(1) },
      'broken, nothing to recover from',
    ],
  ])('that %s', (_, facts, expected) => {
    const { state, ageMs } = lagOf(facts, rpoMs, now);
    expect(`${stateWords[state]}, ${ageMs ?? 'nothing to recover from'}`).toBe(expected);
  });

  it('misses no objective that it does not have', () => {
    expect(lagOf({ activity: 'syncing', dataAsOf: 0 }, undefined, now)).toEqual({ state: 'meeting-rpo', ageMs: now });
  });
});
