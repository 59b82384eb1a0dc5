import { describe, expect, it } from '@jest/globals';
import type { Entry, EntryBody } from '../../model/entry.js';
import type { Plan } from '../../model/plan.js';
import { entryLine } from './entry-line.js';

const at = Date.UTC(2027, 0, 31, 12, 0, 3);
const north = { site: 'north', host: 'north-1' };
const south = { site: 'south', host: 'south-1' };
const step = { lane: 'vm/db-1', step: 'start' };

const plan: Plan = {
  version: 1,
  runbook: 'payroll',
  mode: 'failover',
  request: { mode: 'failover', by: 'ops', at },
  madeAt: at,
  digests: { runbook: '', estate: '', inventory: '' },
  stages: [
    {
      id: 'one',
      title: 'one',
      isAlways: false,
      lanes: [
        {
          id: 'vm/db-1',
          subject: { kind: 'vm', name: 'db-1' },
          title: 'db-1',
          after: [],
          recovery: [],
          steps: [
            {
              id: 'start',
              kind: 'start',
              action: 'run',
              title: 'start db-1 on south-1',
              input: {},
              retry: { attempts: 3, backoffMs: 1 },
              timeoutMs: 1,
              onFailure: 'fail',
              isSkippable: false,
              uses: [],
            },
          ],
        },
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

function lineOf(body: EntryBody, author = 'engine'): string | undefined {
  const entry: Entry = { ...body, seq: 1, at, author };
  return entryLine(entry, { plan, startOf: () => at - 8_200 });
}

describe('the line of an entry', () => {
  it.each<[body: EntryBody, line: string]>([
    [{ type: 'run.requested', request: plan.request, runbook: 'payroll' }, 'run requested by ops: failover of payroll'],
    [{ type: 'run.planned', plan }, 'run planned: 1 stages, 1 lanes'],
    [{ type: 'run.started' }, 'run started'],
    [{ type: 'run.taken-up', reason: 'its engine died' }, 'run taken up by ops: its engine died'],
    [{ type: 'run.finished', result: 'with-errors' }, 'run finished: with-errors'],
    [{ type: 'step.started', attempt: 1, deadlineAt: at, ...step }, 'vm/db-1 start db-1 on south-1: started'],
    [
      { type: 'step.started', attempt: 2, deadlineAt: at, ...step },
      'vm/db-1 start db-1 on south-1: attempt 2 of 3 started',
    ],
    [{ type: 'step.started', attempt: 4, deadlineAt: at, ...step }, 'vm/db-1 start db-1 on south-1: attempt 4 started'],
    [{ type: 'step.succeeded', output: {}, ...step }, 'vm/db-1 start db-1 on south-1: done in 8.2s'],
    [
      {
        type: 'step.failed',
        failure: { code: 'x', kind: 'permanent', message: 'no room', hint: 'free some', cause: 'ENOMEM\u001B[2J\n' },
        ...step,
      },
      'vm/db-1 start db-1 on south-1: failed after 8.2s: no room (ENOMEM [2J ). free some',
    ],
    [
      { type: 'step.observed', observation: { verdict: 'done', evidence: 'db-1 runs' }, ...step },
      'vm/db-1 start db-1 on south-1: looked at, done: db-1 runs',
    ],
    [
      {
        type: 'authority.moved',
        authority: {
          vm: 'db-1',
          epoch: 2,
          since: at,
          state: 'at',
          place: south,
          proof: { kind: 'fenced-off', host: 'north-1', agent: 'fence_ipmilan', at },
        },
      },
      'vm/db-1 authority is at south/south-1: north-1 is off, says fence_ipmilan',
    ],
    [
      {
        type: 'authority.moved',
        authority: {
          vm: 'db-1',
          epoch: 2,
          since: at,
          state: 'moving',
          from: north,
          to: south,
          proof: { kind: 'migration-started', from: north, to: south, at },
        },
      },
      'vm/db-1 authority is moving from north/north-1 to south/south-1: migration from north/north-1 to south/south-1 started',
    ],
    [
      {
        type: 'death.proven',
        host: 'north-1',
        proof: { kind: 'attested', host: 'north-1', by: 'ops', reason: 'it burns', at },
      },
      'host/north-1 is proven dead: north-1 is dead on the word of ops: it burns',
    ],
    [
      { type: 'operator.moved', move: { move: 'retry', lane: 'vm/db-1' }, reason: 'mended' },
      'run retry vm/db-1 by ops: mended',
    ],
    [{ type: 'operator.moved', move: { move: 'pause' }, reason: '' }, 'run pause by ops'],
    [
      { type: 'operator.moved', move: { move: 'attest', host: 'north-1' }, reason: 'seen' },
      'run attest north-1 by ops: seen',
    ],
    [{ type: 'notice.sent', event: 'failed', to: 'ops@example.org' }, 'run notice failed sent to ops@example.org'],
    [
      { type: 'notice.failed', event: 'failed', failure: { code: 'x', kind: 'transient', message: 'no relay' } },
      'run notice failed not sent: no relay',
    ],
  ])('%j is told', (body, line) => {
    expect(lineOf(body, 'ops')).toBe(`12:00:03Z ${line}`);
  });

  it('is left out where only the engine needs the entry', () => {
    expect(lineOf({ type: 'timer.fired', timer: 'x' })).toBeUndefined();
  });
});
