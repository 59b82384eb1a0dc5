import type { TransferProgress } from '../../../hypervisors/hypervisor.js';
import type { Clock } from '../../../model/clock.js';
import type { BlockEndpoint } from '../../block-endpoint.js';
import type { CopyLimits } from '../../copier/copy-request.js';
import { copy } from '../../copier.js';
import { type CopyPlan, planDelta, planResync, planSeed, zeroFlag } from '../../copy-plan.js';
import { differingExtents } from '../../digest-blocks.js';
import type { TransferRate } from '../../link-rate.js';
import { readExtents } from '../../read-extents.js';
import { digestDisk } from './digests.js';
import type { DiskDecision } from './disk-decision.js';
import { told } from './exports.js';

/** One disk of a cycle, both ends open. */
export interface DiskTransfer extends DiskDecision {
  readonly target: string;
  /** `disk vda of db-1`, for messages. */
  readonly subject: string;
  /** Shows one moment of the disk. */
  readonly source: BlockEndpoint;
  readonly incoming: BlockEndpoint;
  /** The context that tells what was written, for a delta. */
  readonly dirtyContext: string;
}

export interface PlannedTransfer extends DiskTransfer {
  readonly plan: CopyPlan;
  /** Bytes that were read on both sides to compare them; 0 where that was not needed. */
  readonly comparedBytes: number;
}

/**
 * Decides of every byte of the disk, by asking both ends; for a resync that takes as long as reading them, and `onCompared`
 * hears how far that is, in bytes of both ends.
 */
export async function planTransfer(
  disk: DiskTransfer,
  signal: AbortSignal,
  onCompared: (bytes: number) => void = () => undefined,
): Promise<PlannedTransfer> {
  return await told(disk.subject, async () => ({ ...disk, ...(await planOf(disk, signal, onCompared)) }));
}

async function planOf(
  { how, subject, source, incoming, dirtyContext }: DiskTransfer,
  signal: AbortSignal,
  onCompared: (bytes: number) => void,
): Promise<Pick<PlannedTransfer, 'plan' | 'comparedBytes'>> {
  const { sizeBytes } = source;
  const extentsOf = async (endpoint: BlockEndpoint, context = 'base:allocation') =>
    await readExtents({ endpoint, context, subject, signal });
  const allocation = await extentsOf(source);
  switch (how) {
    case 'delta':
      return {
        plan: planDelta({ sizeBytes, allocation, dirty: await extentsOf(source, dirtyContext) }),
        comparedBytes: 0,
      };
    case 'seed': {
      // A seed that was cut off has left data, which may be zeroes at the source by now.
      const isTargetFresh = (await extentsOf(incoming)).every(({ flags }) => (flags & zeroFlag) !== 0);
      return { plan: planSeed({ sizeBytes, allocation, isTargetFresh }), comparedBytes: 0 };
    }
    case 'resync': {
      const [ours, theirs] = await Promise.all([
        digestDisk(source, allocation, signal, { onBlock: onCompared }),
        digestDisk(incoming, await extentsOf(incoming), signal, { onBlock: onCompared }),
      ]);
      return {
        plan: planResync({ sizeBytes, allocation, differing: differingExtents(ours, theirs) }),
        comparedBytes: ours.readBytes + theirs.readBytes,
      };
    }
    default:
      return how satisfies never;
  }
}

export interface Copying {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TransferProgress) => void;
  readonly rate?: TransferRate;
  readonly limits?: Partial<CopyLimits>;
}

/** Copies one disk after the other, flushed; the bytes that were written as data. Progress is that of all disks together. */
export async function copyDisks(disks: readonly PlannedTransfer[], copying: Copying): Promise<number> {
  const { onProgress, ...parts } = copying;
  const totalBytes = disks.reduce((sum, { plan }) => sum + plan.copyBytes + plan.zeroBytes, 0);
  let before = 0;
  let writtenBytes = 0;
  for (const { subject, plan, source, incoming } of disks) {
    const begun = before;
    const result = await copy({
      ...parts,
      subject,
      plan,
      source,
      target: incoming,
      onProgress: (progress) => onProgress({ ...progress, doneBytes: begun + progress.doneBytes, totalBytes }),
    });
    writtenBytes += result.writtenBytes;
    before += plan.copyBytes + plan.zeroBytes;
  }
  return writtenBytes;
}
