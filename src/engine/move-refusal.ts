import type { Failure } from '../model/failure.js';
import type { OperatorMove } from '../model/request.js';
import { mayAnswer, type OfferedMove, offeredMoves, type RunState } from '../state-machines/index.js';

/** Why a run does not take this move of this operator now; undefined when it does. The moves that it takes are named. */
export function moveRefusal(state: RunState, move: OperatorMove, by: string): Failure | undefined {
  const lane = 'lane' in move ? move.lane : undefined;
  const concerned = offeredMoves(state).filter((offer) => lane === undefined || offer.lane === lane);
  const offers = concerned.filter((offer) => offer.move === move.move);
  if (move.move === 'attest' ? isAttestable(state, move.host) : offers.some((offer) => isOpenTo(state, offer, by))) {
    return undefined;
  }
  const names = [...new Set(concerned.map((offer) => offer.move))];
  const about = `\`${move.move}\`${lane === undefined ? '' : ` for ${lane}`}`;
  return {
    code: 'move-not-offered',
    kind: 'precondition',
    message:
      offers.length > 0 && move.move !== 'attest'
        ? `run ${state.runId} does not take ${about} from ${by}, whom the runbook does not name for it`
        : `run ${state.runId} does not take ${about} now`,
    hint: names.length === 0 ? 'it takes no moves now' : `it takes: ${names.join(', ')}`,
  };
}

function isAttestable(state: RunState, host: string): boolean {
  return state.phase !== 'finished' && state.plan !== undefined && state.deaths[host] === undefined;
}

/** An approval is answered by those whom the runbook names; any other move is anybody's. */
function isOpenTo(state: RunState, { move, lane }: OfferedMove, by: string): boolean {
  return (move !== 'approve' && move !== 'reject') || lane === undefined || mayAnswer(state, lane, by);
}
