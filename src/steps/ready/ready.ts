import { Type } from 'typebox';
import type { ProbeAnswer } from '../../health/prober.js';
import { formatPlace } from '../../model/place.js';
import type { ReadyCheck } from '../../model/runbook.js';
import type { StepInputs } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { poll } from '../polling.js';
import { amount, closed, oneOfBy, text, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';

type Input = StepInputs['ready'];

const withinMs = amount;
const checkSchema = oneOfBy('probe', [
  Type.Object({ probe: Type.Literal('guest-agent'), withinMs }, closed),
  Type.Object({ probe: Type.Literal('tcp'), port: Type.Integer({ minimum: 1, maximum: 65_535 }), withinMs }, closed),
  Type.Object({ probe: Type.Literal('http'), url: text, status: Type.Integer(), withinMs }, closed),
  Type.Object(
    { probe: Type.Literal('command'), command: Type.Array(Type.String(), { minItems: 1 }), withinMs },
    closed,
  ),
]);

/**
 * Asks a VM once a second until it answers as the runbook wants. How long it may take is the step's own timeout, so
 * that a retry gets the full time again.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "at": { … }, "check": { "probe": "tcp", "port": 5432, "withinMs": 60000 } }`
 */
export const ready: StepType<Input> = {
  kind: 'ready',
  schema: Type.Object({ ...vmAt, check: checkSchema }, closed),

  check: async (input, context) => await hostFindings(input.at.host, context),

  async run(input, context) {
    const untilMs = context.deadlineAt ?? context.clock.now() + input.check.withinMs;
    const answer = await poll(context, async () => {
      const last = await ask(input, context);
      context.progress({ text: `${input.vm}, ${formatCheck(input.check)}: ${last.detail}`, untilMs });
      return last.isHealthy ? last : undefined;
    });
    return outputOf(input, answer);
  },

  async observe(input, context) {
    const answer = await ask(input, context);
    const evidence = `${input.vm} on ${formatPlace(input.at)}, ${formatCheck(input.check)}: ${answer.detail}`;
    return answer.isHealthy
      ? { verdict: 'done', evidence, output: outputOf(input, answer) }
      : { verdict: 'not-started', evidence };
  },
};

async function ask({ vm, id, at, check }: Input, { prober, signal }: StepContext): Promise<ProbeAnswer> {
  return await prober.vm({ host: at.host, id, name: vm }, check, signal);
}

function formatCheck(check: ReadyCheck): string {
  switch (check.probe) {
    case 'guest-agent':
      return 'guest agent';
    case 'tcp':
      return `port ${check.port}`;
    case 'http':
      return check.url;
    case 'command':
      return check.command.join(' ');
  }
}

function outputOf({ check }: Input, { detail }: ProbeAnswer) {
  return toOutput({ check: formatCheck(check), detail });
}
