import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemClock } from './system-clock.js';

const dayMs = 86_400_000;

describe('the system clock', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('calls back once its time has come', () => {
    const called = jest.fn();
    systemClock.at(1_000_500, called);
    jest.advanceTimersByTime(499);
    expect(called).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    jest.advanceTimersByTime(dayMs);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('calls back at once when the time is past', () => {
    const called = jest.fn();
    systemClock.at(0, called);
    jest.advanceTimersByTime(0);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('never calls back before its time, also when a timer fires while the wall clock is behind', () => {
    const times: number[] = [];
    systemClock.at(1_000_500, () => times.push(systemClock.now()));
    jest.advanceTimersByTime(100);
    jest.setSystemTime(1_000_099);
    jest.advanceTimersByTime(400);
    expect(times).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(times).toEqual([1_000_500]);
  });

  it('waits for longer than a timer can hold', () => {
    const called = jest.fn();
    systemClock.at(1_000_000 + 40 * dayMs, called);
    jest.advanceTimersByTime(39 * dayMs);
    expect(called).not.toHaveBeenCalled();
    jest.advanceTimersByTime(dayMs);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('forgets, also after it has waited again', () => {
    const called = jest.fn();
    const forget = systemClock.at(1_000_500, called);
    jest.setSystemTime(999_000);
    jest.advanceTimersByTime(600);
    forget();
    jest.advanceTimersByTime(dayMs);
    expect(called).not.toHaveBeenCalled();
  });
});
