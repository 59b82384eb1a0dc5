import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { PlaceInput } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { amount, closed, text, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';
import { roomFindings } from './room.js';

/**
 * Confirms just before a VM moves that its target still has room and all that the VM needs. Looks only.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "at": { … }, "memoryBytes": 4294967296, "vcpus": 2, "networks": ["br-prod"], "diskBytes": 0 }`
 */
export const place: StepType<PlaceInput> = {
  kind: 'place',
  schema: Type.Object(
    {
      ...vmAt,
      memoryBytes: amount,
      vcpus: amount,
      cpuModel: Type.Optional(text),
      networks: Type.Array(text),
      diskBytes: amount,
    },
    closed,
  ),

  check: findingsOf,

  async run(input, context) {
    const findings = await findingsOf(input, context);
    if (findings.length === 0) {
      return outputOf(input);
    }
    throw new FailureError({
      code: findings.length === 1 ? (findings[0]?.code ?? 'place-unfit') : 'place-unfit',
      kind: findings.some(({ code }) => code === 'host-unreachable') ? 'transient' : 'precondition',
      message: `${input.vm} does not fit on ${formatPlace(input.at)}: ${findings.map(({ message }) => message).join('; ')}`,
      hint: 'nothing was changed; make room there and retry, or plan again',
    });
  },

  async observe(input, context) {
    const findings = await findingsOf(input, context);
    return findings.length === 0
      ? {
          verdict: 'done',
          evidence: `${formatPlace(input.at)} has room for ${input.vm}`,
          output: outputOf(input),
        }
      : { verdict: 'not-started', evidence: findings.map(({ message }) => message).join('; ') };
  },
};

async function findingsOf(input: PlaceInput, context: StepContext) {
  return await hostFindings(input.at.host, context, (facts) => roomFindings(input, facts));
}

function outputOf({ at }: PlaceInput) {
  return toOutput({ at });
}
