import type { CopyKind } from '../copy-plan.js';
import type { KindExtent } from '../extent.js';

/** A cluster of a qcow2 image by default: what is written in part of one fills up the whole of it. */
const blockBytes = 2 ** 16;
const zeroes = Buffer.alloc(blockBytes);

/** Data that was read at `offset` of a disk, cut where blocks of the disk that are all zero begin and end. */
export function contentRuns(data: Buffer, offset: number): readonly KindExtent<CopyKind>[] {
  const runs: KindExtent<CopyKind>[] = [];
  let [begin, kind]: [number, CopyKind] = [0, 'copy'];
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + blockBytes - ((offset + at) % blockBytes));
    const found = isZero(data, at, end) ? 'zero' : 'copy';
    if (found !== kind) {
      if (at > begin) {
        runs.push({ offset: offset + begin, length: at - begin, kind });
      }
      [begin, kind] = [at, found];
    }
    at = end;
  }
  runs.push({ offset: offset + begin, length: data.length - begin, kind });
  return runs;
}

/** Memory compared with memory: about 30 µs for 1 MiB of zeroes, and nothing where the first byte tells. */
function isZero(data: Buffer, start: number, end: number): boolean {
  return data[start] === 0 && data.compare(zeroes, 0, end - start, start, end) === 0;
}
