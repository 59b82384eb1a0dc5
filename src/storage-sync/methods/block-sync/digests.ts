import { createHash } from 'node:crypto';
import type { BlockEndpoint } from '../../block-endpoint.js';
import { type ToldExtent, zeroFlag } from '../../copy-plan.js';
import { type DigestedDisk, digestBlockBytes } from '../../digest-blocks.js';
import { endOf } from '../../extent.js';
import type { TransferRate } from '../../link-rate.js';

/** Blocks that are read at once. */
const blocksInFlight = 4;

export interface Digesting {
  /** Hears the bytes of each block that is done. */
  readonly onBlock?: ((bytes: number) => void) | undefined;
  /** Asked before each block is read. Default: no limit. */
  readonly rate?: TransferRate | undefined;
}

/**
 * Digests of all blocks of a disk, by reading it; blocks that are told to read as zeroes are not read. `readBytes` says what
 * was. Rejects with what the endpoint rejects with, and with the
 * signal's reason.
 */
export async function digestDisk(
  endpoint: BlockEndpoint,
  allocation: readonly ToldExtent[],
  signal: AbortSignal,
  { onBlock = () => undefined, rate }: Digesting = {},
): Promise<DigestedDisk & { readonly readBytes: number }> {
  const { sizeBytes } = endpoint;
  let readBytes = 0;
  const digests = Array.from({ length: Math.ceil(sizeBytes / digestBlockBytes) }, () => '');
  const zeroes = zeroBlocks(allocation, sizeBytes);
  const lengthOf = (block: number): number => Math.min(digestBlockBytes, sizeBytes - block * digestBlockBytes);
  const zeroDigests = new Map<number, string>();
  const ofZeroes = (length: number): string => {
    const digest = zeroDigests.get(length) ?? digestOf([Buffer.alloc(length)]);
    zeroDigests.set(length, digest);
    return digest;
  };
  let next = 0;
  const serve = async (): Promise<void> => {
    while (next < digests.length) {
      signal.throwIfAborted();
      const block = next;
      next += 1;
      const length = lengthOf(block);
      if (zeroes.has(block)) {
        digests[block] = ofZeroes(length);
      } else {
        readBytes += length;
        // Each loop has one block at a time: its share of the rate comes first, then its bytes.
        // oxlint-disable-next-line no-await-in-loop
        await rate?.take(length, signal);
        // oxlint-disable-next-line no-await-in-loop
        digests[block] = digestOf(await readBlock(endpoint, { offset: block * digestBlockBytes, length }, signal));
      }
      onBlock(length);
    }
  };
  await Promise.all(Array.from({ length: blocksInFlight }, serve));
  return { sizeBytes, digests, readBytes };
}

async function readBlock(
  endpoint: BlockEndpoint,
  { offset, length }: { readonly offset: number; readonly length: number },
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [];
  for (let at = 0; at < length; at += endpoint.maxRequestBytes) {
    // One request at a time for each of the blocks that are read side by side.
    // oxlint-disable-next-line no-await-in-loop
    pieces.push(await endpoint.read(offset + at, Math.min(endpoint.maxRequestBytes, length - at), signal));
  }
  return pieces;
}

/** Numbers of the blocks that lie wholly in one extent of zeroes. */
function zeroBlocks(allocation: readonly ToldExtent[], sizeBytes: number): ReadonlySet<number> {
  const blocks = new Set<number>();
  for (const extent of allocation.filter(({ flags }) => (flags & zeroFlag) !== 0)) {
    const first = Math.ceil(extent.offset / digestBlockBytes);
    const end = endOf(extent) >= sizeBytes ? Math.ceil(sizeBytes / digestBlockBytes) : endOf(extent) / digestBlockBytes;
    for (let block = first; block < Math.floor(end); block += 1) {
      blocks.add(block);
    }
  }
  return blocks;
}

function digestOf(pieces: readonly Buffer[]): string {
  const hash = createHash('sha256');
  for (const piece of pieces) {
    hash.update(piece);
  }
  return hash.digest('hex');
}
