import type { Intent } from './intent.js';
import type { Result, Simulated } from './simulate.js';
import type { Violation } from './violation.js';

/** What is left of a simulated seed once it has been judged. */
export interface Summary {
  readonly seed: number;
  readonly intent: Intent;
  readonly results: readonly Result[];
  readonly struck: readonly string[];
  readonly violations: readonly Violation[];
  readonly entries: number;
  readonly digest: string;
}

export function summaryOf(simulated: Simulated, isSame = true): Summary {
  const { scenario, results, struck, violations, journals, digest } = simulated;
  const differs: readonly Violation[] = isSame
    ? []
    : [{ rule: 'same-seed-same-run', detail: `seed ${scenario.seed} came out otherwise the second time` }];
  return {
    seed: scenario.seed,
    intent: scenario.intent,
    results,
    struck,
    violations: [...violations, ...differs],
    entries: journals.reduce((sum, { entries }) => sum + entries.length, 0),
    digest,
  };
}
