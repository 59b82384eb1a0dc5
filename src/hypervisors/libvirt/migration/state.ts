import { FailureError } from '../../../model/failure.js';
import type { MigrationState } from '../../hypervisor.js';
import { arrive, resultAt } from './arrival.js';
import { lookAtSource, lookAtTarget, standingOf } from './both.js';
import type { Tools, Way } from './tools.js';

/**
 * Where a migration stands. Both hosts are asked at once, and one that cannot be asked hides nothing of the other. When the
 * VM has arrived, what is left to do there is done: the process that began the move may be dead.
 */
export async function stateOf(tools: Tools, way: Way, signal: AbortSignal): Promise<MigrationState> {
  const [left, right] = await Promise.all([
    orUnreachable(lookAtSource(tools, way, signal)),
    orUnreachable(lookAtTarget(tools, way, signal)),
  ]);
  const source = left === 'unreachable' ? left : left.source?.state;
  const target = right === 'unreachable' ? right : right?.state;
  const isUnderWay = left !== 'unreachable' && left.job !== undefined;
  // Where the target answers, its own word is worth more.
  const neverLeft =
    right === 'unreachable' && left !== 'unreachable' && !isUnderWay && left.source?.hasNeverLeft === true;
  const state = { source, target, isUnderWay };
  if (left !== 'unreachable' && right !== 'unreachable' && standingOf({ ...left, target: right }) === 'moved') {
    await arrive(tools, way, { signal });
    const result = await resultAt(tools, way, signal);
    return result === undefined ? state : { ...state, result };
  }
  return neverLeft ? { ...state, neverLeft } : state;
}

async function orUnreachable<Answer>(look: Promise<Answer>): Promise<Answer | 'unreachable'> {
  try {
    return await look;
  } catch (error) {
    const isUnreachable =
      error instanceof FailureError && ['transient', 'outcome-unknown'].includes(error.failure.kind);
    if (isUnreachable) {
      return 'unreachable';
    }
    throw error;
  }
}
