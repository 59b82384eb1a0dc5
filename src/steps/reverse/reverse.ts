import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import { freshPoint } from '../fresh-point.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { betweenPlaces } from '../schema.js';
import type { StepType } from '../step-type.js';
import { reportTransfer } from '../transfer-progress.js';

type Input = StepInputs['reverse'];

/**
 * Makes the old source's disks the replica of the place where the VM is now: `from` is where it runs, `to` where it used
 * to. Moves the delta only.
 *
 * Example: `{ "vm": "db-1", "from": { "site": "south", "host": "south-1" }, "to": { "site": "north", "host": "north-1" } }`
 */
export const reverse: StepType<Input> = {
  kind: 'reverse',
  schema: betweenPlaces,

  async check({ from, to }, context) {
    return [...(await hostFindings(from.host, context)), ...(await hostFindings(to.host, context))];
  },

  async run({ vm, from, to }, context) {
    const text = `Copying what changed on ${vm} since it moved back to ${formatPlace(to)}`;
    context.progress({ text });
    return toOutput(await context.replicas.reverse(vm, from, to, context.signal, reportTransfer(context, text)));
  },

  async observe({ vm, to }, context) {
    const point = await freshPoint(vm, to, context);
    return point === undefined
      ? { verdict: 'not-started', evidence: `${formatPlace(to)} is not yet a replica of ${vm} made by this step` }
      : {
          verdict: 'done',
          evidence: `${formatPlace(to)} holds point ${point.id} of ${vm}, made since this step began`,
          output: toOutput({ bytes: point.sizeBytes, point }),
        };
  },
};
