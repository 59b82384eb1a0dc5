import { FailureError } from '../model/failure.js';
import type { Fencer } from './fencer.js';

const refuse = (host: string): Promise<never> =>
  Promise.reject(
    new FailureError({
      code: 'fencing-not-offered',
      kind: 'permanent',
      message: `${host} was not fenced: this version runs no fence agents`,
      hint: 'make sure by hand that it is off, then declare it with `lifeboat attest`',
    }),
  );

/** A fencer that fences nothing and says so: nobody may take its word for the death of a host. */
export const noFencer: Fencer = { off: refuse, status: refuse };
