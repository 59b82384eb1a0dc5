import { Type } from 'typebox';
import type { Proof } from '../../model/authority.js';
import { sleep } from '../../model/clock.js';
import { type FenceDevice, hostsOf } from '../../model/estate.js';
import { type Failure, FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import type { StepInputs } from '../../model/step-input.js';
import { blocker, unlessFailed } from '../host-findings.js';
import { toOutput } from '../output.js';
import { pollMs } from '../polling.js';
import { closed, text } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['fence'];

/** How long a power device may take from the command until it says `off`. */
const confirmMs = 30_000;

/**
 * Powers a host off and proves it. The proof is what the power device says afterwards, never that the command went
 * through (safety rule S2). A host that is off already, or proven dead in this run, is left alone.
 *
 * Example: `{ "host": "north-1" }`
 */
export const fence: StepType<Input> = {
  kind: 'fence',
  schema: Type.Object({ host: text }, closed),

  async check({ host }, context) {
    if (context.deaths[host] !== undefined) {
      return [];
    }
    return await unlessFailed(host, async () => {
      const power = await context.fencer.status(host, deviceOf(host, context), context.signal);
      return power === 'unknown'
        ? [blocker('fence-unconfirmed', host, `the power device of ${host} does not say whether it is on or off`)]
        : [];
    });
  },

  async run({ host }, context) {
    const known = context.deaths[host];
    if (known !== undefined) {
      return toOutput({ proof: known });
    }
    // Also a host that is off already: one that has only lost its power may come back by itself, one told to be off stays so.
    const { agent } = deviceOf(host, context);
    context.progress({ text: `Asking ${agent} to power off ${host}` });
    const refusal = await askOff(host, context);
    const until = Math.min(context.clock.now() + confirmMs, (context.deadlineAt ?? Infinity) - pollMs);
    for (;;) {
      const dead = await provenDeath(host, context);
      if (dead !== undefined) {
        return dead;
      }
      if (refusal !== undefined) {
        throw new FailureError(refusal);
      }
      if (context.clock.now() >= until) {
        throw new FailureError(unconfirmed(host, agent));
      }
      context.progress({ text: `Waiting for ${agent} to say that ${host} is off`, untilMs: until });
      await sleep(context.clock, pollMs, context.signal);
    }
  },

  async observe({ host }, context) {
    if (context.deaths[host] === undefined && hostsOf(context.estate)[host]?.fence === undefined) {
      return { verdict: 'not-started', evidence: `${host} has no fence device, and nobody has declared it dead` };
    }
    const output = await provenDeath(host, context);
    return output === undefined
      ? { verdict: 'not-started', evidence: `The power device of ${host} does not say that it is off` }
      : { verdict: 'done', evidence: `${host} is proven dead`, output };
  },
};

async function provenDeath(host: string, context: StepContext): Promise<JsonObject | undefined> {
  const known = context.deaths[host];
  if (known !== undefined) {
    return toOutput({ proof: known });
  }
  const device = deviceOf(host, context);
  if ((await context.fencer.status(host, device, context.signal)) !== 'off') {
    return undefined;
  }
  const proof: Proof = { kind: 'fenced-off', host, agent: device.agent, at: context.clock.now() };
  return toOutput({ proof });
}

/** Why the agent says that it could not; the power may be off all the same, so its status is asked in any case. */
async function askOff(host: string, context: StepContext): Promise<Failure | undefined> {
  try {
    await context.fencer.off(host, deviceOf(host, context), context.signal);
    return undefined;
  } catch (error) {
    if (error instanceof FailureError && !context.signal.aborted) {
      return error.failure;
    }
    throw error;
  }
}

function deviceOf(host: string, { estate }: StepContext): FenceDevice {
  const device = hostsOf(estate)[host]?.fence;
  if (device === undefined) {
    throw new FailureError({
      code: 'no-fence-device',
      kind: 'precondition',
      message: `${host} has no fence device in the estate, so Lifeboat cannot prove it dead`,
      hint: `add \`fence\` to ${host} in lifeboat.yaml, or make sure that it is off and declare it with \`lifeboat attest\``,
    });
  }
  return device;
}

function unconfirmed(host: string, agent: string): Failure {
  return {
    code: 'fence-unconfirmed',
    kind: 'permanent',
    message: `${agent} took the order to power off ${host}, but its status never said off`,
    hint: `look at the host; when it is certainly off, declare it with \`lifeboat attest\`, or retry`,
  };
}
