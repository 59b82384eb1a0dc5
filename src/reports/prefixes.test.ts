import { describe, expect, it } from '@jest/globals';
import { assert, property, shuffledSubarray } from 'fast-check';
import { eventfulRun } from '../../test/reports/eventful-run.js';
import { failover } from '../../test/reports/journals.js';
import { elementsOf } from '../../test/reports/markup.js';
import type { Entry } from '../model/entry.js';
import { renderHtml } from './html/page.js';
import { renderJson } from './json.js';
import { renderJUnit } from './junit.js';
import { reportOf } from './report-of.js';
import { renderText } from './text.js';
import { isDone } from './verdict.js';

const journals: readonly (readonly [string, readonly Entry[]])[] = [
  ['a failover', failover({ vms: ['db-1', 'web-1', 'web-2'], failing: ['web-1'] })],
  ['a run in which much goes wrong', eventfulRun()],
];

describe.each(journals)('every prefix of %s', (_name, entries) => {
  const prefixes = Array.from({ length: entries.length + 1 }, (_, length) => entries.slice(0, length));

  it('gives a report that renders in every form', () => {
    for (const prefix of prefixes) {
      const report = reportOf('run-1', prefix);
      expect(renderText(report)).toContain(report.verdict.slice(0, 20));
      expect(JSON.parse(renderJson(report))).toMatchObject({ apiVersion: 1, runId: 'run-1' });
      expect(elementsOf(renderJUnit(report))).toContain('testsuites');
      expect(elementsOf(renderHtml(report))).toContain('h1');
    }
  });

  it('is open until the journal says that the run has finished', () => {
    const results = prefixes.map((prefix) => reportOf('run-1', prefix).standing.result);
    expect(results.slice(0, -1).filter((result) => result !== 'open')).toEqual([]);
    expect(results.at(-1)).toBe('with-errors');
  });

  it('never takes back that a VM is in its place', () => {
    const done = prefixes.map(
      (prefix) => reportOf('run-1', prefix).vms.filter(({ outcome }) => isDone(outcome)).length,
    );
    expect(done).toEqual(done.toSorted((one, other) => one - other));
  });
});

describe('a journal of any entries', () => {
  it('gives a report that renders, even where no engine would have written it', () => {
    const all = eventfulRun();
    assert(
      property(shuffledSubarray([...all]), (entries) => {
        const report = reportOf('run-1', entries);
        expect(elementsOf(renderHtml(report))).toContain('h1');
        expect(renderText(report)).toContain('Evidence');
        expect(elementsOf(renderJUnit(report))).toContain('testsuites');
      }),
      { numRuns: 60 },
    );
  });
});
