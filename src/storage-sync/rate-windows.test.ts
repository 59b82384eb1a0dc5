import { describe, expect, it, test } from '@jest/globals';
import type { RateWindow, Weekday } from '../model/estate.js';
import { type LocalOffset, rateAt } from './rate-windows.js';

const minute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const workdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri'];

/** `'08:00-18:00 20'` on those days. */
function window(text: string, on: readonly Weekday[] = workdays): RateWindow {
  const [hours = '', rate] = text.split(' ');
  const [from = '', to = ''] = hours.split('-');
  return { days: on, fromMinute: minute(from), toMinute: minute(to), bytesPerSecond: Number(rate) };
}

const hourMs = 3_600_000;
const utc: LocalOffset = () => 0;
/** Central Europe in 2026: summer time from 29 March to 25 October, 01:00 UTC. */
const berlin = (at: number): number =>
  at >= Date.parse('2026-03-29T01:00Z') && at < Date.parse('2026-10-25T01:00Z') ? 2 * hourMs : hourMs;

function shown(windows: readonly RateWindow[], at: string, offset = utc): string {
  const { bytesPerSecond = 'no limit', until } = rateAt({ bytesPerSecond: 100, windows }, Date.parse(at), offset);
  return `${bytesPerSecond} until ${until === undefined ? 'further notice' : new Date(until).toISOString().slice(0, 16)}`;
}

/** 2 November 2026 is a Monday. */
describe('the rate of a link', () => {
  test.each([
    ['before a window', '2026-11-02T07:59:30Z', '100 until 2026-11-02T08:00'],
    ['at its beginning', '2026-11-02T08:00:00Z', '20 until 2026-11-02T18:00'],
    ['within it', '2026-11-02T12:34:56Z', '20 until 2026-11-02T18:00'],
    ['at its end', '2026-11-02T18:00:00Z', '100 until 2026-11-03T08:00'],
    ['over a weekend', '2026-11-06T18:00:00Z', '100 until 2026-11-09T08:00'],
  ])('%s', (_, at, expected) => {
    expect(shown([window('08:00-18:00 20')], at)).toBe(expected);
  });

  test.each([
    ['in the evening', '2026-11-06T23:00Z', '50 until 2026-11-07T06:00'],
    ['in the morning after', '2026-11-07T05:59Z', '50 until 2026-11-07T06:00'],
    ['in a morning that no evening came before', '2026-11-08T05:00Z', '100 until 2026-11-13T22:00'],
  ])('of a window over midnight, %s', (_, at, expected) => {
    expect(shown([window('22:00-06:00 50', ['fri'])], at)).toBe(expected);
  });

  it('is that of the first window of several', () => {
    const windows = [window('12:00-13:00 5'), window('08:00-18:00 20')];
    expect(shown(windows, '2026-11-02T12:30Z')).toBe('5 until 2026-11-02T13:00');
    expect(shown(windows, '2026-11-02T11:30Z')).toBe('20 until 2026-11-02T12:00');
  });

  it('does not change between windows that carry the same', () => {
    const windows = [window('08:00-12:00 20'), window('12:00-18:00 20')];
    expect(shown(windows, '2026-11-02T09:00Z')).toBe('20 until 2026-11-02T18:00');
  });

  it('has no end without windows, or with one that is always', () => {
    expect(shown([], '2026-11-02T09:00Z')).toBe('100 until further notice');
    const always = window('00:00-00:00 20', [...workdays, 'sat', 'sun']);
    expect(shown([always], '2026-11-02T09:00Z')).toBe('20 until further notice');
    expect(rateAt({ windows: [] }, 0, utc)).toEqual({});
  });

  it('may be nothing at all for some hours', () => {
    expect(shown([window('08:00-18:00 0')], '2026-11-02T09:00Z')).toBe('0 until 2026-11-02T18:00');
  });

  test.each([
    ['goes by local time', '2026-11-02T06:30Z', '100 until 2026-11-02T07:00'],
    ['goes by summer time', '2026-07-06T05:30Z', '100 until 2026-07-06T06:00'],
    ['sees the clocks put forward before the window', '2026-03-28T22:00Z', '100 until 2026-03-29T06:00'],
    ['sees them put back before it', '2026-10-24T22:00Z', '100 until 2026-10-25T07:00'],
  ])('%s', (_, at, expected) => {
    expect(shown([window('08:00-18:00 20', [...workdays, 'sun'])], at, berlin)).toBe(expected);
  });

  it('begins with the hour behind a window whose beginning does not exist', () => {
    expect(shown([window('02:30-05:00 20', ['sun'])], '2026-03-29T00:45Z', berlin)).toBe('100 until 2026-03-29T01:00');
  });
});
