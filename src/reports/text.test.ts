import { describe, expect, it } from '@jest/globals';
import { eventfulRun } from '../../test/reports/eventful-run.js';
import { failover } from '../../test/reports/journals.js';
import { reportOf } from './report-of.js';
import { renderText } from './text.js';

describe('renderText', () => {
  it('tells a failover with one error', () => {
    const entries = failover({ vms: ['db-1', 'web-1'], failing: ['web-1'] });
    expect(renderText(reportOf('run-1', entries, { headHash: 'f00d' }))).toBe(
      [
        'failover payroll: finished with errors',
        '! 1 of 2 VMs were recovered, 1 failed.',
        '',
        'run        run-1',
        'requested  2026-03-01 14:00:00 UTC by alice',
        'started    2026-03-01 14:00:03 UTC',
        'finished   2026-03-01 14:00:30 UTC (after 27.2s)',
        '',
        'Objectives',
        '                          target  measured  of                worst',
        '  - partly measured  RPO  30s     12s       age of data       web-1',
        '  x missed           RTO  10m     19s       request to ready  web-1',
        '',
        'VMs',
        '               vm     from           to             ready  data age',
        '  + recovered  db-1   north/north-1  south/south-1    19s       12s',
        '  x failed     web-1  north/north-1  south/south-1',
        '  ! web-1: Check the replica of web-1 failed: the replica of web-1 has no recovery point',
        '',
        'Timeline (UTC)',
        '  Proofs of death',
        '    + north-1',
        '        +  14:00:03  4.9s  Fence north-1',
        '  Priority 1',
        '    + db-1',
        '        +  14:00:10  400ms  Check the replica of db-1',
        '        +  14:00:10     1s  Promote db-1',
        '        +  14:00:11   1.4s  Start db-1',
        '        +  14:00:13     6s  db-1 answers on tcp 5432',
        '    x web-1',
        '        x  14:00:10  400ms  Check the replica of web-1 (failed)',
        '',
        'Proofs of death',
        '  * fence_ipmilan reported north-1 off on 2026-03-01 14:00:08 UTC [entry 5]',
        '',
        'Authority',
        '  * db-1 epoch 2: at south/south-1; fence_ipmilan reported north-1 off on 2026-03-01 14:00:08',
        '    UTC [entry 13]',
        '',
        'Findings',
        '  ! RTO of 10m missed by 1 VM; not ready in that time (rto-missed)',
        '  i 1 VM differed from the forecast by more than 25 %, most of all db-1: duration forecast 12s,',
        '    measured 8.8s (forecast-off)',
        '',
        'Evidence',
        '  journal    18 entries, the last is 18',
        '  head hash  f00d',
        '  runbook    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
        '',
      ].join('\n'),
    );
  });

  it('tells a run that waits', () => {
    const entries = eventfulRun().slice(0, 6);
    expect(renderText(reportOf('run-1', entries))).toBe(
      [
        'failover payroll: open, waiting',
        '> The run waits for an operator (Fence north-1: the device is silent); 0 of 9 VMs were',
        '  recovered, 1 left alone so far.',
        '',
        'run        run-1',
        'requested  2026-03-01 14:00:00 UTC by alice',
        'started    2026-03-01 14:00:01 UTC',
        'as of      2026-03-01 14:00:14 UTC',
        '',
        'Objectives',
        '                  target  measured  of',
        '  > pending  RPO  30s     nothing   age of data',
        '  > pending  RTO  3m      nothing   request to ready',
        '',
        'VMs',
        '                 vm       from           to',
        '  - not reached  db-1     north/north-1  south/south-1',
        '  - not reached  db-2     north/north-1  south/south-1',
        '  - not reached  app-1    north/north-1  south/south-1',
        '  - not reached  app-2    north/north-1  south/south-1',
        '  - not reached  queue-1  north/north-1  south/south-1',
        '  - not reached  web-1    north/north-1  south/south-1',
        '  - not reached  web-2    north/north-1  south/south-1',
        '  - not reached  web-3    north/north-1  south/south-1',
        '  - not reached  batch-1  north/north-1  south/south-1',
        '',
        'Left alone',
        '  - legacy-1: has no replica at south',
        '',
        'Timeline (UTC)',
        '  Proofs of death',
        '    ! north-1',
        '        ! Fence north-1: the device is silent',
        '        !  14:00:01  12.4s  Fence north-1 (waits for an operator)',
        '  Priority 1: database',
        '    - 2 lanes not begun',
        '  Priority 2: application',
        '    - 3 lanes not begun',
        '  Priority 3: web',
        '    - 4 lanes not begun',
        '',
        'Findings',
        '  ! The notice of started was not sent: no answer (notice-not-sent)',
        '  ! web-3 has no guest agent (no-agent). Install qemu-guest-agent in the guest',
        '',
        'Evidence',
        '  journal    6 entries, the last is 6',
        '  runbook    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
        '',
      ].join('\n'),
    );
  });

  it('keeps to 96 columns but for long names', () => {
    const lines = renderText(reportOf('run-1', eventfulRun())).split('\n');
    expect(lines.filter((line) => line.length > 96)).toEqual([]);
  });

  it('tells of five hundred VMs step by step only those that went another way than planned', () => {
    const vms = Array.from({ length: 500 }, (_, index) => `vm-${index}`);
    const text = renderText(reportOf('run-1', failover({ vms, failing: ['vm-17'] })));
    expect(text).toContain('  + 499 lanes succeeded, every step at its first attempt');
    expect(text).toContain('Check the replica of vm-17 (failed)');
    expect(text).not.toContain('Check the replica of vm-18');
    expect(text).toContain('* 459 more moves: the JSON and HTML reports have them all');
  });

  it('makes control characters visible, so that a name cannot steer the terminal', () => {
    const text = renderText(reportOf('run-1', failover({ vms: ['\u001b[31mevil\r\n\u202e'] })));
    expect(text).toContain('\\u{1b}[31mevil\\u{d}\\u{a}\\u{202e}');
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('uses ASCII alone when the names do', () => {
    expect(renderText(reportOf('run-1', eventfulRun())).replaceAll('\n', '')).toMatch(/^[ -~]*$/);
  });
});
