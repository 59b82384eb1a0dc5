import type { JsonObject } from './json.js';

/**
 * What a look at the world says of a step whose outcome is not known. `contradictory` stops for a person. The evidence
 * goes into the journal; for `done` its `output` is what the step would have returned.
 */
export interface Observation {
  readonly verdict: 'done' | 'not-started' | 'in-progress' | 'contradictory';
  /** One sentence: what was seen, and where. */
  readonly evidence: string;
  readonly output?: JsonObject;
}

/** Looks at the world that may fail, one after the other, before the step waits for an operator. */
export const looksAllowed = 10;
