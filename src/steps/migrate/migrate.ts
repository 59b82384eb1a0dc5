import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { JsonObject } from '../../model/json.js';
import { rungs } from '../../model/runbook.js';
import type { MigrateInput } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { toOutput } from '../output.js';
import { amount, closed, place, text } from '../schema.js';
import type { StepType } from '../step-type.js';
import { look } from './look.js';
import { move } from './move.js';
import type { Moved } from './restart.js';
import { undoMove } from './undo.js';

const literal = (value: string) => Type.Literal(value);
const schema = Type.Object(
  {
    vm: text,
    id: text,
    from: place,
    to: place,
    state: Type.Union(['running', 'shut-off'].map(literal)),
    ladder: Type.Array(Type.Union(rungs.map(literal))),
    maxDowntimeMs: amount,
    copyStorage: Type.Union(['none', 'all', 'overlay'].map(literal)),
    shared: Type.Optional(Type.Array(text)),
    bytesPerSecond: Type.Optional(amount),
    replacesStale: Type.Optional(Type.Boolean()),
  },
  closed,
);

/**
 * Moves a VM. One that runs moves live, up its ladder, and by a restart when that is the last rung; one that is shut off
 * is carried. libvirt goes on with a migration when nobody listens any more, so both hosts are asked before anything is
 * done and after every failure, a migration that is under way is joined and never begun twice, and a restart goes on from
 * where it was left.
 *
 * Undo is for a ladder with `restart`: a VM that was shut down by it runs again, where it is.
 *
 * Example: `{ "vm": "db-1", "id": "6f1c…", "from": { … }, "to": { … }, "state": "running", "ladder": ["live", "restart"], "maxDowntimeMs": 500, "copyStorage": "all" }`
 */
export const migrate: StepType<MigrateInput> = {
  kind: 'migrate',
  schema,

  async check({ from, to }, context) {
    return [...(await hostFindings(from.host, context)), ...(await hostFindings(to.host, context))];
  },

  async run(input, context) {
    return outputOf(input, await move(input, context));
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
      case 'stopped-at-source':
      case 'stopped-at-target':
        return { verdict: 'not-started', evidence, output: { standing: seen.verdict } };
      case 'contradictory':
        return { verdict: 'contradictory', evidence: `${evidence} (${seen.code})` };
      case 'unreachable':
        throw unreachable(evidence);
    }
  },

  undo: undoMove,
};

function unreachable(evidence: string): FailureError {
  return new FailureError({
    code: 'host-unreachable',
    kind: 'transient',
    message: `${evidence}, so nobody can tell where the VM runs`,
    hint: 'a migration may go on by itself meanwhile; bring the host back into reach',
  });
}

function outputOf({ to }: MigrateInput, moved: Moved | undefined): JsonObject {
  return toOutput({ at: to, ...moved });
}
