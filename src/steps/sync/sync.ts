import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import { freshPoint } from '../fresh-point.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { betweenPlaces } from '../schema.js';
import type { StepType } from '../step-type.js';
import { reportTransfer } from '../transfer-progress.js';

type Input = StepInputs['sync'];

/**
 * Brings a VM's replica up to its source's present and publishes a point; the final sync when the VM is shut off. Cut
 * short anywhere, it costs a repeated copy and never a false point.
 *
 * Example: `{ "vm": "db-1", "from": { "site": "north", "host": "north-1" }, "to": { "site": "south", "host": "south-1" } }`
 */
export const sync: StepType<Input> = {
  kind: 'sync',
  schema: betweenPlaces,

  async check({ from, to }, context) {
    return [...(await hostFindings(from.host, context)), ...(await hostFindings(to.host, context))];
  },

  async run({ vm, from, to }, context) {
    const text = `Copying what changed on ${vm} to ${formatPlace(to)}`;
    context.progress({ text });
    return toOutput(await context.replicas.sync(vm, from, to, context.signal, reportTransfer(context, text)));
  },

  async observe({ vm, to }, context) {
    const point = await freshPoint(vm, to, context);
    return point === undefined
      ? { verdict: 'not-started', evidence: `${formatPlace(to)} has no point of ${vm} made since this step began` }
      : {
          verdict: 'done',
          evidence: `${formatPlace(to)} has point ${point.id} of ${vm}, made since this step began`,
          output: toOutput({ bytes: point.sizeBytes, point }),
        };
  },
};
