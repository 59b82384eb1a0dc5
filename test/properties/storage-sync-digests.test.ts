import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type DigestedDisk, differingExtents, parseDigests } from '../../src/storage-sync/digest-blocks.js';
import { disorder } from '../../src/storage-sync/extent.js';

const blockBytes = 8;

/** What `split -b 8 --filter=sha256sum` prints of a disk. */
function printed(disk: Uint8Array): string {
  const blocks = Array.from({ length: Math.ceil(disk.length / blockBytes) }, (_, index) =>
    disk.subarray(index * blockBytes, (index + 1) * blockBytes),
  );
  return blocks.map((block) => `${createHash('sha256').update(block).digest('hex')}  -\n`).join('');
}

function digested(disk: Uint8Array): DigestedDisk {
  const parsed = parseDigests(printed(disk), disk.length, blockBytes);
  if ('refused' in parsed) {
    throw new Error(parsed.refused);
  }
  return parsed;
}

const disks = fc.array(fc.nat(1), { maxLength: 80 }).map((bytes) => Uint8Array.from(bytes));

describe('the digests of two disks', () => {
  it('name extents that make the target equal to the source, whatever their sizes, and no block that is equal', () => {
    fc.assert(
      fc.property(disks, disks, (source, other) => {
        const target = new Uint8Array(source.length);
        target.set(other.subarray(0, source.length));
        const differing = differingExtents(digested(source), digested(other), blockBytes);
        expect(disorder(differing, source.length)).toBeUndefined();
        for (const { offset, length } of differing) {
          target.set(source.subarray(offset, offset + length), offset);
        }
        expect(target).toEqual(source);
        expect(differingExtents(digested(source), digested(target), blockBytes)).toEqual([]);
      }),
    );
  });

  it('are refused when the output lacks a part, wherever it is cut', () => {
    fc.assert(
      fc.property(disks, fc.nat(), (disk, at) => {
        const output = printed(disk);
        const cut = output.slice(0, output.length === 0 ? 0 : at % output.length);
        expect('refused' in parseDigests(cut, disk.length, blockBytes)).toBe(output.length > 0);
      }),
    );
  });
});
