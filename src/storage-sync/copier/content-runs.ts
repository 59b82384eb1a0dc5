import type { CopyKind } from '../copy-plan.js';
import { coalesce, type KindExtent, split } from '../extent.js';

/** A cluster of a qcow2 image by default: what is written in part of one fills up the whole of it. */
const blockBytes = 2 ** 16;
const zeroes = Buffer.alloc(blockBytes);

/** Data that was read at `offset` of a disk, cut where blocks of the disk that are all zero begin and end. */
export function contentRuns(data: Buffer, offset: number): readonly KindExtent<CopyKind>[] {
  const blocks = [...split([{ offset, length: data.length }], blockBytes)];
  return coalesce(
    blocks.map((block) => {
      const at = block.offset - offset;
      return { ...block, kind: isZero(data, at, at + block.length) ? 'zero' : 'copy' };
    }),
  );
}

/** Memory compared with memory: about 30 µs for 1 MiB of zeroes, and next to nothing where the first bytes tell. */
function isZero(data: Buffer, start: number, end: number): boolean {
  return data.compare(zeroes, 0, end - start, start, end) === 0;
}
