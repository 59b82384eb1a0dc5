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

/** Only a host on which something of the run hangs: a word for another one would prove what nobody has asked. */
function isAttestable({ phase, plan, deaths }: RunState, host: string): boolean {
  const steps = (plan?.stages ?? []).flatMap(({ lanes }) => lanes).flatMap((lane) => lane.steps);
  const hangs = steps.some(
    ({ authority, kind, input }) =>
      (kind === 'fence' && input['host'] === host) ||
      (authority?.rule === 'takes' && (authority.from.host === host || authority.deadHosts.includes(host))),
  );
  return phase !== 'finished' && deaths[host] === undefined && hangs;
}

/** An approval is answered by those whom the runbook names; any other move is anybody's. */
function isOpenTo(state: RunState, { move, lane }: OfferedMove, by: string): boolean {
  return (move !== 'approve' && move !== 'reject') || lane === undefined || mayAnswer(state, lane, by);
}
