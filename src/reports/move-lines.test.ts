import { describe, expect, it } from '@jest/globals';
import { lane, plan, step } from '../../test/reports/journals.js';
import { migrate, south, stage, vmLane, vmOf } from '../../test/reports/moves.js';
import { told } from '../../test/reports/script.js';
import { renderHtml } from './html/page.js';
import { renderJUnit } from './junit.js';
import { reportOf } from './report-of.js';
import { renderText } from './text.js';

const estimate = {
  vm: 'db-1',
  method: 'live',
  target: south,
  durationMs: 20_000,
  downtimeMs: 300,
  bytes: 400 * 2 ** 20,
} as const;

describe('an evacuation whose VM climbs the ladder', () => {
  const look = lane({ kind: 'host', name: 'north-1' }, [step('check', 'See that north-1 is empty')]);
  const evacuation = plan('evacuate', [stage([vmLane([migrate])]), stage([look], { id: 'confirm' })], {
    estimates: { durationMs: 25_000, bytes: 400 * 2 ** 20, vms: [estimate] },
  });
  const climbed = [{ rung: 'throttle', reason: 'it writes memory faster than it can be sent' }];
  const report = reportOf(
    'run-1',
    told(
      evacuation,
      ({ start, succeed, pass }) => {
        start(2, 'vm/db-1', 'migrate');
        succeed(30, 'vm/db-1', 'migrate', { downtimeMs: 240, bytes: 500 * 2 ** 20, climbed });
        pass(31, look.id, 'check');
      },
      'succeeded',
    ),
  );

  it('says on which rung it ended and why, and when the host was observed empty', () => {
    expect(vmOf(report)?.climbed).toEqual(climbed);
    expect(report.emptied).toEqual([{ host: 'north-1', at: expect.any(Number) }]);
  });

  it('shows time, outage and bytes beside their forecasts', () => {
    const lines = renderText(report).split('\n');
    const from = lines.indexOf('Moves, and their forecasts');
    expect(lines.slice(from, from + 4)).toEqual([
      'Moves, and their forecasts',
      '  vm    took  forecast  outage  forecast    bytes  forecast  rung',
      '  db-1   28s       20s   240ms     300ms  500 MiB   400 MiB  throttle',
      '  db-1 climbed to throttle: it writes memory faster than it can be sent',
    ]);
    expect(lines.find((line) => line.startsWith('empty'))).toMatch(/UTC, north-1 was observed empty$/);
  });

  it('says so in a page and to a CI as well', () => {
    const page = renderHtml(report);
    expect(page).toContain('live, throttle');
    expect(page).toContain('north-1 observed empty');
    const xml = renderJUnit(report);
    expect(xml).toContain(
      'downtime 240 ms, forecast 300 ms\nbytes 524288000 B, forecast 419430400 B\nclimbed to throttle',
    );
    expect(xml).toContain('<system-out>north-1 was observed empty at 2026-');
  });
});
