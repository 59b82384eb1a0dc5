import { Type } from 'typebox';
import { sleep } from '../../model/clock.js';
import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import type { ApproveInput } from '../../model/runbook.js';
import { formatDuration } from '../../model/units.js';
import { amount, closed, text } from '../schema.js';
import type { ReceivedMove, StepContext, StepType } from '../step-type.js';
import { answerOf, mayAnswer } from './answer.js';

/**
 * Waits until somebody who may do so approves or rejects, counted from the first attempt. When nobody has answered in
 * time the run goes on, stops, or waits for an operator, as the runbook says.
 *
 * Example: `{ "from": ["dba"], "withinMs": 900000, "otherwise": "pause" }`
 */
export const approve: StepType<ApproveInput> = {
  kind: 'approve',
  schema: Type.Object(
    {
      from: Type.Array(text),
      withinMs: amount,
      otherwise: Type.Union([Type.Literal('pause'), Type.Literal('continue'), Type.Literal('stop')]),
    },
    closed,
  ),

  check: () => Promise.resolve([]),

  async run(input, context) {
    const untilMs = context.startedAt + input.withinMs;
    const moves = [...context.moves.received];
    const who = input.from.length === 0 ? 'anyone' : input.from.join(' or ');
    context.progress({ text: `Waiting for approval by ${who}`, untilMs });
    for (;;) {
      const answer = answerOf(input, moves, untilMs);
      if (answer !== undefined) {
        return outputOf(answer);
      }
      const move = await nextMove(context, untilMs);
      if (move === undefined) {
        return nobody(input);
      }
      moves.push(move);
      if (!mayAnswer(input, move)) {
        context.progress({ text: `${move.by} may not approve this; still waiting for approval by ${who}`, untilMs });
      }
    }
  },

  observe(input, context) {
    const answer = answerOf(input, context.moves.received, context.startedAt + input.withinMs);
    return Promise.resolve(
      answer?.move.move === 'approve'
        ? { verdict: 'done', evidence: `${answer.by} has approved`, output: outputOf(answer) }
        : { verdict: 'not-started', evidence: 'Nobody who may do so has approved' },
    );
  },
};

/** The next move, or undefined once the time is over. Nothing is left waiting afterwards. */
async function nextMove(context: StepContext, untilMs: number): Promise<ReceivedMove | undefined> {
  const leftMs = untilMs - context.clock.now();
  if (leftMs <= 0) {
    return undefined;
  }
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const late = sleep(context.clock, leftMs, signal).then(() => undefined);
  const move = context.moves.next(signal);
  try {
    await Promise.race([move, late]);
  } finally {
    ended.abort(new Error('The approval waits no longer'));
  }
  const [answer] = await Promise.allSettled([move, late]);
  return answer.status === 'fulfilled' ? answer.value : undefined;
}

function outputOf({ move, by, reason, at }: ReceivedMove): JsonObject {
  if (move.move === 'approve') {
    return { answer: 'approved', by, reason, at };
  }
  throw new FailureError({
    code: 'not-approved',
    kind: 'permanent',
    message: `${by} has rejected it${reason === '' ? '' : `: ${reason}`}`,
    hint: 'approve it and retry, or leave the run stopped',
  });
}

function nobody({ otherwise, withinMs }: ApproveInput): JsonObject {
  if (otherwise === 'continue') {
    return { answer: 'nobody' };
  }
  throw new FailureError({
    code: 'not-approved',
    kind: 'permanent',
    message: `nobody has approved within ${formatDuration(withinMs)}`,
    hint: otherwise === 'pause' ? 'approve it and retry, or cancel the run' : 'start the run again when it may go on',
  });
}
