import type { RunReport } from './run-report.js';

/**
 * The report for programs: `apiVersion` 1, which fields are added to and never changed or dropped. Keys are in
 * alphabetical order, so that two reports of the same journal are the same text. Ends with a newline.
 */
export function renderJson(report: RunReport): string {
  return `${JSON.stringify({ apiVersion: 1, ...report }, sorted, 2)}\n`;
}

function sorted(_key: string, value: unknown): unknown {
  const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isPlain
    ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
    : value;
}
