import type { JsonObject } from '../model/json.js';
import type { Place } from '../model/place.js';
import type { RecoveryPoint } from '../model/replica.js';
import type { StepContext } from './step-type.js';

/**
 * A point at `at` whose data is not older than the step's first attempt, and which no earlier step of the lane has
 * made: proof that the VM's disks were brought up to date since. Undefined when there is none, also when a step did end
 * but the source had nothing new to give; doing such a step again is cheap and safe.
 */
export async function freshPoint(vm: string, at: Place, context: StepContext): Promise<RecoveryPoint | undefined> {
  const replica = await context.replicas.find(vm, at, context.signal);
  const earlier = new Set(Object.values(context.outputs).map(pointIdOf));
  return (replica?.points ?? [])
    .toSorted((one, other) => one.at - other.at)
    .findLast((point) => point.at >= context.startedAt && !earlier.has(point.id));
}

function pointIdOf(output: JsonObject): unknown {
  const point = output['point'];
  return typeof point === 'object' && point !== null && 'id' in point ? point['id'] : undefined;
}
