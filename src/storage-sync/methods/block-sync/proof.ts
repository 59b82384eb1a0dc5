import { createHash } from 'node:crypto';
import { FailureError } from '../../../model/failure.js';
import type { ProvenDisk } from '../../../model/replica.js';
import { planResync } from '../../copy-plan.js';
import { differedText } from '../../differed-text.js';
import { type DigestedDisk, differingExtents } from '../../digest-blocks.js';
import type { Extent } from '../../extent.js';
import { readExtents } from '../../read-extents.js';
import { digestDisk } from './digests.js';
import { type Copying, copyDisks, type PlannedTransfer } from './disk-transfer.js';
import { told } from './exports.js';

/** As many of the extents that differed are kept as evidence. */
const maxEvidence = 100;

/**
 * Reads both ends of each disk that was copied, while the source's moment is still held, and compares them. What differs is
 * copied again, and the whole replica read once more: in the end both are equal, or it rejects with `replica-differs`. The
 * replica is read through its storage daemon, where a moment ago it was written: what its host's disk makes of that later is
 * for the re-reading of points to find. Progress is that of all reading, in bytes of both ends.
 */
export async function proveDisks(disks: readonly PlannedTransfer[], copying: Copying): Promise<readonly ProvenDisk[]> {
  const { clock, onProgress } = copying;
  const began = clock.now();
  const totalBytes = 2 * disks.reduce((sum, { source }) => sum + source.sizeBytes, 0);
  let doneBytes = 0;
  const onBlock = (bytes: number): void => {
    doneBytes += bytes;
    const seconds = (clock.now() - began) / 1_000;
    onProgress({
      phase: 'comparing',
      doneBytes,
      totalBytes,
      bytesPerSecond: seconds > 0 ? Math.round(doneBytes / seconds) : 0,
    });
  };
  const proven: ProvenDisk[] = [];
  for (const disk of disks) {
    // Each has all of the link to itself.
    // oxlint-disable-next-line no-await-in-loop
    proven.push(await told(disk.subject, async () => await proveDisk(disk, copying, onBlock)));
  }
  return proven;
}

async function proveDisk(
  disk: PlannedTransfer,
  copying: Copying,
  onBlock: (bytes: number) => void,
): Promise<ProvenDisk> {
  const { target, subject, source, incoming } = disk;
  const { sizeBytes } = source;
  const { signal, rate } = copying;
  const extentsOf = async (endpoint: typeof source) =>
    await readExtents({ endpoint, context: 'base:allocation', subject, signal });
  const allocation = await extentsOf(source);
  const [ours, theirs] = await Promise.all([
    digestDisk(source, allocation, signal, { onBlock, rate }),
    digestDisk(incoming, await extentsOf(incoming), signal, { onBlock }),
  ]);
  const differing = differingExtents(ours, theirs);
  const evidence = {
    target,
    sizeBytes,
    digest: digestOfAll(ours),
    sourceBytes: ours.readBytes,
    replicaBytes: theirs.readBytes,
    differed: differing.slice(0, maxEvidence),
    differedBytes: bytesOf(differing),
  };
  if (differing.length === 0) {
    return evidence;
  }
  const plan = planResync({ sizeBytes, allocation, differing });
  await copyDisks([{ ...disk, plan }], { ...copying, onProgress: () => undefined });
  const again = await digestDisk(incoming, await extentsOf(incoming), signal);
  const still = differingExtents(ours, again);
  if (still.length > 0) {
    const parts = { ...evidence, differed: still, differedBytes: bytesOf(still) };
    throw new FailureError({
      code: 'replica-differs',
      kind: 'permanent',
      message: `The replica of ${subject} does not keep what is written to it: ${differedText(parts)}`,
      hint: 'see whether the disks of the recovery host are well, then remove the replica and let it be seeded anew',
    });
  }
  return { ...evidence, replicaBytes: theirs.readBytes + again.readBytes };
}

function digestOfAll({ digests }: DigestedDisk): string {
  return createHash('sha256').update(digests.join('')).digest('hex');
}

function bytesOf(extents: readonly Extent[]): number {
  return extents.reduce((sum, { length }) => sum + length, 0);
}
