import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { OverlayInput, StepInputs } from '../../model/step-input.js';
import type { OverlayDisks, PointChoice } from '../../storage-sync/replicas.js';
import { unlessFailed } from '../host-findings.js';
import { promotedPoint, toOutput } from '../output.js';
import { replicaFindings } from '../replica-findings.js';
import { closed, place, plannedPoint, text } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['overlay'];

/**
 * Makes a writable overlay over a point, named for good by the step's key. For `promoted` the point is the one that the
 * lane's promotion has pinned, whatever the input says, since only that one is known to be safe from merging.
 *
 * Undo removes the overlay and all it holds, but leaves it to a VM that is alive on it, as after a live move whose ready
 * checks failed; `isRemoved` says which.
 *
 * Example: `{ "vm": "db-1", "at": { "site": "south", "host": "south-1" }, "purpose": "clone", "point": "newest" }`
 */
export const overlay: StepType<Input> = {
  kind: 'overlay',
  schema: Type.Object(
    {
      vm: text,
      at: place,
      purpose: Type.Union([Type.Literal('clone'), Type.Literal('promoted'), Type.Literal('move')]),
      point: plannedPoint,
    },
    closed,
  ),

  check: async (input, context) => await unlessFailed(input.vm, async () => await replicaFindings(input, context)),

  async run(input, context) {
    const { vm, at, purpose } = input;
    context.progress({ text: `Making a writable overlay for ${vm} at ${formatPlace(at)}` });
    const { disks, point } = await context.replicas.createOverlay(
      { vm, host: at.host, key: context.key, purpose, point: pointFor(input, context) },
      context.signal,
    );
    return toOutput({ key: context.key, point, disks });
  },

  async observe({ vm, at }, context) {
    const found = await context.replicas.overlay(vm, at.host, context.key, context.signal);
    return found === undefined
      ? { verdict: 'not-started', evidence: `There is no overlay ${context.key} at ${formatPlace(at)}` }
      : {
          verdict: 'done',
          evidence: `The overlay ${context.key} is there at ${formatPlace(at)}`,
          output: toOutput({ key: context.key, point: found.point, disks: found.disks }),
        };
  },

  async undo({ vm, at }, context) {
    const { key, replicas, signal } = context;
    const found = await replicas.overlay(vm, at.host, key, signal);
    if (found === undefined) {
      return { key, isRemoved: true };
    }
    const usedBy = await userOf(at.host, found.disks, context);
    if (usedBy !== undefined) {
      context.progress({ text: `${usedBy} uses the overlay on ${formatPlace(at)}, so it stays` });
      return { key, isRemoved: false, usedBy };
    }
    await replicas.removeOverlay(vm, at.host, key, signal);
    return { key, isRemoved: true };
  },
};

function pointFor({ vm, purpose, point }: OverlayInput, context: StepContext): PointChoice {
  if (purpose !== 'promoted') {
    return point;
  }
  const promoted = promotedPoint(context);
  if (promoted === undefined) {
    throw new FailureError({
      code: 'output-missing',
      kind: 'bug',
      message: `${context.key} needs the promoted point of ${vm}, and no step of its lane has promoted one`,
    });
  }
  return promoted;
}

/** The name of a VM that is alive on these disks: after a live move, the VM itself. */
async function userOf(
  host: string,
  disks: OverlayDisks['disks'],
  { hypervisor, signal }: StepContext,
): Promise<string | undefined> {
  const paths = new Set(disks.map(({ path }) => path));
  const { vms } = await hypervisor.host(host, signal);
  return vms.find((vm) => vm.state !== 'shut-off' && vm.disks.some(({ path }) => paths.has(path)))?.name;
}
