import type { Failure } from '../model/failure.js';
import type { OperatorMove } from '../model/request.js';
import { offeredMoves, type RunState } from '../state-machines/index.js';

/** Why a run does not take this move now; undefined when it does. The moves that it takes are named. */
export function moveRefusal(state: RunState, move: OperatorMove): Failure | undefined {
  const offered = offeredMoves(state);
  const lane = 'lane' in move ? move.lane : undefined;
  const isOffered =
    move.move === 'attest'
      ? state.phase !== 'finished' && state.plan !== undefined && state.deaths[move.host] === undefined
      : offered.some((offer) => offer.move === move.move && (lane === undefined || offer.lane === lane));
  if (isOffered) {
    return undefined;
  }
  const names = [...new Set(offered.filter((offer) => lane === undefined || offer.lane === lane).map((o) => o.move))];
  return {
    code: 'move-not-offered',
    kind: 'precondition',
    message: `run ${state.runId} does not take \`${move.move}\`${lane === undefined ? '' : ` for ${lane}`} now`,
    hint: names.length === 0 ? 'it takes no moves now' : `it takes: ${names.join(', ')}`,
  };
}
