import { sleep } from '../model/clock.js';
import type { StepContext } from './step-type.js';

/** How often a step that waits looks again: short against what people notice, long against what a look costs. */
export const pollMs = 1_000;

/** Looks once a second until there is an answer. Ends without one only by the signal, which the engine's timeout aborts. */
export async function poll<Answer>(context: StepContext, look: () => Promise<Answer | undefined>): Promise<Answer> {
  for (;;) {
    context.signal.throwIfAborted();
    const answer = await look();
    if (answer !== undefined) {
      return answer;
    }
    await sleep(context.clock, pollMs, context.signal);
  }
}
