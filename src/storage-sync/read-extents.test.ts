import { describe, expect, it, test } from '@jest/globals';
import { MemoryEndpoint } from '../../test/properties/memory-endpoint.js';
import type { BlockEndpoint } from './block-endpoint.js';
import { readExtents } from './read-extents.js';

type Answer = Awaited<ReturnType<BlockEndpoint['extents']>>;

/** An endpoint of 100 bytes that answers question after question with these: `'0+10:1 10+5:0'`. */
function answering(...answers: readonly string[]): { readonly endpoint: BlockEndpoint; readonly asked: string[] } {
  const endpoint = new MemoryEndpoint(Buffer.alloc(100));
  const asked: string[] = [];
  endpoint.extents = (_, offset, length): Promise<Answer> => {
    const text = answers[asked.length] ?? '';
    asked.push(`${offset}+${length}`);
    return Promise.resolve(
      [...text.matchAll(/(\d+)\+(\d+):(\d)/g)].map(([, at, long, flags]) => ({
        offset: Number(at),
        length: Number(long),
        flags: Number(flags),
      })),
    );
  };
  return { endpoint, asked };
}

const reading = (endpoint: BlockEndpoint, maxExtents = 99): ReturnType<typeof readExtents> =>
  readExtents({
    endpoint,
    context: 'base:allocation',
    subject: 'disk vda of web-1',
    signal: new AbortController().signal,
    maxExtents,
  });

describe('the extents of a disk', () => {
  it('are asked for until the whole disk is told, and joined', async () => {
    const { endpoint, asked } = answering('0+10:1 10+5:0', '15+5:0 20+30:1', '50+50:1');
    const told = await reading(endpoint);
    expect(told.map(({ offset, length, flags }) => `${offset}+${length}:${flags}`)).toEqual([
      '0+10:1',
      '10+10:0',
      '20+80:1',
    ]);
    expect(asked).toEqual(['0+100', '15+85', '50+50']);
  });

  it('are cut where a server tells of more than the disk has', async () => {
    const { endpoint } = answering('0+90:1 90+4096:0 4186+9:1');
    expect((await reading(endpoint)).at(-1)).toEqual({ offset: 90, length: 10, flags: 0 });
  });

  it('of an empty disk are none, and nothing is asked', async () => {
    const endpoint = new MemoryEndpoint(Buffer.alloc(0));
    expect(await reading(endpoint)).toEqual([]);
    expect(endpoint.requests).toEqual([]);
  });

  test.each([
    ['tells of nothing', [''], 'it tells of nothing'],
    ['stops telling', ['0+10:1', ''], 'at byte 10 cannot be used: it tells of nothing'],
    ['goes back', ['0+10:1', '0+10:1'], 'an extent begins at 0'],
    ['leaves a gap', ['0+10:1 20+10:1'], 'at byte 10 cannot be used: an extent begins at 20'],
    ['does not get on', ['0+0:1'], 'an extent has a length of 0'],
    ['tells of more than can be kept', ['0+1:1 1+1:0 2+1:1 3+1:0'], 'the disk has more than 3 extents'],
  ])('are refused when a server %s', async (_, answers, reason) => {
    const { endpoint } = answering(...answers);
    await expect(reading(endpoint, 3)).rejects.toMatchObject({
      failure: { code: 'extents-unusable', kind: 'permanent', message: expect.stringContaining(reason) },
    });
  });
});
