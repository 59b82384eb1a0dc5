import type { MoveName, OperatorMove } from '../../src/model/request.js';
import { offeredMoves, type RunState } from '../../src/state-machines/index.js';
import type { Chance } from './chance.js';

/** How a run's operator chooses: at random, with moves that end things once patience is over, or to get the run done. */
export type Temper = 'random' | 'impatient' | 'helpful';

const weights: Readonly<Record<Temper, Readonly<Record<MoveName, number>>>> = {
  random: { retry: 50, resume: 60, approve: 40, attest: 50, skip: 10, abandon: 10, reject: 10, cancel: 5, pause: 2 },
  impatient: { retry: 2, resume: 60, approve: 60, attest: 60, skip: 20, abandon: 40, reject: 20, cancel: 10, pause: 0 },
  helpful: { retry: 60, resume: 60, approve: 60, attest: 90, skip: 0, abandon: 0, reject: 0, cancel: 0, pause: 0 },
};

/** One of the moves that the run offers; a host is attested only when `isDead` says that it certainly is. */
export function chooseMove(
  state: RunState,
  about: { readonly chance: Chance; readonly temper: Temper; readonly isDead: (host: string) => boolean },
): OperatorMove | undefined {
  const { chance, temper, isDead } = about;
  const moves = offeredMoves(state).flatMap(({ move, lane }): OperatorMove[] => {
    switch (move) {
      case 'pause':
      case 'resume':
      case 'cancel':
        return [{ move }];
      case 'attest':
        return hostsOfLane(state, lane)
          .filter(isDead)
          .map((host) => ({ move, host }));
      default:
        // Sometimes about everything that offers it.
        return lane === undefined || chance.percent(20) ? [{ move }] : [{ move, lane }];
    }
  });
  const names = new Set(moves.map(({ move }) => move));
  const open = Object.fromEntries([...names].map((name) => [name, weights[temper][name]])) as Record<MoveName, number>;
  const isPossible = Object.values(open).some((weight) => weight > 0);
  const name = isPossible ? chance.weighted(open) : undefined;
  return chance.maybe(moves.filter(({ move }) => move === name));
}

function hostsOfLane(state: RunState, lane: string | undefined): readonly string[] {
  return (state.plan?.stages ?? [])
    .flatMap(({ lanes }) => lanes)
    .filter(({ id, subject }) => id === lane && subject.kind === 'host' && state.deaths[subject.name] === undefined)
    .map(({ subject }) => subject.name);
}
