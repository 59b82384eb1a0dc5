import { Type } from 'typebox';
import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import type { PromotedReplica } from '../../storage-sync/replicas.js';
import { unlessFailed } from '../host-findings.js';
import { formatPoint, toOutput } from '../output.js';
import { replicaFindings } from '../replica-findings.js';
import { closed, place, plannedPoint, text } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['promote'];

/**
 * Ends writing to a replica, publishes what is complete and pins the point that the VM will start from. It reads and
 * changes the replica alone: that the VM's old place is dead is for the authority clause to demand.
 *
 * Output: the point, its disks, and `dataAgeMs`: how old the data was when the step first began, so that neither a
 * retry nor a crash makes it look older.
 *
 * Example: `{ "vm": "db-1", "at": { "site": "south", "host": "south-1" }, "point": "newest" }`
 */
export const promote: StepType<Input> = {
  kind: 'promote',
  schema: Type.Object({ vm: text, at: place, point: plannedPoint }, closed),

  check: async (input, context) => await unlessFailed(input.vm, async () => await replicaFindings(input, context)),

  async run({ vm, at, point }, context) {
    context.progress({ text: `Promoting ${formatPoint(point)} of ${vm} at ${formatPlace(at)}` });
    return outputOf(await context.replicas.promote(vm, at, point, context.runId, context.signal), context);
  },

  async observe({ vm, at }, context) {
    const promoted = await context.replicas.promoted(vm, at, context.runId, context.signal);
    return promoted === undefined
      ? { verdict: 'not-started', evidence: `No point of ${vm} at ${formatPlace(at)} is pinned by this run` }
      : {
          verdict: 'done',
          evidence: `Point ${promoted.point.id} of ${vm} at ${formatPlace(at)} is pinned by this run`,
          output: outputOf(promoted, context),
        };
  },
};

function outputOf({ point, disks }: PromotedReplica, { startedAt }: StepContext) {
  return toOutput({ point, dataAgeMs: Math.max(0, startedAt - point.at), disks });
}
