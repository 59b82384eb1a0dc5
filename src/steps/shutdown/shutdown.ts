import { Type } from 'typebox';
import type { Proof } from '../../model/authority.js';
import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { poll } from '../polling.js';
import { closed, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';
import { stopGuest } from './stop-guest.js';

type Input = StepInputs['shutdown'];

/**
 * Stops a VM through its guest, pulls the plug when that takes too long, and blocks its start. Its output is the proof
 * that the VM was seen stopped with its start blocked (safety rule S2), and whether it had autostart before.
 *
 * Undo gives autostart back as it was and starts the VM again where it was. A guest that was asked to shut down may still
 * do so: undo waits a minute for that before it takes a running VM for one that stays. That it may run there is for
 * safety rule S1 to say before the undo is begun.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "at": { "site": "north", "host": "north-1" }, "hasAutostart": true }`
 */
export const shutdown: StepType<Input> = {
  kind: 'shutdown',
  schema: Type.Object({ ...vmAt, hasAutostart: Type.Optional(Type.Boolean()) }, closed),

  check: async ({ at }, context) => await hostFindings(at.host, context),

  async run(input, context) {
    const { id, at, vm } = input;
    const before = await requireKnown(input, context);
    if (before.state !== 'shut-off') {
      await stopGuest(input, context);
    }
    await context.hypervisor.setAutostart(at.host, id, false, context.signal);
    const after = await requireKnown(input, context);
    if (after.state !== 'shut-off' || after.hasAutostart) {
      throw new FailureError({
        code: 'shutdown-unconfirmed',
        kind: 'transient',
        message: `${vm} was shut down, but ${formatPlace(at)} shows it ${after.state}${after.hasAutostart ? ' with autostart' : ''}`,
      });
    }
    return outputOf(input, before.hasAutostart, context);
  },

  async observe(input, context) {
    const where = formatPlace(input.at);
    const facts = await context.hypervisor.vm(input.at.host, input.id, context.signal);
    if (facts === undefined) {
      return {
        verdict: 'contradictory',
        evidence: `${where} does not know ${input.vm}, which was to be shut down there`,
      };
    }
    return facts.state === 'shut-off' && !facts.hasAutostart
      ? {
          verdict: 'done',
          evidence: `${input.vm} is shut off on ${where} and its start is blocked`,
          output: outputOf(input, false, context),
        }
      : {
          verdict: 'not-started',
          evidence: `${input.vm} is ${facts.state} on ${where}${facts.hasAutostart ? ' with autostart' : ''}`,
        };
  },

  async undo(input, context) {
    const { vm, id, at } = input;
    const { hypervisor, signal } = context;
    const known = Object.values(context.outputs).find((output) => output['hadAutostart'] !== undefined);
    const before = await settled(input, context);
    const hadAutostart = (input.hasAutostart ?? known?.['hadAutostart'] ?? before.hasAutostart) === true;
    if (before.state !== 'running') {
      context.progress({ text: `Starting ${vm} again on ${formatPlace(at)}` });
      await hypervisor.setAutostart(at.host, id, true, signal);
      await hypervisor.start(at.host, id, signal);
    }
    await hypervisor.setAutostart(at.host, id, hadAutostart, signal);
    const { state } = await requireKnown(input, context);
    if (state !== 'running') {
      throw new FailureError({
        code: 'start-failed',
        kind: 'transient',
        message: `${vm} was started again on ${formatPlace(at)}, but is ${state} there`,
      });
    }
    return { vm, state, hadAutostart };
  },
};

/** How long a guest that was asked to shut down is given to do so before its undo goes by what it sees. */
const lateStopMs = 60_000;

/** The VM once nothing is to be expected any more of a shutdown that it was asked for. */
async function settled(input: Input, context: StepContext) {
  const untilMs = context.startedAt + lateStopMs;
  return await poll(context, async () => {
    const facts = await requireKnown(input, context);
    if (facts.state !== 'running' || context.clock.now() >= untilMs) {
      return facts;
    }
    context.progress({ text: `Waiting whether the guest of ${input.vm} shuts down after all`, untilMs });
    return undefined;
  });
}

async function requireKnown({ vm, id, at }: Input, { hypervisor, signal }: StepContext) {
  const facts = await hypervisor.vm(at.host, id, signal);
  if (facts === undefined) {
    throw new FailureError({
      code: 'vm-not-found',
      kind: 'permanent',
      message: `${formatPlace(at)} does not know ${vm}`,
      hint: 'find out where it is, then plan again',
    });
  }
  return facts;
}

/** Autostart as the plan saw it counts first: after a crash, what the host says may be our own doing. */
function outputOf(input: Input, hadAutostartNow: boolean, { clock }: StepContext): JsonObject {
  const stoppedAt = clock.now();
  const proof: Proof = { kind: 'observed-stopped', place: input.at, at: stoppedAt };
  return toOutput({ stoppedAt, hadAutostart: input.hasAutostart ?? hadAutostartNow, proof });
}
