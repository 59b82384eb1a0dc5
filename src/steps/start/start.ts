import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { VmState } from '../../model/inventory.js';
import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import { blocker, unlessFailed } from '../host-findings.js';
import { toOutput } from '../output.js';
import { closed, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['start'];

/**
 * Starts a VM that is defined on a host, and resolves once it was seen running. Whether it may run there is for the
 * step's authority clause to say (safety rule S1). A VM that is paused or crashed is left as it is, for a person.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "at": { "site": "south", "host": "south-1" } }`
 */
export const start: StepType<Input> = {
  kind: 'start',
  schema: Type.Object(vmAt, closed),

  async check(input, context) {
    return await unlessFailed(input.vm, async () => {
      const state = await stateOf(input, context);
      return state === undefined
        ? [blocker('vm-not-found', input.vm, `${formatPlace(input.at)} does not know ${input.vm}`)]
        : [];
    });
  },

  async run(input, context) {
    const { vm, id, at } = input;
    if ((await requireStartable(input, context)) === 'shut-off') {
      context.progress({ text: `Starting ${vm} on ${formatPlace(at)}` });
      await context.hypervisor.start(at.host, id, context.signal);
    }
    if ((await requireStartable(input, context)) !== 'running') {
      throw new FailureError({
        code: 'start-failed',
        kind: 'transient',
        message: `${vm} was started on ${formatPlace(at)} and is shut off again`,
        hint: `look at its console and log on ${at.host}`,
      });
    }
    return outputOf(input);
  },

  async observe(input, context) {
    const where = formatPlace(input.at);
    const state = await stateOf(input, context);
    switch (state) {
      case 'running':
        return { verdict: 'done', evidence: `${input.vm} runs on ${where}`, output: outputOf(input) };
      case 'shut-off':
        return { verdict: 'not-started', evidence: `${input.vm} is shut off on ${where}` };
      case 'paused':
      case 'crashed':
      case 'unknown':
        return { verdict: 'contradictory', evidence: `${input.vm} is ${state} on ${where}` };
      case undefined:
        return { verdict: 'contradictory', evidence: `${where} does not know ${input.vm}, which was to start there` };
    }
  },
};

async function stateOf({ id, at }: Input, { hypervisor, signal }: StepContext): Promise<VmState | undefined> {
  return (await hypervisor.vm(at.host, id, signal))?.state;
}

/** Refuses every state from which a start would not be one. */
async function requireStartable(input: Input, context: StepContext): Promise<'running' | 'shut-off'> {
  const state = await stateOf(input, context);
  if (state === 'running' || state === 'shut-off') {
    return state;
  }
  throw new FailureError({
    code: state === undefined ? 'vm-not-found' : 'start-failed',
    kind: 'permanent',
    message: `${input.vm} cannot be started on ${formatPlace(input.at)}: ${
      state === undefined ? 'the host does not know it' : `it is ${state} there`
    }`,
    hint: `look at its console and log on ${input.at.host}, then retry`,
  });
}

function outputOf({ vm, at }: Input) {
  return toOutput({ vm, at, state: 'running' });
}
