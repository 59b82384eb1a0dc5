import type { Place } from './place.js';

/** A VM that an evacuation has moved away, and that has not been back since. */
export interface Departure {
  readonly vm: string;
  readonly from: Place;
  readonly to: Place;
  readonly runId: string;
  readonly at: number;
}
