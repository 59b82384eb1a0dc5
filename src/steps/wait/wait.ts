import { Type } from 'typebox';
import { sleep } from '../../model/clock.js';
import type { StepInputs } from '../../model/step-input.js';
import { formatDuration } from '../../model/units.js';
import { amount, closed } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['wait'];

/**
 * Waits for a while, counted from the first attempt: a crash neither shortens nor lengthens it.
 *
 * Example: `{ "forMs": 30000 }`
 */
export const wait: StepType<Input> = {
  kind: 'wait',
  schema: Type.Object({ forMs: amount }, closed),

  check: () => Promise.resolve([]),

  async run({ forMs }, context) {
    const untilMs = context.startedAt + forMs;
    context.progress({ text: `Waiting for ${formatDuration(forMs)}`, untilMs });
    await sleep(context.clock, leftOf(forMs, context), context.signal);
    return { forMs };
  },

  observe({ forMs }, context) {
    const leftMs = leftOf(forMs, context);
    return Promise.resolve(
      leftMs === 0
        ? { verdict: 'done', evidence: `The ${formatDuration(forMs)} are over`, output: { forMs } }
        : { verdict: 'not-started', evidence: `${formatDuration(leftMs)} of ${formatDuration(forMs)} are left` },
    );
  },
};

function leftOf(forMs: number, { startedAt, clock }: StepContext): number {
  return Math.max(0, startedAt + forMs - clock.now());
}
