import { FailureError } from '../../model/failure.js';
import type { CleanupInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { requireGone } from './gone.js';

type Input = CleanupInput & { readonly what: 'source' };

/** Blocks the start of a VM's stopped definition at its old place, then forgets it. A VM that is not shut off is refused. */
export async function cleanSource(input: Input, context: StepContext): Promise<void> {
  const { vm, id, at } = input;
  const { hypervisor, signal } = context;
  const facts = await hypervisor.vm(at.host, id, signal);
  if (facts === undefined) {
    return;
  }
  if (facts.state !== 'shut-off') {
    throw new FailureError({
      code: 'source-running',
      kind: 'permanent',
      message: `${vm} is ${facts.state} on ${at.host}, its old place, so it is not forgotten there`,
      hint: `find out with \`lifeboat authority ${vm}\` where it may run, and stop the other one by hand`,
    });
  }
  context.progress({ text: `Forgetting the stopped ${vm} on ${at.host}` });
  await hypervisor.setAutostart(at.host, id, false, signal);
  await hypervisor.undefine(at.host, id, signal);
  requireGone(await sourceLeft(input, context));
}

/** That the old place still knows the VM, in one sentence; undefined when it does not. */
export async function sourceLeft({ vm, id, at }: Input, { hypervisor, signal }: StepContext) {
  const facts = await hypervisor.vm(at.host, id, signal);
  return facts === undefined ? undefined : `${at.host} still has ${vm}, ${facts.state}`;
}
