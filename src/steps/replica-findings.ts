import type { Finding } from '../model/finding.js';
import { formatPlace, type Place } from '../model/place.js';
import type { RecoveryPoint } from '../model/replica.js';
import type { PlannedPoint } from '../model/step-input.js';
import { blocker } from './host-findings.js';
import { formatPoint } from './output.js';
import type { StepContext } from './step-type.js';

export interface WantedPoint {
  readonly vm: string;
  readonly at: Place;
  readonly point: PlannedPoint;
}

/**
 * What the host holds of it: `undefined` when nothing can be used. A mirror that is ready has its newest state without
 * a point, which its promotion then makes; `point` is left out there.
 */
export async function heldState(
  { vm, at, point }: WantedPoint,
  context: StepContext,
): Promise<{ readonly point?: RecoveryPoint } | undefined> {
  const replica = await context.replicas.find(vm, at, context.signal);
  const points = (replica?.points ?? []).toSorted((one, other) => one.at - other.at);
  const found = point === 'newest' ? points.at(-1) : points.find(({ id }) => id === point.id);
  if (found !== undefined) {
    return { point: found };
  }
  return point === 'newest' && replica?.dataAsOf !== undefined ? {} : undefined;
}

/** What stands against using the wanted point. */
export async function replicaFindings(wanted: WantedPoint, context: StepContext): Promise<readonly Finding[]> {
  const { vm, at, point } = wanted;
  return (await heldState(wanted, context)) === undefined
    ? [blocker('point-not-found', vm, `${formatPlace(at)} does not hold ${formatPoint(point)} of ${vm}`)]
    : [];
}
