import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { QuickAnswers } from './quick-answers.js';

let waiting: boolean;
let looks: number;
let answers: QuickAnswers;

beforeEach(() => {
  jest.useFakeTimers();
  waiting = false;
  looks = 0;
  answers = new QuickAnswers(() => {
    looks++;
    return waiting;
  });
});

afterEach(() => {
  jest.useRealTimers();
});

function callAnsweredAfter(ms: number): void {
  answers.sent();
  jest.advanceTimersByTime(ms);
  answers.heard();
}

it('sleeps until a first answer has come quickly', () => {
  answers.sent();
  expect(jest.getTimerCount()).toBe(0);
});

it('stays awake for a call after a quick answer, and sleeps once nothing is waited for', () => {
  callAnsweredAfter(0);
  waiting = true;
  answers.sent();
  expect(jest.getTimerCount()).toBe(1);
  jest.runOnlyPendingTimers();
  expect(jest.getTimerCount()).toBe(1);
  waiting = false;
  jest.runOnlyPendingTimers();
  expect(jest.getTimerCount()).toBe(0);
});

it('sleeps when the answer does not come in its window', () => {
  callAnsweredAfter(0);
  waiting = true;
  answers.sent();
  jest.advanceTimersByTime(1);
  expect(looks).toBeGreaterThan(0);
  jest.runOnlyPendingTimers();
  expect(jest.getTimerCount()).toBe(0);
});

it('sleeps through the call after a slow answer', () => {
  callAnsweredAfter(0);
  callAnsweredAfter(5);
  jest.runOnlyPendingTimers();
  waiting = true;
  answers.sent();
  expect(jest.getTimerCount()).toBe(0);
});
