import { describe, expect, it } from '@jest/globals';
import { FailureError } from '../../../model/failure.js';
import { VolatileEndpoint } from '../../simulated/volatile-endpoint.js';
import type { Copying } from './disk-transfer.js';
import { proveDisks } from './proof.js';

const never = new AbortController().signal;
const blockBytes = 4 * 2 ** 20;
const copying: Copying = {
  clock: { now: () => 0, at: () => () => undefined },
  signal: never,
  onProgress: () => undefined,
};

/** A disk of blocks of 4 MiB, each full of its letter; a short last one. */
const disk = (letters: readonly number[]): Buffer =>
  Buffer.concat([...letters.map((letter) => Buffer.alloc(blockBytes, letter)), Buffer.alloc(4096, letters.at(-1))]);

const proven = async (source: Buffer, incoming: VolatileEndpoint, parts: Partial<Copying> = {}) => {
  const plan = { sizeBytes: source.length, extents: [], copyBytes: 0, zeroBytes: 0, isTargetFresh: false };
  const ends = { source: new VolatileEndpoint({ content: source, isReadOnly: true }), incoming };
  const names = { target: 'vda', subject: 'disk vda of db-1', dirtyContext: '' };
  const planned = { ...names, ...ends, how: 'delta', plan, comparedBytes: 0 } as const;
  return await proveDisks([planned], { ...copying, ...parts });
};

describe('a replica that is compared with its source', () => {
  it('is proven equal, and says how much was read at each end', async () => {
    const content = disk([1, 2, 0]);
    const seen: number[] = [];
    const [vda] = await proven(content, new VolatileEndpoint({ content }), {
      onProgress: ({ phase, doneBytes, totalBytes }) => {
        expect(phase).toBe('comparing');
        seen.push(doneBytes / totalBytes);
      },
    });
    expect(vda).toMatchObject({ target: 'vda', sizeBytes: content.length, differed: [], differedBytes: 0 });
    expect(vda?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(vda?.sourceBytes).toBe(vda?.replicaBytes);
    expect(vda?.sourceBytes).toBeGreaterThanOrEqual(2 * blockBytes);
    expect(seen.at(-1)).toBe(1);
  });

  it('has the same digest as another one with the same data, and not as one without', async () => {
    const digestOf = async (letters: readonly number[]) =>
      (await proven(disk(letters), new VolatileEndpoint({ content: disk(letters) })))[0]?.digest;
    expect(await digestOf([1, 2])).toBe(await digestOf([1, 2]));
    expect(await digestOf([1, 2])).not.toBe(await digestOf([2, 1]));
  });

  it('is told of where it differs, by a single byte or by data where the source has none, and holds the source in the end', async () => {
    const source = disk([1, 0, 3, 4]);
    const before = disk([1, 9, 3, 4]);
    before[2 * blockBytes + 17] = 0;
    const incoming = new VolatileEndpoint({ content: before });
    const [vda] = await proven(source, incoming);
    expect(vda?.differed).toEqual([{ offset: blockBytes, length: 2 * blockBytes }]);
    expect(vda?.differedBytes).toBe(2 * blockBytes);
    expect(incoming.stableBytes.equals(source)).toBe(true);
  });

  it('is refused when it does not keep what is written to it', async () => {
    const source = disk([1, 2]);
    const incoming = new VolatileEndpoint({ content: disk([1, 5]) });
    incoming.write = async () => undefined;
    const outcome = await proven(source, incoming).catch((error: unknown) => error);
    expect((outcome as FailureError).failure).toMatchObject({
      code: 'replica-differs',
      kind: 'permanent',
      message: expect.stringContaining('disk vda of db-1'),
    });
    expect((outcome as FailureError).failure.message).toContain('at MiB 4 to');
  });

  it('asks its link for all that it reads of the source', async () => {
    const content = disk([1, 2]);
    let asked = 0;
    const take = (bytes: number): undefined => {
      asked += bytes;
    };
    const [vda] = await proven(content, new VolatileEndpoint({ content }), { rate: { take } });
    expect(asked).toBe(vda?.sourceBytes);
  });
});
