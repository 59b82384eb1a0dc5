import { describe, expect, it } from '@jest/globals';
import { firstHash, nextHash } from './chain.js';
import { exportLine, verifyExport } from './ndjson.js';

describe('an export of a run', () => {
  it('gives its entries and the hash of the last one', () => {
    const lines = exported('run-1');
    const verified = verifyExport(lines);
    expect(verified).toMatchObject({ ok: true, runId: 'run-1', head: JSON.parse(lines[2] ?? '').hash });
    expect(verified.ok && verified.entries.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'run.started'],
      [2, 'run.taken-up'],
      [3, 'run.finished'],
    ]);
  });

  it('is refused at the first line that was changed, whatever was changed in it', () => {
    const lines = exported('run-1');
    for (const change of ['run-1', 'zoë', '"seq":2,"hash"', 'run.taken-up', '}}']) {
      const line = lines[1]?.replace(change, change === '}}' ? '} }' : `${change.slice(0, -1)}!`) ?? '';
      expect(line).not.toBe(lines[1]);
      expect(verifyExport(lines.with(1, line))).toMatchObject({ ok: false, line: 2 });
    }
  });

  it.each([
    ['a line is missing', (lines: readonly string[]) => lines.toSpliced(1, 1), 2, 'entry 2 is missing, this is 3'],
    [
      'lines changed places',
      ([a = '', b = '', c = '']: readonly string[]) => [a, c, b],
      2,
      'entry 2 is missing, this is 3',
    ],
    [
      'another run begins',
      (lines: readonly string[]) => [...lines, ...exported('run-2')],
      4,
      'it belongs to run run-2 and not to run-1',
    ],
    ['its beginning is missing', (lines: readonly string[]) => lines.slice(1), 1, 'entry 1 is missing, this is 2'],
    [
      'a line is something else',
      (lines: readonly string[]) => lines.with(0, '{"runId":1}'),
      1,
      'it is no line of an export',
    ],
    ['a line is cut', (lines: readonly string[]) => lines.with(2, '{"runId":"run-1"'), 3, 'it is no line of an export'],
    ['it is empty', () => [], 1, 'there are no lines'],
  ] as const)('is refused when %s', (_, change, line, reason) => {
    expect(verifyExport(change(exported('run-1')))).toEqual({ ok: false, line, reason });
  });

  it('is refused when its lines were given another run', () => {
    const lines = exported('run-1').map((line) => line.replaceAll('run-1', 'run-9'));
    expect(verifyExport(lines)).toMatchObject({ ok: false, line: 1 });
  });
});

function exported(runId: string): string[] {
  let hash = firstHash(runId);
  return ['run.started', 'run.taken-up', 'run.finished'].map((type, index) => {
    const seq = index + 1;
    const text = JSON.stringify({ seq, type, at: 5, author: 'zoë' });
    hash = nextHash(hash, text);
    return exportLine(runId, { seq, hash, text });
  });
}
