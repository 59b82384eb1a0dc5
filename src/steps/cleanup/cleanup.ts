import { Type } from 'typebox';
import type { StepInputs } from '../../model/step-input.js';
import { hostFindings } from '../host-findings.js';
import { closed, oneOfBy, place, text, vmAt } from '../schema.js';
import type { StepContext, StepType } from '../step-type.js';
import { cleanClone, cloneLeft } from './clone.js';
import { mergeLeft, mergeOverlay } from './merge.js';
import { cleanSource, sourceLeft } from './source.js';

type Input = StepInputs['cleanup'];

const schema = oneOfBy('what', [
  Type.Object({ what: Type.Literal('clone'), vmOverlay: text, overlayStep: text, ...vmAt }, closed),
  Type.Object({ what: Type.Literal('merge'), vm: text, at: place, overlayStep: text }, closed),
  Type.Object({ what: Type.Literal('source'), ...vmAt }, closed),
]);

/**
 * Takes away what a run has left behind: a drill's clone with its overlay, the overlay of a live move (merged, nothing
 * is lost), or the stopped definition at a VM's old place. May be repeated from every state, and ends only when
 * everything was observed gone.
 *
 * Example: `{ "what": "source", "vm": "db-1", "id": "6f1c…", "at": { "site": "north", "host": "north-1" } }`
 */
export const cleanup: StepType<Input> = {
  kind: 'cleanup',
  schema,

  check: async (input, context) => await hostFindings(input.at.host, context),

  async run(input, context) {
    await clean(input, context);
    return outputOf(input);
  },

  async observe(input, context) {
    const evidence = await left(input, context);
    return evidence === undefined
      ? {
          verdict: 'done',
          evidence: `Nothing of ${input.vm} is left to clean up on ${input.at.host}`,
          output: outputOf(input),
        }
      : { verdict: 'not-started', evidence };
  },
};

async function clean(input: Input, context: StepContext): Promise<void> {
  switch (input.what) {
    case 'clone':
      return await cleanClone(input, context);
    case 'merge':
      return await mergeOverlay(input, context);
    case 'source':
      return await cleanSource(input, context);
  }
}

async function left(input: Input, context: StepContext): Promise<string | undefined> {
  switch (input.what) {
    case 'clone':
      return await cloneLeft(input, context);
    case 'merge':
      return await mergeLeft(input, context);
    case 'source':
      return await sourceLeft(input, context);
  }
}

function outputOf({ what, vm }: Input) {
  return { what, vm };
}
