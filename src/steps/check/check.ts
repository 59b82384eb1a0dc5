import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import type { CheckInput } from '../../model/step-input.js';
import { blocker, unlessFailed } from '../host-findings.js';
import { poll, pollMs } from '../polling.js';
import { closed, oneOfBy, place, plannedPoint, text, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';
import { answerOf } from './answer.js';

const schema = oneOfBy('about', [
  Type.Object(
    {
      about: Type.Literal('vm-state'),
      state: Type.Union([Type.Literal('running'), Type.Literal('shut-off')]),
      ...vmAt,
    },
    closed,
  ),
  Type.Object({ about: Type.Literal('host-empty'), host: text }, closed),
  Type.Object({ about: Type.Literal('replica'), vm: text, at: place, point: plannedPoint }, closed),
]);

/** Time that is left for one last look at a host. */
const lookMs = 9_000;

/**
 * Looks, changes nothing, and fails when the world is not as the plan needs it. Only a host that still runs VMs is
 * waited for, as long as the step has time, since a VM that has just moved may need a moment to be gone.
 *
 * A VM seen shut off leaves that as proof (`observed-stopped`) for the step that takes its authority.
 *
 * Example: `{ "about": "host-empty", "host": "north-1" }`
 */
export const check: StepType<CheckInput> = {
  kind: 'check',
  schema,

  async check(input, context) {
    const subject = input.about === 'host-empty' ? input.host : input.vm;
    return await unlessFailed(subject, async () => {
      const { isSo, detail } = await answerOf(input, context);
      return isSo ? [] : [blocker('check-failed', subject, detail)];
    });
  },

  async run(input, context) {
    const lastLookAt = (context.deadlineAt ?? Infinity) - lookMs - pollMs;
    return await poll(context, async () => await look(input, context, lastLookAt));
  },

  async observe(input, context) {
    const { isSo, detail, output } = await answerOf(input, context);
    return isSo ? { verdict: 'done', evidence: detail, output } : { verdict: 'not-started', evidence: detail };
  },
};

async function look(input: CheckInput, context: StepContext, lastLookAt: number): Promise<JsonObject | undefined> {
  const { isSo, mayChange, detail, output } = await answerOf(input, context);
  if (isSo) {
    return output;
  }
  if (mayChange && context.clock.now() < lastLookAt) {
    context.progress({ text: detail, ...(Number.isFinite(lastLookAt) ? { untilMs: lastLookAt } : {}) });
    return undefined;
  }
  throw new FailureError({
    code: 'check-failed',
    kind: 'precondition',
    message: detail,
    hint: 'nothing was changed by this check; mend it and retry, or plan again',
  });
}
