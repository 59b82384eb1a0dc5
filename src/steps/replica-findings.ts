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

/** The wanted point as the host holds it now; undefined when there is none. */
export async function findPoint(
  { vm, at, point }: WantedPoint,
  context: StepContext,
): Promise<RecoveryPoint | undefined> {
  const replicas = await context.replicas.list(at.site, context.signal);
  const points = replicas.filter((replica) => replica.vm === vm && replica.host === at.host).flatMap((r) => r.points);
  return point === 'newest'
    ? points.toSorted((one, other) => one.at - other.at).at(-1)
    : points.find(({ id }) => id === point.id);
}

/** What stands against using the wanted point. A mirror's newest state becomes a point only when it is promoted. */
export async function replicaFindings(wanted: WantedPoint, context: StepContext): Promise<readonly Finding[]> {
  const { vm, at, point } = wanted;
  return (await findPoint(wanted, context)) === undefined
    ? [blocker('point-not-found', vm, `${formatPlace(at)} does not hold ${formatPoint(point)} of ${vm}`)]
    : [];
}
