import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { StepInputs } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { closed, text } from '../schema.js';
import type { StepType } from '../step-type.js';

type Input = StepInputs['cordon'];

/**
 * Marks a host so that nothing is placed on it any more. The mark stays when the run ends: the host is failing, or is to
 * be worked on. Undo takes it off.
 *
 * Example: `{ "host": "north-1" }`
 */
export const cordon: StepType<Input> = {
  kind: 'cordon',
  schema: Type.Object({ host: text }, closed),

  check: async ({ host }, context) => await hostFindings(host, context),

  async run({ host }, context) {
    const { hypervisor, signal } = context;
    context.progress({ text: `Cordoning ${host}: nothing more is placed on it` });
    await hypervisor.cordon(host, true, signal);
    if (!(await hypervisor.host(host, signal)).facts.isCordoned) {
      throw new FailureError({
        code: 'cordon-unconfirmed',
        kind: 'transient',
        message: `${host} took the cordon but does not show it`,
      });
    }
    return { host };
  },

  async observe({ host }, { hypervisor, signal }) {
    const { facts } = await hypervisor.host(host, signal);
    return facts.isCordoned
      ? { verdict: 'done', evidence: `${host} is cordoned`, output: { host } }
      : { verdict: 'not-started', evidence: `${host} is not cordoned` };
  },

  async undo({ host }, { hypervisor, signal }) {
    await hypervisor.cordon(host, false, signal);
    return { host };
  },
};
