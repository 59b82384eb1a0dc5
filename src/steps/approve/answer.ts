import type { ApproveInput } from '../../model/runbook.js';
import type { ReceivedMove } from '../step-type.js';

/** Whether this is an approval or a rejection by somebody whom the runbook lets decide. Anyone may when it names nobody. */
export function mayAnswer({ from }: ApproveInput, { move, by }: ReceivedMove): boolean {
  return (move.move === 'approve' || move.move === 'reject') && (from.length === 0 || from.includes(by));
}

/**
 * The last answer that counts, so that a person can change their mind before a retry. An answer after the time is over
 * counts only where the run waits for it (`otherwise: pause`).
 */
export function answerOf(
  input: ApproveInput,
  moves: readonly ReceivedMove[],
  untilMs: number,
): ReceivedMove | undefined {
  return moves.findLast((move) => mayAnswer(input, move) && (move.at <= untilMs || input.otherwise === 'pause'));
}
