import { describe, expect, it, test } from '@jest/globals';
import { backOffMs, dueAt, type ScheduledVm, schedule } from './schedule.js';

const now = 1_000_000;

/**
 * `'a 90 north-1'`: VM a, with a cycle every 60 s, whose data is 90 s old, on that host and the link; `seed` for an age has
 * none yet. A word behind it: `running`, `held`, or `failed-2-7` for two failures, the last of them 7 s ago.
 */
function vm(text: string): ScheduledVm {
  const [name = '', age = '', host = 'north-1', ...words] = text.split(' ');
  const [, failures = 0, ago = 0] =
    words
      .find((word) => word.startsWith('failed'))
      ?.split('-')
      .map(Number) ?? [];
  return {
    vm: name,
    everyMs: 60_000,
    uses: [`host/${host}`, 'link/north-south'],
    ...(age === 'seed' ? {} : { dataAsOf: now - Number(age) * 1_000 }),
    isRunning: words.includes('running'),
    isHeld: words.includes('held'),
    failures,
    ...(failures === 0 ? {} : { failedAt: now - ago * 1_000 }),
  };
}

const wide = { 'host/north-1': 9, 'host/north-2': 9, 'link/north-south': 9 };
const begun = (vms: readonly string[], slots: Readonly<Record<string, number>> = wide): string =>
  schedule(vms.map(vm), { slots }, now).start.join(' ');

describe('the schedule', () => {
  test.each([
    ['lets the oldest data go first', ['a 70', 'b 90', 'c 80'], 'b c a'],
    ['lets VMs wait for their time', ['a 59', 'b 60', 'c 61'], 'c b'],
    ['lets a VM without a point go first', ['a 90', 'b seed'], 'b a'],
    ['gives a VM one cycle at a time', ['a 90 north-1 running', 'b 70'], 'b'],
    ['leaves VMs on hold out', ['a 90 north-1 held', 'b 70'], 'b'],
    ['takes those of one age by their names', ['b 90', 'a 90'], 'a b'],
    ['lets one that failed wait', ['a 90 north-1 failed-1-4', 'b 70'], 'b'],
    ['lets it try again before its next time', ['a 20 north-1 failed-1-5'], 'a'],
    ['counts it from its failure', ['a 9000 north-1 failed-1-65', 'b 70'], 'b a'],
    ['lets a seed that failed stand in nobody’s way', ['a seed north-1 failed-1-65', 'b 70'], 'b a'],
  ])('%s', (_, vms, expected) => {
    expect(begun(vms)).toBe(expected);
  });

  test.each([
    ['keeps to the slots of a host', ['a 90', 'b 80', 'c 70 north-2'], { 'host/north-1': 1 }, 'a c'],
    ['keeps to the slots of a link', ['a 90', 'b 80 north-2', 'c 70'], { 'link/north-south': 2 }, 'a b'],
    ['counts what runs', ['a 90 north-1 running', 'b 80', 'c 70 north-2'], { 'host/north-1': 1 }, 'c'],
    [
      'keeps the places of the first that finds none',
      ['a 90 north-1 running', 'b 80', 'c 70 north-2'],
      { 'host/north-1': 1, 'link/north-south': 2 },
      '',
    ],
    [
      'keeps them for the first alone',
      ['a 90 north-1 running', 'b 80', 'c 75', 'd 70 north-2'],
      { 'host/north-1': 1, 'link/north-south': 3 },
      'd',
    ],
    ['leaves a slot to VMs that have a point', ['a seed', 'b seed', 'c 70'], { 'host/north-1': 2 }, 'a c'],
    ['lets a seed have the only slot', ['a seed', 'b 70'], { 'host/north-1': 1 }, 'a'],
  ])('%s', (_, vms, slots, expected) => {
    expect(begun(vms, slots)).toBe(expected);
  });

  it('says when to look again', () => {
    const { lookAt } = schedule(['a 20', 'b 50', 'c 90', 'd 59 x held'].map(vm), { slots: wide }, now);
    expect(lookAt).toBe(now + 10_000);
    expect(schedule([vm('a 90')], { slots: wide }, now)).toEqual({ start: ['a'] });
  });

  it('waits twice as long after each failure, up to a bound', () => {
    expect([1, 2, 3, 6, 7, 8, 5_000].map((failures) => backOffMs(failures) / 1_000)).toEqual([
      5, 10, 20, 160, 300, 300, 300,
    ]);
    expect(dueAt(vm('a seed north-1 failed-2-7'))).toBe(now + 3_000);
  });
});
