import type { MoveName } from '../model/request.js';
import { isApprover } from './approver.js';
import type { RunState } from './run-state.js';

/** A move that an operator has now, and what it will do. */
export interface OfferedMove {
  readonly move: MoveName;
  /** The lane it is about; the whole run when left out. */
  readonly lane?: string;
  /** One sentence. */
  readonly effect: string;
}

/** Every move that the run takes in this state. */
export function offeredMoves(state: RunState): readonly OfferedMove[] {
  return [
    ...runMoves(state),
    ...state.lanes.flatMap(({ lane, offers, isRecovering }) =>
      offers.map((move) => ({ move, lane, effect: laneEffect(move, { lane, isRecovering }) })),
    ),
  ];
}

/** Whether nothing but an operator's move can bring the run on. */
export function waitsForOperator(state: RunState): boolean {
  const active = state.lanes.filter(({ status }) => status === 'active' || status === 'recovering');
  if (state.phase === 'paused') {
    return active.every(({ activity }) => activity === 'held' || activity === 'due');
  }
  return (
    state.phase !== 'finished' &&
    active.length > 0 &&
    active.every(
      ({ activity, offers }) => activity === 'held' || (activity === 'running' && offers.includes('approve')),
    )
  );
}

/** Whether this operator may answer the approval that the lane waits for. */
export function mayAnswer(state: RunState, laneId: string, by: string): boolean {
  const index = state.lanes.findIndex(({ lane }) => lane === laneId);
  const lanes = (state.plan?.stages ?? []).flatMap(({ lanes: ofStage }) => ofStage);
  const step = lanes[index]?.steps[state.lanes[index]?.step ?? -1];
  return step !== undefined && isApprover(step, by);
}

function runMoves({ phase }: RunState): readonly OfferedMove[] {
  const cancel = { move: 'cancel', effect: cancelEffect } as const;
  switch (phase) {
    case 'planned':
      return [cancel];
    case 'running':
      return [{ move: 'pause', effect: 'starts no new step until it is resumed; steps under way go on' }, cancel];
    case 'paused':
      return [{ move: 'resume', effect: 'goes on with the steps that are due' }, cancel];
    case 'stopping':
      return [cancel];
    case 'requested':
    case 'cancelling':
    case 'finished':
      return [];
  }
}

const cancelEffect =
  'asks the steps under way to stop, takes back what the plan says of lanes that have begun, starts nothing else but the clean-up';

function laneEffect(
  move: MoveName,
  { lane, isRecovering }: { readonly lane: string; readonly isRecovering: boolean },
): string {
  switch (move) {
    case 'retry':
      return `looks at the world and does the step of ${lane} that waits again if it is not done`;
    case 'skip':
      return `counts the step of ${lane} that waits as passed over and goes on with the next`;
    case 'abandon':
      return isRecovering
        ? `ends the recovery of ${lane} where it is; the lane has failed`
        : `gives ${lane} up, after what the plan says to take back; the lane has failed`;
    case 'approve':
      return `lets ${lane} go on`;
    case 'reject':
      return `ends ${lane}: it was not approved`;
    case 'attest':
      return `takes your word that the host of ${lane} is dead in place of the fence's proof`;
    case 'pause':
    case 'resume':
    case 'cancel':
      return 'concerns the whole run';
  }
}
