import type { Proof } from '../../model/authority.js';
import type { JsonObject } from '../../model/json.js';
import { formatPlace } from '../../model/place.js';
import type { CheckInput } from '../../model/step-input.js';
import { formatPoint, toOutput } from '../output.js';
import { heldState } from '../replica-findings.js';
import type { StepContext } from '../step-type.js';

/** What one look says: whether it is so, whether waiting can make it so, and in one sentence what was seen. */
export interface Answer {
  readonly isSo: boolean;
  readonly mayChange: boolean;
  readonly detail: string;
  readonly output: JsonObject;
}

/** Looks once. Rejects when it cannot be told, as when the host is unreachable. */
export async function answerOf(input: CheckInput, context: StepContext): Promise<Answer> {
  switch (input.about) {
    case 'vm-state':
      return await vmState(input, context);
    case 'host-empty':
      return await hostEmpty(input.host, context);
    case 'replica':
      return await replica(input, context);
  }
}

async function vmState(input: CheckInput & { about: 'vm-state' }, context: StepContext): Promise<Answer> {
  const { vm, id, at, state } = input;
  const seen = (await context.hypervisor.vm(at.host, id, context.signal))?.state;
  const isSo = seen === state;
  const proof: Proof = { kind: 'observed-stopped', place: at, at: context.clock.now() };
  return {
    isSo,
    mayChange: false,
    detail: `${vm} is ${seen ?? 'not known'} on ${formatPlace(at)}${isSo ? '' : `, and the plan needs it ${state}`}`,
    output: toOutput({ state, ...(state === 'shut-off' ? { proof } : {}) }),
  };
}

/** A VM that is shut off is left on the host as well: a host is called empty only when it is (safety rule S7). */
async function hostEmpty(host: string, context: StepContext): Promise<Answer> {
  const { vms } = await context.hypervisor.host(host, context.signal);
  const left = vms.map(({ name, state }) => `${name} (${state})`);
  return {
    isSo: left.length === 0,
    mayChange: vms.some(({ state }) => state !== 'shut-off'),
    detail: left.length === 0 ? `${host} has no VM` : `${host} still has ${left.join(', ')}`,
    output: { host, vms: 0 },
  };
}

async function replica(input: CheckInput & { about: 'replica' }, context: StepContext): Promise<Answer> {
  const held = await heldState(input, context);
  const where = `${formatPoint(input.point)} of ${input.vm}`;
  return held === undefined
    ? { isSo: false, mayChange: false, detail: `${formatPlace(input.at)} does not hold ${where}`, output: {} }
    : { isSo: true, mayChange: false, detail: `${formatPlace(input.at)} holds ${where}`, output: toOutput(held) };
}
