import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../hypervisors/simulated/virtual-clock.js';
import { allOf, controllerOffset, LinkRate, type TransferRate } from './link-rate.js';

const never = new AbortController().signal;
const MB = 1_000_000;

/** Takes 1 MB after the other until `totalBytes`, and notes when each may go. */
async function transfer(rate: TransferRate, clock: VirtualClock, totalBytes: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let left = totalBytes; left > 0; left -= MB) {
    await rate.take(MB, never);
    times.push(clock.now());
  }
  return times;
}

describe('the rate of a link', () => {
  it('lets a transfer go without a promise when there is no limit', () => {
    expect(new LinkRate(new VirtualClock(0), () => ({})).join('a').take(MB, never)).toBeUndefined();
  });

  it('is kept by one transfer', async () => {
    const clock = new VirtualClock(0);
    const done = transfer(new LinkRate(clock, () => ({ bytesPerSecond: MB })).join('a'), clock, 11 * MB);
    await clock.run({ until: done });
    expect((await done).at(-1)).toBeGreaterThanOrEqual(10_000);
    expect((await done).at(-1)).toBeLessThan(10_100);
  });

  it('is shared evenly by two', async () => {
    const clock = new VirtualClock(0);
    const link = new LinkRate(clock, () => ({ bytesPerSecond: MB }));
    const both = Promise.all(['a', 'b'].map((name) => transfer(link.join(name), clock, 10 * MB)));
    await clock.run({ until: both });
    for (const times of await both) {
      expect(times.at(-1)).toBeGreaterThan(17_500);
    }
  });

  it('changes in the midst of a wait', async () => {
    const clock = new VirtualClock(0);
    const link = new LinkRate(clock, (at) =>
      at < 5_000 ? { bytesPerSecond: 1, until: 5_000 } : { bytesPerSecond: MB },
    );
    const done = transfer(link.join('a'), clock, 3 * MB);
    await clock.run({ until: done });
    const times = await done;
    expect(times[0]).toBeLessThan(1_100);
    expect(times[1]).toBeGreaterThan(5_000);
    expect(times[1]).toBeLessThan(6_100);
  });

  it('of nothing holds everything until it ends, and that of no limit lets everything go', async () => {
    const clock = new VirtualClock(0);
    const link = new LinkRate(clock, (at) => (at < 60_000 ? { bytesPerSecond: 0, until: 60_000 } : {}));
    const done = transfer(link.join('a'), clock, 9 * MB);
    await clock.run({ until: done });
    expect(new Set(await done)).toEqual(new Set([60_000]));
  });

  it('is kept together with another one: the lower of both counts', async () => {
    const clock = new VirtualClock(0);
    const rates = [{}, { bytesPerSecond: 2 * MB }, { bytesPerSecond: MB }].map(
      (rate) => new LinkRate(clock, () => rate),
    );
    const done = transfer(allOf(rates.map((rate) => rate.join('a'))), clock, 11 * MB);
    await clock.run({ until: done });
    expect((await done).at(-1)).toBeGreaterThanOrEqual(10_000);
    expect((await done).at(-1)).toBeLessThan(10_600);
    expect(allOf([]).take(MB, never)).toBeUndefined();
  });

  it('goes by the controller’s local time', () => {
    const at = Date.UTC(2026, 6, 1, 12);
    expect(new Date(at + controllerOffset(at)).getUTCHours()).toBe(new Date(at).getHours());
  });

  it('gives back what was asked for by a transfer that is aborted', async () => {
    const clock = new VirtualClock(0);
    const link = new LinkRate(clock, () => ({ bytesPerSecond: 0 }));
    const controller = new AbortController();
    const taking = link.join('a').take(MB, controller.signal);
    controller.abort(new Error('enough'));
    await expect(taking).rejects.toThrow('enough');
    await expect(link.join('a').take(MB, controller.signal)).rejects.toThrow('enough');
    expect(clock.nextAt()).toBeUndefined();
  });
});
