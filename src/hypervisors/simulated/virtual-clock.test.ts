import { describe, expect, it } from '@jest/globals';
import { sleep } from '../../model/clock.js';
import { VirtualClock } from './virtual-clock.js';

describe('VirtualClock', () => {
  it('lets events happen by their time, and those of one time in the order in which they were asked for', () => {
    const clock = new VirtualClock(1_000);
    const happened: string[] = [];
    clock.at(1_200, () => happened.push('c'));
    clock.at(1_100, () => happened.push('a'));
    clock.at(1_100, () => happened.push('b'));
    clock.at(0, () => happened.push('overdue'));
    while (clock.advance()) {
      happened.push(String(clock.now()));
    }
    expect(happened).toEqual(['overdue', '1000', 'a', '1100', 'b', '1100', 'c', '1200']);
  });

  it('keeps the order of many events of random times', () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    for (let index = 0; index < 2_000; index += 1) {
      const at = (index * 7_919) % 1_009;
      clock.at(at, () => seen.push(at));
    }
    while (clock.advance()) {
      // Everything that is due happens.
    }
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen).toHaveLength(2_000);
  });

  it('forgets a callback, also twice, and does not move to its time', () => {
    const clock = new VirtualClock(0);
    const forget = clock.at(500, () => {
      throw new Error('It was forgotten');
    });
    forget();
    forget();
    expect(clock.advance()).toBe(false);
    expect(clock.now()).toBe(0);
  });

  it('gives everybody their turn before time moves on', async () => {
    const clock = new VirtualClock(0);
    const log: string[] = [];
    const work = async (name: string): Promise<void> => {
      for (let turn = 1; turn <= 3; turn += 1) {
        await sleep(clock, 10);
        await Promise.resolve();
        log.push(`${name}${turn}@${clock.now()}`);
      }
    };
    const all = Promise.all([work('a'), work('b')]);
    clock.at(15, () => log.push('@15'));
    expect(await clock.run({ until: all })).toBe('reached');
    expect(log).toEqual(['a1@10', 'b1@10', '@15', 'a2@20', 'b2@20', 'a3@30', 'b3@30']);
  });

  it('does not move while somebody outside is busy', async () => {
    const clock = new VirtualClock(0);
    let looks = 0;
    clock.at(10, () => undefined);
    await clock.run({ isQuiet: () => (clock.now() === 0 ? (looks += 1) > 5 : true) });
    expect(looks).toBeGreaterThan(5);
    expect(clock.now()).toBe(10);
  });

  it('stops at a time, at a condition, at a limit, and when nothing is due', async () => {
    const clock = new VirtualClock(0);
    const tick = (): void => {
      clock.at(clock.now() + 100, tick);
    };
    tick();
    expect(await clock.run({ until: 250 })).toBe('reached');
    expect(clock.now()).toBe(250);
    expect(await clock.run({ until: () => clock.now() >= 500 })).toBe('reached');
    expect(clock.now()).toBe(500);
    expect(await clock.run({ until: new Promise(() => undefined), limitAt: 950 })).toBe('limit');
    expect(clock.now()).toBe(950);
    expect(await new VirtualClock(0).run({ until: new Promise(() => undefined) })).toBe('idle');
  });

  it('lets a rejection count as settled and leaves it to its owner', async () => {
    const clock = new VirtualClock(0);
    const lost = sleep(clock, 5).then(() => {
      throw new Error('lost');
    });
    expect(await clock.run({ until: lost })).toBe('reached');
    await expect(lost).rejects.toThrow('lost');
  });

  it('can be watched: virtual time then moves on in between events too', async () => {
    const clock = new VirtualClock(0);
    const seen: number[] = [];
    clock.at(100_000, () => seen.push(clock.now()));
    const look = (): boolean => {
      seen.push(clock.now());
      return clock.now() >= 100_000;
    };
    expect(await clock.run({ until: look, speed: 1_000_000 })).toBe('reached');
    expect(seen.at(-1)).toBe(100_000);
  });

  it('drops the callbacks of callers that are gone and keeps the events of the world', () => {
    const clock = new VirtualClock(0);
    clock.at(1, () => {
      throw new Error('Its caller is gone');
    });
    clock.schedule(2, { event: 'cycle-due', copy: 'x' });
    clock.forgetCallers();
    expect(clock.scheduled()).toEqual([{ at: 2, event: { event: 'cycle-due', copy: 'x' } }]);
    clock.advance();
    expect(clock.now()).toBe(2);
  });
});
