import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { StepInputs } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { closed, text } from '../schema.js';
import type { StepType } from '../step-type.js';

type Input = StepInputs['cordon'];

/**
 * Marks a host so that nothing is placed on it any more. The mark stays when the run ends: the host is failing, or is to
 * be worked on. With `lift` it takes the mark off. Undo does the opposite.
 *
 * Example: `{ "host": "north-1" }`
 */
export const cordon: StepType<Input> = {
  kind: 'cordon',
  schema: Type.Object({ host: text, lift: Type.Optional(Type.Boolean()) }, closed),

  check: async ({ host }, context) => await hostFindings(host, context),

  async run({ host, lift = false }, context) {
    const { hypervisor, signal } = context;
    context.progress({
      text: lift ? `Lifting the cordon of ${host}` : `Cordoning ${host}: nothing more is placed on it`,
    });
    await hypervisor.cordon(host, !lift, signal);
    if ((await hypervisor.host(host, signal)).facts.isCordoned === lift) {
      throw new FailureError({
        code: 'cordon-unconfirmed',
        kind: 'transient',
        message: lift
          ? `the cordon of ${host} was lifted, but it still shows it`
          : `${host} took the cordon but does not show it`,
      });
    }
    return { host };
  },

  async observe({ host, lift = false }, { hypervisor, signal }) {
    const { facts } = await hypervisor.host(host, signal);
    const evidence = facts.isCordoned ? `${host} is cordoned` : `${host} is not cordoned`;
    return facts.isCordoned === lift
      ? { verdict: 'not-started', evidence }
      : { verdict: 'done', evidence, output: { host } };
  },

  async undo({ host, lift = false }, { hypervisor, signal }) {
    await hypervisor.cordon(host, lift, signal);
    return { host };
  },
};
