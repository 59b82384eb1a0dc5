import { FailureError } from '../model/failure.js';
import type { BlockEndpoint } from './block-endpoint.js';
import type { ToldExtent } from './copy-plan.js';

export interface ExtentReading {
  readonly endpoint: BlockEndpoint;
  /** `base:allocation`, `qemu:dirty-bitmap:…`. */
  readonly context: string;
  /** Whose disk it is, for messages. */
  readonly subject: string;
  readonly signal: AbortSignal;
  /** Default 4 Mi: about 300 MB, as much as a disk of 512 GiB with every other 64 KiB dirty has. */
  readonly maxExtents?: number;
}

/** What is asked of at once; below 4 GiB, which is the most that the protocol can say. */
const askBytes = 2 ** 31;

/**
 * What a context tells of a whole disk, in order and without gaps; neighbours with the same flags are one extent. Fails
 * with `extents-unusable` when the server does not get on, leaves a gap or tells of more than can be kept: a plan from
 * such an answer would leave bytes out.
 */
export async function readExtents(reading: ExtentReading): Promise<readonly ToldExtent[]> {
  const { endpoint, context, signal, maxExtents = 2 ** 22 } = reading;
  const { sizeBytes } = endpoint;
  const told: ToldExtent[] = [];
  let position = 0;
  while (position < sizeBytes) {
    const asked = Math.min(askBytes, sizeBytes - position);
    // Each answer says where the next question begins.
    // oxlint-disable-next-line no-await-in-loop
    const answer = await endpoint.extents(context, position, asked, signal);
    if (answer.length === 0) {
      throw unusable(reading, position, 'it tells of nothing');
    }
    for (const { offset, length, flags } of answer) {
      if (offset !== position && position < sizeBytes) {
        throw unusable(reading, position, `an extent begins at ${offset}`);
      }
      if (!Number.isSafeInteger(length) || length <= 0) {
        throw unusable(reading, position, `an extent has a length of ${length}`);
      }
      const kept = Math.min(length, sizeBytes - position);
      if (kept > 0) {
        append(told, { offset: position, length: kept, flags });
      }
      position += kept;
    }
    if (told.length > maxExtents) {
      throw unusable(reading, position, `the disk has more than ${maxExtents} extents`);
    }
  }
  return told;
}

function append(told: ToldExtent[], extent: ToldExtent): void {
  const last = told.at(-1);
  if (last?.flags === extent.flags) {
    told[told.length - 1] = { ...last, length: last.length + extent.length };
  } else {
    told.push(extent);
  }
}

function unusable({ subject, context }: ExtentReading, position: number, reason: string): FailureError {
  return new FailureError({
    code: 'extents-unusable',
    kind: 'permanent',
    message: `${subject}: what the server tells of ${context} at byte ${position} cannot be used: ${reason}`,
    hint: 'resync the disk, which needs no extents; then see which program serves it',
  });
}
