import { describe, expect, it } from '@jest/globals';
import type { Lane, Plan, Stage } from '../../model/plan.js';
import { type LaneState, newRunState, type RunState } from '../../state-machines/index.js';
import { createStyle, plain, widthOf } from '../style.js';
import { frame } from './frame.js';
import type { RunView } from './view.js';

const noon = Date.UTC(2027, 0, 31, 12);
const style = createStyle(false);

function lane(name: string, titles: readonly string[]): Lane {
  return {
    id: `vm/${name}`,
    subject: { kind: 'vm', name },
    title: name,
    after: [],
    recovery: [],
    steps: titles.map((title, index) => ({
      id: `s${index}`,
      kind: 'start',
      action: 'run',
      title,
      input: {},
      retry: { attempts: 3, backoffMs: 1_000 },
      timeoutMs: 60_000,
      onFailure: 'ask',
      isSkippable: true,
      uses: [],
    })),
  };
}

function stage(id: string, lanes: readonly Lane[]): Stage {
  return { id, title: `Priority ${id}`, isAlways: false, lanes };
}

function planOf(stages: readonly Stage[]): Plan {
  return {
    version: 1,
    runbook: 'payroll',
    mode: 'failover',
    request: { mode: 'failover', by: 'ops@desk', at: noon },
    madeAt: noon,
    digests: { runbook: '', estate: '', inventory: '' },
    stages,
    skipped: [],
    findings: [],
    slots: {},
    onLaneFailure: 'continue',
    authority: [],
    objectives: {},
    estimates: { durationMs: 0, bytes: 0, vms: [] },
  };
}

function laneState(name: string, given: Partial<LaneState>): LaneState {
  return {
    lane: `vm/${name}`,
    status: 'waiting',
    step: 0,
    isRecovering: false,
    activity: 'idle',
    attempt: 0,
    offers: [],
    outputs: {},
    passedOver: [],
    ...given,
  };
}

function view(stages: readonly Stage[], lanes: readonly LaneState[], more: Partial<RunView> = {}): RunView {
  const state: RunState = {
    runId: 'r-7k2m9x',
    seq: 9,
    plan: planOf(stages),
    phase: 'running',
    stage: 0,
    lanes,
    authority: newRunState('r-7k2m9x').authority,
    deaths: {},
    requestedAt: noon,
    startedAt: noon,
  };
  return {
    state,
    progress: new Map(),
    now: noon + 200_000,
    commands: { runId: 'r-7k2m9x', suffix: '--simulate' },
    ...more,
  };
}

const steps = ['check db', 'start db on south-1', 'see that db answers'];

describe('a frame', () => {
  it('shows each lane with its step, how far it is, and since when', () => {
    const picture = frame(
      view(
        [stage('1', [lane('db-1', steps), lane('db-2', steps)]), stage('2', [lane('web-1', steps)])],
        [
          laneState('db-1', {
            status: 'active',
            activity: 'running',
            step: 1,
            attempt: 2,
            stepStartedAt: noon + 191_800,
          }),
          laneState('db-2', { status: 'succeeded', step: 3, startedAt: noon, finishedAt: noon + 62_000 }),
          laneState('web-1', { waitsFor: 'waits for db-1' }),
        ],
        {
          realElapsedMs: 10_200,
          progress: new Map([
            [
              'vm/db-1',
              { step: 's1', progress: { text: 'copying', done: 120 * 2 ** 20, total: 230 * 2 ** 20, unit: 'bytes' } },
            ],
          ]),
        },
      ),
      { columns: 120, rows: 30, style },
    );
    expect(picture).toEqual([
      'payroll failover · run r-7k2m9x · stage 1 of 2: Priority 1',
      '3m 20s (10.2s real)  ▸ running 1  ✔ done 1  · waiting 1',
      'Priority 1',
      '  ▸ running   vm/db-1   2/3 start db on south-1  attempt 2 of 3  ██████░░░░░░  52%  120 MiB of 230 MiB  8.2s  copying',
      '  ✔ done      vm/db-2   db-2  1m 02s',
      'Priority 2',
      '  · waiting   vm/web-1  waits for db-1',
    ]);
  });

  it('gives the exact command for each move that a held lane offers', () => {
    const picture = frame(
      view(
        [stage('1', [lane('db-1', steps)])],
        [
          laneState('db-1', {
            status: 'active',
            activity: 'held',
            step: 1,
            attempt: 3,
            stepStartedAt: noon + 140_000,
            waitsFor: 'south-1 says: Cannot allocate memory',
            offers: ['retry', 'skip'],
          }),
        ],
      ),
      { columns: 120, rows: 30, style },
    );
    expect(picture.slice(3)).toEqual([
      '  ? operator  vm/db-1   2/3 start db on south-1  attempt 3 of 3  1m  south-1 says: Cannot allocate memory',
      '      lifeboat retry r-7k2m9x --lane vm/db-1 --simulate',
      '      lifeboat skip r-7k2m9x --lane vm/db-1 --simulate',
    ]);
  });

  it('says until when it waits, also between two attempts', () => {
    const picture = frame(
      view(
        [stage('1', [lane('db-1', steps), lane('db-2', steps)])],
        [
          laneState('db-1', {
            status: 'active',
            activity: 'backoff',
            attempt: 1,
            dueAt: noon + 204_000,
            failure: { code: 'host-unreachable', kind: 'transient', message: 'south-1 does not answer' },
          }),
          laneState('db-2', { status: 'active', activity: 'running', attempt: 1 }),
        ],
        {
          progress: new Map([
            ['vm/db-2', { step: 's0', progress: { text: 'waits for port 5432', untilMs: noon + 230_000 } }],
          ]),
        },
      ),
      { columns: 120, rows: 30, style },
    );
    expect(picture.slice(3)).toEqual([
      '  ↻ retrying  vm/db-1   1/3 check db  south-1 does not answer until 12:03:24Z',
      '  ▸ running   vm/db-2   1/3 check db  waits for port 5432 until 12:03:50Z',
    ]);
  });

  it('cuts the title on a narrow terminal, and keeps how far it is and why it waits', () => {
    const moving = ['move a-long-name live from north-1 to south-1'];
    const failure = { code: 'host-unreachable', kind: 'transient', message: 'south-1 does not answer' } as const;
    const active = { status: 'active', attempt: 1, stepStartedAt: noon + 198_000 } as const;
    const picture = frame(
      view(
        [stage('1', [lane('db-1', moving), lane('db-2', moving)])],
        [
          laneState('db-1', { ...active, activity: 'running' }),
          laneState('db-2', { ...active, activity: 'backoff', failure }),
        ],
        { progress: new Map([['vm/db-1', { step: 's0', progress: { text: 'copying', done: 1, total: 4 } }]]) },
      ),
      { columns: 80, rows: 30, style },
    );
    expect(picture.slice(3)).toEqual([
      '  ▸ running   vm/db-1   1/1 move a-long-name live f…  ███░░░░░░░░░  25%  2s',
      '  ↻ retrying  vm/db-2   1/1 move a-long-name li…  2s  south-1 does not answer',
    ]);
  });

  it('says of lanes that never began so, once the run has ended', () => {
    const ended = view([stage('1', [lane('db-1', steps)])], [laneState('db-1', {})]);
    const picture = frame({ ...ended, state: { ...ended.state, phase: 'finished' } }, { columns: 99, rows: 30, style });
    expect(picture.at(-1)).toContain('· not begun');
  });

  it('counts what has no room, and shows who waits for an operator first', () => {
    const names = Array.from({ length: 60 }, (_, index) => `vm-${index + 1}`);
    const states = names.map((name, index) => {
      if (index === 59) {
        return laneState(name, { status: 'active', activity: 'held', offers: ['retry'] });
      }
      return laneState(name, index < 3 ? { status: 'active', activity: 'running' } : {});
    });
    const lanes = names.map((name) => lane(name, steps));
    const picture = frame(view([stage('1', lanes)], states), { columns: 80, rows: 10, style });
    expect(picture).toEqual([
      'payroll failover · run r-7k2m9x · stage 1 of 1: Priority 1',
      '3m 20s  ▸ running 3  · waiting 56  ? operator 1',
      'Priority 1',
      '  ▸ running   vm/vm-1   1/3 check db',
      '  ▸ running   vm/vm-2   1/3 check db',
      '  ▸ running   vm/vm-3   1/3 check db',
      '  ? operator  vm/vm-60  1/3 check db',
      '      lifeboat retry r-7k2m9x --lane vm/vm-60 --simulate',
      '… 56 more waiting',
    ]);
  });

  it('says how a paused run goes on', () => {
    const paused = view([stage('1', [lane('db-1', steps)])], [laneState('db-1', {})]);
    const picture = frame({ ...paused, state: { ...paused.state, phase: 'paused' } }, { columns: 99, rows: 30, style });
    expect(picture.slice(2, 4)).toEqual([
      '? paused: no new step begins until you type:',
      '      lifeboat resume r-7k2m9x --simulate',
    ]);
  });

  it('never outgrows the terminal', () => {
    const lanes = Array.from({ length: 25 }, (_, index) => lane(`a-very-long-name-${index}`, steps));
    const states = lanes.map(({ subject }, index) =>
      laneState(subject.name, {
        status: index % 3 === 0 ? 'active' : 'succeeded',
        activity: index % 2 === 0 ? 'held' : 'running',
        offers: ['retry', 'skip', 'abandon'],
      }),
    );
    const half = lanes.length / 2;
    const stages = [stage('1', lanes.slice(0, half)), stage('2', lanes.slice(half))];
    for (const rows of [2, 3, 5, 8, 13, 24, 60]) {
      for (const columns of [1, 20, 40, 80, 200]) {
        const picture = frame(view(stages, states), { columns, rows, style: createStyle(true) });
        expect(picture.length).toBeLessThan(rows);
        expect(Math.max(...picture.map(widthOf))).toBeLessThanOrEqual(columns);
      }
    }
  });

  it('loses nothing but colour without colours', () => {
    const shown = view([stage('1', [lane('db-1', steps)])], [laneState('db-1', { status: 'failed' })]);
    const options = { columns: 100, rows: 20 };
    const coloured = frame(shown, { ...options, style: createStyle(true) });
    expect(coloured.map(plain)).toEqual(frame(shown, { ...options, style }));
    expect(coloured).not.toEqual(coloured.map(plain));
  });

  it('shows names from outside without control characters', () => {
    const evil = laneState('db-1', {
      status: 'failed',
      failure: { code: 'x', kind: 'permanent', message: 'a\u001B[2Jb\nc' },
    });
    const picture = frame(view([stage('1', [lane('db-1', steps)])], [evil]), { columns: 100, rows: 20, style });
    expect(picture[3]).toBe('  ✗ failed    vm/db-1   a [2Jb c');
  });
});
