import type { CleanupInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { requireGone } from './gone.js';

type Input = CleanupInput & { readonly what: 'merge' };

/** Merges the overlay of a live move into the replica below it, which is the VM's disk from then on. */
export async function mergeOverlay(input: Input, context: StepContext): Promise<void> {
  const { vm, at, overlayStep } = input;
  context.progress({ text: `Merging the overlay of ${vm} on ${at.host} into its disks` });
  await context.replicas.mergeOverlay(vm, at.host, `${context.runId}/${overlayStep}`, context.signal);
  requireGone(await mergeLeft(input, context));
}

/** That the overlay is not merged yet, in one sentence; undefined when it is. */
export async function mergeLeft({ vm, at, overlayStep }: Input, { replicas, runId, signal }: StepContext) {
  const overlay = await replicas.overlay(vm, at.host, `${runId}/${overlayStep}`, signal);
  return overlay === undefined ? undefined : `The overlay of ${vm} on ${at.host} is not merged yet`;
}
