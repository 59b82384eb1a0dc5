import { expect, it } from '@jest/globals';
import { openNbdEndpoint } from '../../src/storage-sync/nbd/nbd-endpoint.js';
import { FakeNbdServer } from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';
import { VolatileEndpoint } from '../../src/storage-sync/simulated/volatile-endpoint.js';
import { type BlockEndpointDriver, describeBlockEndpoint } from './block-endpoint-contract.js';

const never: AbortSignal = new AbortController().signal;
const MIB = 1_048_576;
const content = (): Buffer => Buffer.concat([Buffer.alloc(MIB, 'a'), Buffer.alloc(MIB), Buffer.alloc(2 * MIB, 'b')]);

async function volatileDriver(): Promise<BlockEndpointDriver> {
  const endpoint = new VolatileEndpoint({ content: content() });
  return {
    endpoint,
    readOnly: async () => new VolatileEndpoint({ content: content(), isReadOnly: true }),
    afterCrash: async () => endpoint.crash().stableBytes,
    close: async () => undefined,
  };
}

describeBlockEndpoint('the simulated disk', volatileDriver);

it('the simulated disk loses all that was not flushed, and is gone until it is opened again', async () => {
  const endpoint = new VolatileEndpoint({ content: content() });
  await endpoint.write(0, Buffer.alloc(8192, 'x'), never);
  await endpoint.flush(never);
  await endpoint.write(4096, Buffer.alloc(8192, 'y'), never);
  await endpoint.writeZeroes(2 * MIB, 512, { mayPunch: true }, never);
  const after = endpoint.crash();
  await expect(endpoint.read(0, 512, never)).rejects.toThrow('is not connected');
  const expected = content().fill('x', 0, 8192);
  expect(after.stableBytes.equals(expected)).toBe(true);
  expect(await after.read(4096, 512, never)).toEqual(Buffer.alloc(512, 'x'));
});

it('the simulated disk flushes no write that was answered only after the flush was asked for', async () => {
  const endpoint = new VolatileEndpoint({ content: content() });
  const flushed = endpoint.flush(never);
  await Promise.all([endpoint.write(0, Buffer.alloc(512, 'x'), never), flushed]);
  expect(endpoint.crash(() => false).stableBytes.equals(content())).toBe(true);
  expect(endpoint.crash((index) => index === 0).stableBytes.equals(content().fill('x', 0, 512))).toBe(true);
});

it('an export without zeroing and contexts gets zeroes written and is told as data', async () => {
  const server = await FakeNbdServer.listen({ content: content(), flags: 0b101 });
  const endpoint = await openNbdEndpoint({ address: server.address, contexts: [] });
  await endpoint.writeZeroes(512, 2 * MIB, { mayPunch: true }, never);
  await endpoint.flush(never);
  expect(server.content.equals(content().fill(0, 512, 512 + 2 * MIB))).toBe(true);
  expect(await endpoint.extents('base:allocation', 512, 100, never)).toEqual([{ offset: 512, length: 100, flags: 0 }]);
  await endpoint.close();
  await server.close();
});
