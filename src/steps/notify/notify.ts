import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { StepInputs } from '../../model/step-input.js';
import { closed, text } from '../schema.js';
import type { StepType } from '../step-type.js';

type Input = StepInputs['notify'];

/**
 * Tells people something at this moment of the run. Nobody can look up whether a message has arrived, so after a crash
 * it is sent again: better twice than never.
 *
 * Example: `{ "message": "The payroll is about to move to the south" }`
 */
export const notify: StepType<Input> = {
  kind: 'notify',
  schema: Type.Object({ message: text }, closed),

  check: () => Promise.resolve([]),

  async run({ message }, context) {
    const { notifier, runId, runbook, signal } = context;
    context.progress({ text: 'Sending a message' });
    try {
      await notifier.send(
        { runId, runbook, event: 'message', subject: `${runbook}: ${message}`, text: message },
        signal,
      );
    } catch (error) {
      if (error instanceof FailureError) {
        throw new FailureError({ ...error.failure, kind: 'transient' }, { cause: error });
      }
      throw error;
    }
    return { message };
  },

  observe: () =>
    Promise.resolve({
      verdict: 'not-started',
      evidence: 'Nobody can tell whether the message was sent, so it is sent again',
    }),
};
