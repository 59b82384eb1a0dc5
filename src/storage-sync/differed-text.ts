import type { ProvenDisk } from '../model/replica.js';
import { formatSize } from '../model/units.js';

/** Extents that are named; of the others is said that there are more. */
const named = 3;

/** `8 MiB of vda, at MiB 4 to 8 and 16 to 20`. */
export function differedText({
  target,
  differed,
  differedBytes,
}: Pick<ProvenDisk, 'target' | 'differed' | 'differedBytes'>): string {
  const inMebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
  const places = differed
    .slice(0, named)
    .map(({ offset, length }) => `${inMebibytes(offset)} to ${inMebibytes(offset + length)}`);
  const more = differed.length > named ? [...places, 'more'] : places;
  return `${formatSize(differedBytes)} of ${target}, at MiB ${more.join(' and ')}`;
}
