import { Type } from 'typebox';
import { FailureError } from '../model/failure.js';
import type { JsonObject } from '../model/json.js';
import type { PlannedPoint } from '../model/step-input.js';
import type { OverlayDisks, PointChoice } from '../storage-sync/replicas.js';
import { compileSchema } from './schema.js';
import type { StepContext } from './step-type.js';

/** What a step hands back as the JSON that the journal keeps; members that are undefined are left out. */
export function toOutput(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}

const disksProblems = compileSchema(
  Type.Object({
    disks: Type.Array(Type.Object({ target: Type.String(), path: Type.String(), sizeBytes: Type.Number() })),
  }),
);
const promotedProblems = compileSchema(
  Type.Object({ dataAgeMs: Type.Number(), point: Type.Object({ id: Type.String() }) }),
);

/** The disks that the named step of the same lane has made. A lane without that output was planned wrongly. */
export function disksOf(context: StepContext, step: string): OverlayDisks['disks'] {
  const output = context.outputs[step];
  if (output === undefined || disksProblems(output).length > 0) {
    throw new FailureError({
      code: 'output-missing',
      kind: 'bug',
      message: `${context.key} needs the disks that step ${step} makes, and it has left none`,
    });
  }
  return (output as JsonObject & OverlayDisks).disks;
}

/** The point that the promotion of this lane has pinned; undefined when the lane has promoted nothing. */
export function promotedPoint(context: StepContext): PointChoice | undefined {
  const output = Object.values(context.outputs).findLast((candidate) => promotedProblems(candidate).length === 0);
  return output === undefined ? undefined : { id: (output as JsonObject & { point: { id: string } }).point.id };
}

/** How a point that a plan names is told to people. */
export function formatPoint(point: PlannedPoint): string {
  return point === 'newest' ? 'the newest point' : `point ${point.id}`;
}
