import { describe, expect, it } from '@jest/globals';
import { sourceOf } from './position.js';
import { formatProblem } from './problem.js';
import { type Complaint, problemsOf } from './problem-report.js';

const complaint = (offset: number): Complaint => ({
  code: 'unknown-key',
  message: `at ${offset}`,
  where: { offset, length: 1 },
});

function report(complaints: readonly Complaint[], text = 'x\n'.repeat(3_000)) {
  const spanOf = () => ({ offset: 0, length: 1 });
  return problemsOf(complaints, { source: sourceOf('a.yaml', text), spanOf });
}

describe('a report', () => {
  it('has the problems in the order of the file', () => {
    expect(report([4, 0, 2].map(complaint)).map(({ line }) => line)).toEqual([1, 2, 3]);
  });

  it('ends after fifty with how many more there are', () => {
    const problems = report(Array.from({ length: 60 }, (_, index) => complaint(index * 2)));
    expect(problems).toHaveLength(51);
    expect(problems.at(-1)).toMatchObject({
      code: 'more-problems',
      line: 51,
      message: '10 more problems from here on, not shown',
    });
  });

  it('does not claim to know how many thousands there are', () => {
    const problems = report(Array.from({ length: 5_000 }, () => complaint(0)));
    expect(problems.at(-1)?.message).toBe('At least 950 more problems from here on, not shown');
  });

  it('shows the place, the line before it, and what was meant', () => {
    const where = { offset: 17, length: 5 };
    const meant = { word: 'prioo', among: ['name', 'priority', 'prio'] };
    const [problem] = report(
      [{ code: 'unknown-key', message: 'Unknown key', where, meant }],
      'groups:\n  - a: 1\nprioo: 2\n',
    );
    expect(problem === undefined ? '' : formatProblem(problem)).toBe(
      [
        'a.yaml:3:1: Unknown key [unknown-key]',
        '  2 |   - a: 1',
        '> 3 | prioo: 2',
        '    | ^^^^^',
        '  hint: did you mean `prio`?',
      ].join('\n'),
    );
  });
});
