import { describe, expect, it } from '@jest/globals';
import { readMeter, sample, startMeter, type TransferMeter } from './transfer-meter.js';

/** Samples of `'second:bytes'` of a transfer of 1000 bytes. */
function metered(text: string): TransferMeter {
  return text.split(' ').reduce(
    (meter, word) => {
      const [second = 0, bytes = 0] = word.split(':').map(Number);
      return sample(meter, bytes, second * 1_000);
    },
    startMeter(1_000, 0, 0),
  );
}

describe('the meter of a transfer', () => {
  it('knows no rate before anything has moved', () => {
    expect(readMeter(startMeter(1_000, 200, 0))).toEqual({ doneBytes: 200, totalBytes: 1_000, bytesPerSecond: 0 });
    expect(readMeter(metered('5:0'))).not.toHaveProperty('leftMs');
  });

  it('tells the rate and the time left', () => {
    expect(readMeter(metered('1:100 2:200'))).toEqual({
      doneBytes: 200,
      totalBytes: 1_000,
      bytesPerSecond: 100,
      leftMs: 8_000,
    });
  });

  it('counts nothing for what was done before it began', () => {
    expect(readMeter(sample(startMeter(1_000, 500, 0), 600, 1_000))).toMatchObject({ bytesPerSecond: 100 });
  });

  it('goes by the last ten seconds', () => {
    const text = Array.from(
      { length: 30 },
      (_, index) => `${index + 1}:${index < 15 ? 10 * index : 150 + (index - 15)}`,
    );
    expect(readMeter(metered(text.join(' '))).bytesPerSecond).toBe(1);
    expect(metered(text.join(' ')).samples).toHaveLength(11);
  });

  it('tells of a transfer that stands still', () => {
    expect(readMeter(metered('1:100 20:100 25:100'))).toMatchObject({ doneBytes: 100, bytesPerSecond: 0 });
  });
});
