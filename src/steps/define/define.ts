import { Type } from 'typebox';
import { FailureError } from '../../model/failure.js';
import type { VmFacts } from '../../model/inventory.js';
import { formatPlace } from '../../model/place.js';
import type { StepInputs } from '../../model/step-input.js';
import { blocker, hostFindings } from '../host-findings.js';
import { disksOf, toOutput } from '../output.js';
import { amount, closed, place, text } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';
import { cloneRefusal } from './clone-safety.js';

type Input = StepInputs['define'];

const definitionSchema = Type.Object(
  {
    id: text,
    name: text,
    memoryBytes: amount,
    vcpus: amount,
    cpuModel: Type.Optional(text),
    networks: Type.Array(text),
    hasAgent: Type.Boolean(),
    tags: Type.Array(Type.String()),
    hasAutostart: Type.Boolean(),
    cloneOf: Type.Optional(text),
  },
  closed,
);

/**
 * Defines a VM over the disks that the named step of its lane has made, replacing a stopped definition of the same id.
 * It does not start it. An unsafe clone is refused before anything is changed (safety rule S3).
 *
 * Undo forgets the VM again, unless it runs.
 *
 * Example: `{ "at": { "site": "south", "host": "south-1" }, "definition": { … }, "disksFrom": "overlay" }`
 */
export const define: StepType<Input> = {
  kind: 'define',
  schema: Type.Object({ at: place, definition: definitionSchema, disksFrom: text }, closed),

  async check(input, context) {
    const refusal = cloneRefusal(input, context.estate);
    const reachable = await hostFindings(input.at.host, context, (facts) =>
      input.definition.networks
        .filter((network) => !facts.networks.includes(network))
        .map((network) => blocker('network-missing', facts.name, `${facts.name} has no network ${network}`)),
    );
    return refusal === undefined
      ? reachable
      : [blocker(refusal.code, input.definition.name, refusal.message), ...reachable];
  },

  async run(input, context) {
    const refusal = cloneRefusal(input, context.estate);
    if (refusal !== undefined) {
      throw new FailureError(refusal);
    }
    const { at, definition } = input;
    context.progress({ text: `Defining ${definition.name} on ${formatPlace(at)}` });
    const disks = disksOf(context, input.disksFrom);
    await context.hypervisor.define(at.host, { ...definition, disks }, context.signal);
    const facts = await context.hypervisor.vm(at.host, definition.id, context.signal);
    if (facts === undefined || !isAsDefined(facts, input, context)) {
      throw new FailureError({
        code: 'define-unconfirmed',
        kind: 'transient',
        message: `${formatPlace(at)} took the definition of ${definition.name} but does not show it`,
      });
    }
    return outputOf(input);
  },

  async observe(input, context) {
    const { at, definition } = input;
    const where = formatPlace(at);
    const facts = await context.hypervisor.vm(at.host, definition.id, context.signal);
    if (facts === undefined) {
      return { verdict: 'not-started', evidence: `${where} does not know ${definition.name}` };
    }
    if (isAsDefined(facts, input, context)) {
      return {
        verdict: 'done',
        evidence: `${definition.name} is defined on ${where} over its overlay`,
        output: outputOf(input),
      };
    }
    return facts.state === 'shut-off'
      ? { verdict: 'not-started', evidence: `${where} has an older, stopped definition of ${definition.name}` }
      : {
          verdict: 'contradictory',
          evidence: `${definition.name} is ${facts.state} on ${where} from disks that this run did not make`,
        };
  },

  async undo({ at, definition }, context) {
    await context.hypervisor.undefine(at.host, definition.id, context.signal);
    return { id: definition.id, isForgotten: true };
  },
};

function isAsDefined(facts: VmFacts, { definition, disksFrom }: Input, context: StepContext): boolean {
  const paths = new Set(facts.disks.map(({ path }) => path));
  return facts.name === definition.name && disksOf(context, disksFrom).every(({ path }) => paths.has(path));
}

function outputOf({ at, definition }: Input) {
  return toOutput({ id: definition.id, name: definition.name, at });
}
