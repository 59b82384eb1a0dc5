import { type Extent, union } from './extent.js';

/** Digests of a disk's blocks in their order, as one side has read them. The last block is as long as what is left. */
export interface DigestedDisk {
  readonly sizeBytes: number;
  readonly digests: readonly string[];
}

/** Bytes of a block: what `split -b 4M` cuts. */
export const digestBlockBytes = 4 * 2 ** 20;

/** Largest disk whose digests are taken: 64 TiB, 16 Mi lines of 68 bytes. */
export const maxDigestBlocks = 2 ** 24;

/** `sha256sum` reading from a pipe writes the digest, two spaces and a dash. */
const line = /^[0-9a-f]{64} {2}-$/;

/**
 * The digests of `split -b 4M --filter=sha256sum`. Output that is cut short, mixed with anything else or of another
 * length than the disk asks for is refused with the reason: a block that is wrongly taken for equal would be lost.
 */
export function parseDigests(
  output: string,
  sizeBytes: number,
  blockBytes = digestBlockBytes,
): DigestedDisk | { readonly refused: string } {
  const expected = Math.ceil(sizeBytes / blockBytes);
  if (expected > maxDigestBlocks) {
    return { refused: `the disk has ${expected} blocks, more than ${maxDigestBlocks}` };
  }
  const lines = output === '' ? [] : output.split('\n');
  const last = lines.pop();
  if (last !== undefined && last !== '') {
    return { refused: 'its last line has no end' };
  }
  const wrong = lines.findIndex((one) => !line.test(one));
  if (wrong >= 0) {
    return { refused: `line ${wrong + 1} is no digest` };
  }
  if (lines.length !== expected) {
    return { refused: `it has ${lines.length} digests where the disk has ${expected} blocks` };
  }
  return { sizeBytes, digests: lines.map((one) => one.slice(0, 64)) };
}

/**
 * The extents of the source that the target does not have. Blocks are compared where both are equally long; whatever the
 * source has beyond the target, and a last block that is shorter on one side, differs. Where the target is the longer
 * one, what it has beyond the source is not told of: its size must be mended first.
 */
export function differingExtents(
  source: DigestedDisk,
  target: DigestedDisk,
  blockBytes = digestBlockBytes,
): readonly Extent[] {
  const differing = source.digests.flatMap((digest, index): readonly Extent[] => {
    const offset = index * blockBytes;
    const length = Math.min(blockBytes, source.sizeBytes - offset);
    const targetLength = Math.min(blockBytes, target.sizeBytes - offset);
    return length === targetLength && digest === target.digests[index] ? [] : [{ offset, length }];
  });
  return union(differing);
}
