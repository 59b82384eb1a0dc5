import { formatProblem, type Problem } from '../runbooks/problem.js';
import { exitCodes } from './exit-codes.js';
import { Refusal } from './refusal.js';

/** Files that cannot be used, with every problem found. */
export class InvalidFiles extends Refusal {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const files = [...new Set(problems.map(({ file }) => file))];
    const count = `${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`;
    super(
      exitCodes.invalidFile,
      `${count} in ${files.join(', ')}\n${problems.map(formatProblem).join('\n')}`,
      'Nothing was done. Mend the file and try again.',
    );
    this.name = 'InvalidFiles';
    this.problems = problems;
  }
}
