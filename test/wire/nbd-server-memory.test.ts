/** The one long read that makes a server keep its memory, and when there is none. */
import { afterEach, expect, it, test } from '@jest/globals';
import { openNbdEndpoint } from '../../src/storage-sync/nbd/nbd-endpoint.js';
import { Command, ReplyType } from '../../src/storage-sync/nbd/protocol.js';
import { ALL_FLAGS, type FakeNbdOptions, FakeNbdServer } from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';
import { lastChunk, u32, u64 } from '../../src/storage-sync/nbd/testing/wire-bytes.js';

const MIB = 1_048_576;
let server: FakeNbdServer;

afterEach(() => server.close());

/** An export that says of itself that it is a hole, or data, as its flags say; reads are answered with a hole. */
async function serve(statusFlags: number, options: FakeNbdOptions): Promise<void> {
  server = await FakeNbdServer.listen(options);
  server.onRequest(Command.BLOCK_STATUS, ({ handle, length }, client) =>
    client.send(lastChunk(handle, ReplyType.BLOCK_STATUS, u32(1), u32(length), u32(statusFlags))),
  );
  server.onRequest(Command.READ, ({ handle, offset, length }, client) =>
    client.send(lastChunk(handle, ReplyType.OFFSET_HOLE, u64(offset), u32(length))),
  );
}

const reads = (): readonly string[] =>
  server.received
    .filter(({ command }) => command === Command.READ)
    .map(({ offset, length }) => `${offset / MIB}+${length / MIB}`);

test.each<[string, number, FakeNbdOptions, readonly string[]]>([
  ['of a hole at the end', 3, { content: Buffer.alloc(40 * MIB) }, ['16+16']],
  ['of nothing where there is data', 0, { content: Buffer.alloc(40 * MIB) }, []],
  ['of nothing where it is too small', 3, { content: Buffer.alloc(15 * MIB) }, []],
  ['of nothing where less is taken', 3, { content: Buffer.alloc(16 * MIB), blockSizes: [1, 4096, 8 * MIB] }, []],
  ['of nothing where nothing is written', 3, { content: Buffer.alloc(16 * MIB), flags: ALL_FLAGS | 2 }, []],
])('is one %s', async (_, statusFlags, options, expected) => {
  await serve(statusFlags, options);
  const endpoint = await openNbdEndpoint({ address: server.address });
  await endpoint.close();
  expect(reads()).toEqual(expected);
});

it('that fails fails the opening, and parts', async () => {
  await serve(3, { content: Buffer.alloc(16 * MIB) });
  server.onRequest(Command.READ, ({ handle }, client) =>
    client.send(lastChunk(handle, 0x8001, u32(5), Buffer.alloc(2))),
  );
  await expect(openNbdEndpoint({ address: server.address })).rejects.toMatchObject({ code: 'SERVER' });
  expect(server.received.at(-1)?.command).toBe(Command.DISC);
});
