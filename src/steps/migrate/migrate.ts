import { Type } from 'typebox';
import type { MigrationResult } from '../../hypervisors/hypervisor.js';
import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import type { MigrateInput } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { amount, closed, place, text } from '../schema.js';
import type { StepType } from '../step-type.js';
import { climb } from './ladder.js';
import { look } from './look.js';

const literal = (value: string) => Type.Literal(value);
const schema = Type.Object(
  {
    vm: text,
    id: text,
    from: place,
    to: place,
    ladder: Type.Array(Type.Union(['live', 'throttle', 'post-copy', 'pause'].map(literal)), { minItems: 1 }),
    maxDowntimeMs: amount,
    copyStorage: Type.Union(['none', 'all', 'overlay'].map(literal)),
    bytesPerSecond: Type.Optional(amount),
  },
  closed,
);

/**
 * Moves a running VM live, rung by rung down its ladder until it converges. libvirt goes on with a migration when
 * nobody listens any more, so both hosts are asked before each rung and after every failure, and a migration that is
 * under way is followed and never begun twice.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "from": { … }, "to": { … }, "ladder": ["live", "pause"], "maxDowntimeMs": 500, "copyStorage": "overlay" }`
 */
export const migrate: StepType<MigrateInput> = {
  kind: 'migrate',
  schema,

  async check({ from, to }, context) {
    return [...(await hostFindings(from.host, context)), ...(await hostFindings(to.host, context))];
  },

  async run(input, context) {
    return outputOf(input, await climb(input, context));
  },

  async observe(input, context) {
    const seen = await look(input, context);
    const { evidence } = seen;
    switch (seen.verdict) {
      case 'moved':
        return { verdict: 'done', evidence, output: outputOf(input, seen.result) };
      case 'under-way':
        return { verdict: 'in-progress', evidence };
      case 'at-source':
        return { verdict: 'not-started', evidence };
      case 'contradictory':
        return { verdict: 'contradictory', evidence: `${evidence} (${seen.code})` };
      case 'unreachable':
        throw unreachable(evidence);
    }
  },
};

function unreachable(evidence: string): FailureError {
  return new FailureError({
    code: 'host-unreachable',
    kind: 'transient',
    message: `${evidence}, so nobody can tell where the VM runs`,
    hint: 'a migration may go on by itself meanwhile; bring the host back into reach',
  });
}

function outputOf({ to }: MigrateInput, result: MigrationResult | undefined): JsonObject {
  return toOutput({ at: to, ...result });
}
