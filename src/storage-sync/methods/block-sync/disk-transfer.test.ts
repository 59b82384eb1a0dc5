import { describe, expect, it } from '@jest/globals';
import { VolatileEndpoint } from '../../simulated/volatile-endpoint.js';
import { digestDisk } from './digests.js';
import { copyDisks, type DiskTransfer, planTransfer } from './disk-transfer.js';

const never = new AbortController().signal;
const blockBytes = 4 * 2 ** 20;
const clock = { now: () => 0, at: () => () => undefined };

/** A disk of blocks of 4 MiB, each full of its letter; a short last one. */
const disk = (letters: readonly number[], tail = 4096): Buffer =>
  Buffer.concat([...letters.map((letter) => Buffer.alloc(blockBytes, letter)), Buffer.alloc(tail, letters.at(-1))]);

const brought = async (source: Buffer, before: Buffer, parts: Partial<DiskTransfer> & Pick<DiskTransfer, 'how'>) => {
  const contexts = { 'dirty:x': [{ offset: 0, length: source.length, flags: 1 }] };
  const incoming = new VolatileEndpoint({ content: before });
  const planned = await planTransfer(
    {
      target: 'vda',
      subject: 'disk vda of db-1',
      source: new VolatileEndpoint({ content: source, isReadOnly: true, contexts }),
      incoming,
      dirtyContext: 'dirty:x',
      ...parts,
    },
    never,
  );
  const bytes = await copyDisks([planned], { clock, signal: never, onProgress: () => undefined });
  return { bytes, planned, isEqual: incoming.stableBytes.equals(source) };
};

describe('a disk that is brought up to date', () => {
  it('is seeded into an empty image without its zeroes', async () => {
    const { planned, isEqual } = await brought(disk([1, 0, 2, 0]), disk([0, 0, 0, 0]), { how: 'seed' });
    expect(isEqual).toBe(true);
    expect(planned.plan).toMatchObject({ isTargetFresh: true, copyBytes: 2 * blockBytes, zeroBytes: 0 });
  });

  it('is seeded over what a seed that was cut off has left, zeroes and all', async () => {
    const { planned, isEqual } = await brought(disk([1, 0, 2, 0]), disk([0, 7, 0, 0]), { how: 'seed' });
    expect(isEqual).toBe(true);
    expect(planned.plan.isTargetFresh).toBe(false);
  });

  it('gets zeroes where data became a hole', async () => {
    const { isEqual, bytes } = await brought(disk([0, 0, 3]), disk([9, 9, 3]), { how: 'delta' });
    expect(isEqual).toBe(true);
    expect(bytes).toBe(blockBytes + 4096);
  });

  it('is compared by blocks, and gets only those that differ', async () => {
    const { isEqual, bytes, planned } = await brought(disk([1, 2, 0, 4]), disk([1, 5, 6, 4]), { how: 'resync' });
    expect(isEqual).toBe(true);
    expect(bytes).toBe(blockBytes);
    expect(planned.plan).toMatchObject({ copyBytes: blockBytes, zeroBytes: blockBytes });
  });

  it('needs the context of its delta', async () => {
    await expect(brought(disk([1]), disk([1]), { how: 'delta', dirtyContext: 'dirty:none' })).rejects.toThrow(
      'dirty:none',
    );
  });
});

describe('digests of a disk', () => {
  it('are the same whether zeroes are told of or read', async () => {
    const content = disk([0, 1, 0], 100);
    const endpoint = new VolatileEndpoint({ content, maxRequestBytes: 65_536 });
    const told = await endpoint.extents('base:allocation', 0, content.length, never);
    const withHoles = await digestDisk(endpoint, told, never);
    expect(withHoles.digests).toHaveLength(4);
    const whole = await digestDisk(endpoint, [], never);
    expect(withHoles.digests).toEqual(whole.digests);
    expect([withHoles.readBytes, whole.readBytes]).toEqual([blockBytes, content.length]);
  });

  it('are of as many blocks as the disk has, also where zeroes end inside of one', async () => {
    const content = Buffer.concat([Buffer.alloc(blockBytes + 4096), Buffer.alloc(blockBytes, 1)]);
    const endpoint = new VolatileEndpoint({ content });
    const told = await endpoint.extents('base:allocation', 0, content.length, never);
    expect((await digestDisk(endpoint, told, never)).digests).toEqual((await digestDisk(endpoint, [], never)).digests);
  });
});
