import { describe, expect, it } from '@jest/globals';
import { eventfulRun } from '../../test/reports/eventful-run.js';
import { renderJson } from './json.js';
import { reportOf } from './report-of.js';

describe('renderJson', () => {
  const text = renderJson(reportOf('run-1', eventfulRun()));

  it('names its version first', () => {
    expect(text.startsWith('{\n  "apiVersion": 1,\n')).toBe(true);
  });

  it('has the fields that programs rely on', () => {
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'apiVersion',
      'authority',
      'by',
      'deaths',
      'emptied',
      'evidence',
      'findings',
      'forecasts',
      'marks',
      'mode',
      'moves',
      'objectives',
      'runId',
      'runbook',
      'skipped',
      'stages',
      'standing',
      'times',
      'verdict',
      'vms',
    ]);
  });

  it('is the same text when the journal was stored with its keys in another order', () => {
    const turned = JSON.parse(JSON.stringify(eventfulRun()), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toReversed())
        : value,
    ) as ReturnType<typeof eventfulRun>;
    expect(renderJson(reportOf('run-1', turned))).toBe(text);
  });
});
