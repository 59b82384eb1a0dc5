import { describe, expect, it } from '@jest/globals';
import type { DiskCopy } from '../../../hypervisors/mirrors.js';
import { isOneMoment, type MirrorFacts, standingOf } from './standing.js';

const record = { instance: '7-1', address: '10.77.2.11', port: 10_815, prefix: 'a1-', readyAt: 5 };
const { readyAt: _, ...begun } = record;
const copy = (target: string, parts: Partial<DiskCopy> = {}): DiskCopy => ({
  target,
  to: { address: record.address, port: record.port, name: `a1-${target}` },
  isReady: true,
  doneBytes: 1,
  totalBytes: 1,
  ...parts,
});
const disks = ['vda', 'vdb'];
const both = disks.map((target) => copy(target));
const facts: MirrorFacts = { record, instance: '7-1', disks, copies: both };

describe('a mirror', () => {
  it.each<[string, Partial<MirrorFacts>, string]>([
    ['is whole when it is ready, known to be, and unbroken', {}, 'whole'],
    ['is none without a record, whatever else is copied', { record: undefined }, 'none'],
    ['is ready before that is known', { record: begun }, 'ready'],
    [
      'is copying until all disks are ready',
      { record: begun, copies: [copy('vda'), copy('vdb', { isReady: false })] },
      'copying',
    ],
    ['is broken when a disk has no copy any more', { copies: [copy('vda')] }, 'broken'],
    ['is broken when the VM has got another disk', { disks: [...disks, 'vdc'] }, 'broken'],
    ['is broken when the daemon is another one', { instance: '8-1' }, 'broken'],
    ['is broken when no daemon runs', { instance: undefined }, 'broken'],
    [
      'is broken when one that was ready is ending',
      { copies: [copy('vda'), copy('vdb', { isReady: false })] },
      'broken',
    ],
    ['is broken when the copies go elsewhere', { record: { ...record, prefix: 'b2-' } }, 'broken'],
    ['is broken when the copies go to another port', { record: { ...record, port: 1 } }, 'broken'],
    ['is broken when the VM is shut off', { copies: [] }, 'broken'],
  ])('%s', (_case, parts, standing) => {
    expect(standingOf({ ...facts, ...parts })).toBe(standing);
  });

  it('is of one moment until it breaks, and afterwards when it has one disk or was cut at once', () => {
    const single = { ...facts, disks: ['vda'] };
    const whole = { standing: 'whole', wasCutAtOnce: false } as const;
    const broken = { standing: 'broken', wasCutAtOnce: false } as const;
    const cut = { standing: 'broken', wasCutAtOnce: true } as const;
    expect([whole, broken, cut].map((how) => isOneMoment(facts, how))).toEqual([true, false, true]);
    expect(isOneMoment(single, broken)).toBe(true);
    for (const other of [{ record: begun }, { instance: '8-1' }, { instance: undefined }, { record: undefined }]) {
      for (const how of [whole, broken, cut]) expect(isOneMoment({ ...single, ...other }, how)).toBe(false);
    }
  });
});
