import { FailureError } from '../../model/failure.js';
import type { CleanupInput } from '../../model/step-input.js';
import { isCloneName } from '../clone-name.js';
import type { StepContext } from '../step-type.js';
import { requireGone } from './gone.js';

type Input = CleanupInput & { readonly what: 'clone' };

/**
 * Ends and forgets a clone and removes its overlay. A VM of the clone's id that is not named as one is no clone of ours:
 * it is left alone, and so is the overlay.
 */
export async function cleanClone(input: Input, context: StepContext): Promise<void> {
  const { vm, id, at, vmOverlay, overlayStep } = input;
  const { hypervisor, replicas, signal } = context;
  const facts = await hypervisor.vm(at.host, id, signal);
  if (facts !== undefined) {
    if (facts.name !== vm || !isCloneName(vm)) {
      throw new FailureError({
        code: 'not-a-clone',
        kind: 'permanent',
        message: `the VM ${id} on ${at.host} is called ${facts.name}, so it is not taken for the drill's clone ${vm}`,
        hint: `see who made ${facts.name} on ${at.host}; it was left as it is`,
      });
    }
    if (facts.state !== 'shut-off') {
      context.progress({ text: `Ending the clone ${vm} on ${at.host}` });
      await hypervisor.destroy(at.host, id, signal);
    }
    context.progress({ text: `Forgetting the clone ${vm} on ${at.host}` });
    await hypervisor.undefine(at.host, id, signal);
  }
  context.progress({ text: `Removing the clone's overlay of ${vmOverlay} on ${at.host}` });
  await replicas.removeOverlay(vmOverlay, at.host, `${context.runId}/${overlayStep}`, signal);
  requireGone(await cloneLeft(input, context));
}

/** What is left of a clone, in one sentence; undefined when nothing is. */
export async function cloneLeft(input: Input, { hypervisor, replicas, runId, signal }: StepContext) {
  const { vm, id, at, vmOverlay, overlayStep } = input;
  const facts = await hypervisor.vm(at.host, id, signal);
  if (facts !== undefined) {
    return `The clone ${vm} is still ${facts.state} on ${at.host}`;
  }
  const overlay = await replicas.overlay(vmOverlay, at.host, `${runId}/${overlayStep}`, signal);
  return overlay === undefined ? undefined : `The overlay of the clone ${vm} is still there on ${at.host}`;
}
