import { describe, expect, it } from '@jest/globals';
import type { Clock } from '../../model/clock.js';
import type { Plan } from '../../model/plan.js';
import { type LaneState, newRunState, type RunState } from '../../state-machines/index.js';
import { LineScreen } from './line-screen.js';

const noon = Date.UTC(2027, 0, 31, 12);

const plan: Plan = {
  version: 1,
  runbook: 'payroll',
  mode: 'drill',
  request: { mode: 'drill', by: 'ops', at: noon },
  madeAt: noon,
  digests: { runbook: '', estate: '', inventory: '' },
  stages: [
    {
      id: 'one',
      title: 'one',
      isAlways: false,
      lanes: [
        { id: 'vm/db-1', subject: { kind: 'vm', name: 'db-1' }, title: 'db-1', after: [], recovery: [], steps: [] },
      ],
    },
  ],
  skipped: [],
  findings: [],
  slots: {},
  onLaneFailure: 'stop',
  authority: [],
  objectives: {},
  estimates: { durationMs: 0, bytes: 0, vms: [] },
};

const lane: LaneState = {
  lane: 'vm/db-1',
  status: 'active',
  step: 0,
  isRecovering: false,
  activity: 'running',
  attempt: 1,
  offers: [],
  outputs: {},
  passedOver: [],
};

function open() {
  let state: RunState = { ...newRunState('r-1'), plan, lanes: [lane] };
  let now = noon;
  let written = '';
  const clock: Clock = { now: () => now, at: () => () => undefined };
  const screen = new LineScreen({
    run: { state: () => state, now: () => now, isSimulated: false, commands: { runId: 'r-1', suffix: '' } },
    output: {
      write: (text) => {
        written += text;
      },
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
      onResize: () => () => undefined,
    },
    clock,
  });
  return {
    screen,
    lines: () => written.split('\n').slice(0, -1),
    become: (given: Partial<LaneState>) => {
      state = { ...state, lanes: [{ ...lane, ...given }] };
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('a run told line by line', () => {
  it('says once that a lane waits, and again when it waits for something else', () => {
    const { screen, lines, become } = open();
    become({ activity: 'held', waitsFor: 'no room on south-1', offers: ['retry'] });
    screen.event({ event: 'entries', entries: [] });
    screen.event({ event: 'entries', entries: [] });
    screen.close();
    expect(lines()).toEqual([
      '12:00:00Z vm/db-1 waits for an operator: no room on south-1; type one of:',
      '    lifeboat retry r-1 --lane vm/db-1',
    ]);
    become({ activity: 'held', waitsFor: 'no network', offers: ['retry'] });
    screen.event({ event: 'entries', entries: [] });
    expect(lines()[2]).toBe('12:00:00Z vm/db-1 waits for an operator: no network; type one of:');
  });

  it('says how far a long step is, every half minute at most', () => {
    const { screen, lines, pass } = open();
    const started = { type: 'step.started', lane: 'vm/db-1', step: 'sync', attempt: 1, deadlineAt: 0 } as const;
    screen.event({ event: 'entries', entries: [{ ...started, seq: 1, at: noon, author: 'engine' }] });
    for (const done of [1, 2, 3, 4, 5, 6]) {
      pass(12_000);
      const progress = { text: 'copying', done: done * 2 ** 20, total: 8 * 2 ** 20, unit: 'bytes' } as const;
      screen.event({ event: 'progress', lane: 'vm/db-1', step: 'sync', progress });
    }
    expect(lines()).toEqual([
      '12:00:00Z vm/db-1 sync: started',
      '12:00:36Z vm/db-1 copying  ████░░░░░░░░  37%  3 MiB of 8 MiB',
      '12:01:12Z vm/db-1 copying  █████████░░░  75%  6 MiB of 8 MiB',
    ]);
  });
});
