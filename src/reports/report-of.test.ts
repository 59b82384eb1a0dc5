import { describe, expect, it } from '@jest/globals';
import { eventfulRun } from '../../test/reports/eventful-run.js';
import { failover, lane, lost, plan, refused, requestedAt, step } from '../../test/reports/journals.js';
import { codes, migrate, relocation, south, stage, stepOf, vmLane, vmOf } from '../../test/reports/moves.js';
import { told } from '../../test/reports/script.js';
import { reportOf } from './report-of.js';

describe('a failover', () => {
  const report = reportOf('run-1', failover({ vms: ['db-1', 'web-1'] }));

  it('says in one sentence what was observed', () => {
    expect(report.verdict).toBe('2 of 2 VMs were recovered.');
    expect(report.standing).toEqual({ result: 'succeeded' });
  });

  it('measures the time to ready from the request and from the start of the run', () => {
    expect(vmOf(report)).toMatchObject({
      outcome: 'recovered',
      readyBy: 'checks',
      requestToReadyMs: 19_000,
      startToReadyMs: 16_000,
      from: 'north/north-1',
      to: 'south/south-1',
    });
  });

  it('takes the age of the data from the point that was promoted, counted back from the request', () => {
    expect(vmOf(report)?.dataAge).toEqual({ ms: 12_000, basis: 'measured' });
  });

  it('holds the worst VM against each objective', () => {
    expect(report.objectives).toEqual([
      {
        objective: 'rpo',
        targetMs: 30_000,
        basis: 'data-age',
        measuredMs: 12_000,
        verdict: 'met',
        worst: 'db-1',
        misses: 0,
      },
      {
        objective: 'rto',
        targetMs: 600_000,
        basis: 'request-to-ready',
        measuredMs: 19_100,
        verdict: 'met',
        worst: 'web-1',
        misses: 0,
      },
    ]);
  });

  it('keeps the proof of death and every move of authority with its entry', () => {
    expect(report.deaths).toMatchObject([
      { host: 'north-1', seq: 5, text: 'fence_ipmilan reported north-1 off on 2026-03-01 14:00:08 UTC' },
    ]);
    expect(report.authority.map(({ vm, epoch, state }) => `${vm} ${epoch} ${state}`)).toEqual([
      'db-1 2 at south/south-1',
      'web-1 2 at south/south-1',
    ]);
  });

  it('uses the estimate of the age only when no point is known, and never holds it against the objective', () => {
    const entries = failover({ vms: ['db-1'] }).map((entry) =>
      entry.type === 'step.succeeded' ? { ...entry, output: {} } : entry,
    );
    const estimated = reportOf('run-1', entries);
    expect(vmOf(estimated)?.dataAge).toEqual({ ms: 20_000, basis: 'estimate' });
    expect(estimated.objectives[0]).toMatchObject({ objective: 'rpo', verdict: 'unmeasured' });
  });

  it('counts a VM that never got ready as a miss of the RTO', () => {
    const failed = reportOf('run-1', failover({ vms: ['db-1', 'web-1'], failing: ['web-1'] }));
    expect(failed.objectives[1]).toMatchObject({ verdict: 'missed', worst: 'web-1', misses: 1, measuredMs: 19_000 });
    expect(failed.verdict).toBe('1 of 2 VMs were recovered, 1 failed.');
    expect(codes(failed)).toContain('rto-missed');
  });
});

describe('a run in which much goes wrong', () => {
  const report = reportOf('run-1', eventfulRun(), { headHash: 'f00d' });

  it.each([
    ['db-1', 'recovered'],
    ['db-2', 'recovered'],
    ['queue-1', 'failed'],
    ['batch-1', 'blocked'],
    ['web-3', 'unproven'],
  ])('says of %s that it is %s', (vm, outcome) => {
    expect(vmOf(report, vm)?.outcome).toBe(outcome);
  });

  it('tells why a VM failed and by what another was blocked', () => {
    expect(vmOf(report, 'queue-1')?.because).toBe(
      'Check the replica of queue-1 failed: the replica of queue-1 has no recovery point',
    );
    expect(vmOf(report, 'batch-1')?.because).toBe('queue-1 must come first, and it failed');
  });

  it('shows each attempt with its failure and what was seen when it was looked at', () => {
    const start = report.stages[1]?.lanes[1]?.steps[2];
    expect(start?.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, 'failed'],
      [2, 'succeeded'],
    ]);
    expect(start?.attempts[1]?.observations).toEqual([
      { at: requestedAt + 71_000, verdict: 'done', evidence: 'db-2 is running on south-1 since 14:00:48' },
    ]);
  });

  it('says who answered for a step', () => {
    expect(stepOf(report, 'fence')).toMatchObject({
      outcome: 'passed-over',
      movedBy: [{ by: 'alice', move: 'attest' }],
    });
    expect(report.moves.map(({ by, move, about }) => [by, move, about])).toEqual([
      ['alice', 'attest', 'north-1'],
      ['bob', 'pause', undefined],
      ['bob', 'resume', undefined],
      ['bob', 'skip', 'vm/web-3'],
    ]);
  });

  it('derives findings from the journal and keeps those of the plan', () => {
    expect(codes(report)).toEqual([
      'rpo-missed',
      'rto-missed',
      'run-taken-up',
      'not-proven-ready',
      'step-passed-over',
      'step-retried',
      'step-passed-over',
      'forecast-off',
      'notice-not-sent',
      'no-agent',
    ]);
  });

  it('names its evidence', () => {
    expect(report.evidence).toMatchObject({
      entries: 81,
      headSeq: 81,
      headHash: 'f00d',
      noticesSent: 1,
      noticesFailed: 1,
    });
  });
});

describe('a move of a running VM', () => {
  const estimate = {
    vm: 'db-1',
    method: 'live',
    target: south,
    durationMs: 10_000,
    downtimeMs: 300,
    bytes: 100,
  } as const;
  const moving = relocation([migrate, step('ready', 'db-1 answers')], {
    objectives: { rpoMs: 30_000, rtoMs: 1_000 },
    estimates: { durationMs: 10_000, bytes: 100 * 2 ** 20, vms: [estimate] },
  });
  const report = reportOf(
    'run-1',
    told(
      moving,
      ({ start, succeed, pass }) => {
        start(2, 'vm/db-1', 'migrate');
        succeed(30, 'vm/db-1', 'migrate', { downtimeMs: 240, bytes: 500 * 2 ** 20 });
        pass(31, 'vm/db-1', 'ready');
      },
      'succeeded',
    ),
  );

  it('takes downtime and bytes from what the migration measured, and knows that nothing was lost', () => {
    expect(vmOf(report)).toMatchObject({
      outcome: 'moved',
      downtimeMs: 240,
      bytes: 500 * 2 ** 20,
      dataAge: { ms: 0, basis: 'nothing-lost' },
    });
  });

  it('holds the outage against the RTO, not the time that the move took', () => {
    expect(report.objectives[1]).toMatchObject({ basis: 'downtime', verdict: 'met', measuredMs: 240 });
  });

  it('finds what was off the forecast by more than a quarter', () => {
    expect(report.findings.filter(({ code }) => code === 'forecast-off').map(({ message }) => message)).toEqual([
      'The run differed from its forecast by more than 25 %: duration forecast 10s, measured 32s',
      'The run differed from its forecast by more than 25 %: bytes forecast 100 MiB, measured 500 MiB',
      '1 VM differed from the forecast by more than 25 %, most of all db-1: bytes forecast 100 B, measured 500 MiB',
    ]);
  });

  it('counts the outage of a restart from the stop to ready', () => {
    const steps = [step('shutdown', 'Stop db-1'), step('start', 'Start db-1'), step('ready', 'db-1 answers')];
    const entries = told(relocation(steps), ({ pass }) => {
      pass(5, 'vm/db-1', 'shutdown');
      pass(8, 'vm/db-1', 'start');
      pass(9, 'vm/db-1', 'ready');
    });
    expect(vmOf(reportOf('run-1', entries))?.downtimeMs).toBe(5_000);
  });

  it('says when a VM has no ready check', () => {
    const entries = told(relocation([migrate]), ({ pass }) => pass(5, 'vm/db-1', 'migrate'), 'succeeded');
    const unchecked = reportOf('run-1', entries);
    expect(vmOf(unchecked)).toMatchObject({ outcome: 'moved', readyBy: 'running' });
    expect(unchecked.verdict).toBe('1 of 1 VM was moved, 1 without a ready check.');
  });

  it('still counts a VM as moved when only the clean-up after it failed', () => {
    const steps = [migrate, step('cleanup', 'Merge the overlay of db-1')];
    const entries = told(
      relocation(steps),
      ({ pass, start, fail }) => {
        pass(5, 'vm/db-1', 'migrate');
        start(7, 'vm/db-1', 'cleanup');
        fail(8, 'vm/db-1', 'cleanup', refused);
      },
      'with-errors',
    );
    const left = reportOf('run-1', entries);
    expect(vmOf(left)?.outcome).toBe('moved');
    expect(codes(left)).toContain('clean-up-incomplete');
  });
});

describe('a cancelled run', () => {
  it('names who cancelled, and shows what was taken back', () => {
    const undo = step('overlay', 'Take the overlay of db-1 back', { id: 'undo', action: 'undo' });
    const moving = plan('relocate', [stage([vmLane([migrate], { recovery: [undo] })])]);
    const observation = { verdict: 'not-started', evidence: 'db-1 runs on north-1' } as const;
    const entries = told(
      moving,
      ({ start, fail, add, pass }) => {
        start(2, 'vm/db-1', 'migrate');
        add(3, { type: 'operator.moved', move: { move: 'cancel' }, reason: 'wrong night' }, 'bob');
        fail(4, 'vm/db-1', 'migrate', { ...lost, code: 'cancelled', kind: 'outcome-unknown' });
        add(5, { type: 'step.observed', observation, lane: 'vm/db-1', step: 'migrate' });
        pass(6, 'vm/db-1', 'undo');
      },
      'cancelled',
    );
    const report = reportOf('run-1', entries);
    expect(report.verdict).toBe('The run was cancelled by bob; 0 of 1 VM was moved, 1 cancelled.');
    expect(stepOf(report, 'migrate')?.outcome).toBe('cancelled');
    expect(stepOf(report, 'undo')).toMatchObject({ outcome: 'succeeded', isRecovery: true });
  });
});

describe('a drill', () => {
  const cleanup = {
    ...lane({ kind: 'vm', name: 'db-1' }, [step('cleanup', 'Remove the clone of db-1')]),
    id: 'cleanup/db-1',
  };
  const drill = plan('drill', [
    stage([vmLane([step('overlay', 'Overlay'), step('start', 'Start the clone'), step('ready', 'It answers')])]),
    stage([cleanup], { id: 'cleanup', title: 'Clean-up', isAlways: true }),
  ]);

  it('says that clones were recovered, and that the clean-up is incomplete', () => {
    const entries = told(
      drill,
      ({ pass, start, fail }) => {
        pass(2, 'vm/db-1', 'overlay', { point: { id: 'p-1', at: requestedAt - 60_000 } });
        pass(4, 'vm/db-1', 'start');
        pass(6, 'vm/db-1', 'ready');
        start(8, 'cleanup/db-1', 'cleanup');
        fail(9, 'cleanup/db-1', 'cleanup', refused);
      },
      'with-errors',
    );
    const report = reportOf('run-1', entries);
    expect(report.verdict).toBe('1 of 1 VM was recovered as isolated clones.');
    expect(report.vms).toHaveLength(1);
    expect(vmOf(report)?.dataAge).toEqual({ ms: 60_000, basis: 'measured' });
    expect(codes(report)).toEqual(['clean-up-incomplete']);
  });
});

describe('an evacuation', () => {
  const confirm = lane({ kind: 'host', name: 'north-1' }, [step('check', 'north-1 is empty')]);
  const evacuation = plan('evacuate', [
    stage([vmLane([migrate])]),
    stage([confirm], { id: 'confirm', title: 'Confirm' }),
  ]);

  it.each([
    ['was observed empty', 'succeeded'],
    ['was not observed empty', 'with-errors'],
  ] as const)('says that the host %s when the check has %s', (words, result) => {
    const entries = told(
      evacuation,
      ({ pass, start, fail }) => {
        pass(2, 'vm/db-1', 'migrate');
        if (result === 'succeeded') {
          pass(4, 'host/north-1', 'check');
        } else {
          start(4, 'host/north-1', 'check');
          fail(5, 'host/north-1', 'check', refused);
        }
      },
      result,
    );
    const report = reportOf('run-1', entries);
    expect(report.verdict).toContain(`north-1 ${words}`);
    expect(codes(report).includes('lane-failed')).toBe(result !== 'succeeded');
  });
});
