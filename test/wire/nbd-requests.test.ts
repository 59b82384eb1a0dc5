/** What the NBD client sends, how much of it at once, and what aborting does. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NbdClient, type NbdClientOptions, openNbd } from '../../src/storage-sync/nbd/client.js';
import { connectNbd } from '../../src/storage-sync/nbd/connect.js';
import { NbdAborted, NbdBadArgument, NbdNotOffered } from '../../src/storage-sync/nbd/errors.js';
import { Command, Option, ReplyType, TransmissionFlag } from '../../src/storage-sync/nbd/protocol.js';
import {
  ALL_FLAGS,
  type FakeNbdOptions,
  FakeNbdServer,
  type ReceivedRequest,
} from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';
import { lastChunk, u64 } from '../../src/storage-sync/nbd/testing/wire-bytes.js';

let server: FakeNbdServer;
const clients: NbdClient[] = [];

beforeEach(async () => {
  server = await FakeNbdServer.listen();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.close();
});

const serve = async (options: FakeNbdOptions): Promise<void> => {
  await server.close();
  server = await FakeNbdServer.listen(options);
};
const open = async (options: Partial<NbdClientOptions> = {}): Promise<NbdClient> => {
  const client = await openNbd({ address: server.address, contexts: ['x:one'], ...options });
  clients.push(client);
  return client;
};
/** Requests of that command are held back until they are let go. */
const hold = (command: number): Array<{ readonly request: ReceivedRequest; readonly go: () => void }> => {
  const held: Array<{ readonly request: ReceivedRequest; readonly go: () => void }> = [];
  server.onRequest(command, (request, client) => held.push({ request, go: () => client.answer(request) }));
  return held;
};
const outcome = (request: Promise<unknown>): Promise<unknown> => request.catch((error: unknown) => error);

describe('requests', () => {
  it('carry their flags', async () => {
    const client = await open();
    await client.write(512, Buffer.from('data'), { isForced: true });
    await client.writeZeroes(0, 512);
    await client.writeZeroes(0, 512, { mayPunch: true, isFast: true, isForced: true });
    await client.trim(0, 512, { isForced: true });
    await client.cache(0, 512);
    await client.blockStatus(0, 512, { isOne: true });
    await client.flush();
    await client.close();
    expect(server.received.map(({ command, flags, offset, length }) => [command, flags, offset, length])).toEqual([
      [Command.WRITE, 0b00001, 512, 4],
      [Command.WRITE_ZEROES, 0b00010, 0, 512],
      [Command.WRITE_ZEROES, 0b10001, 0, 512],
      [Command.TRIM, 0b00001, 0, 512],
      [Command.CACHE, 0, 0, 512],
      [Command.BLOCK_STATUS, 0b01000, 0, 512],
      [Command.FLUSH, 0, 0, 0],
      [Command.DISC, 0, 0, 0],
    ]);
    expect(server.content.toString('latin1', 512, 516)).toBe('data');
  });

  it('reach offsets beyond 4 GiB', async () => {
    const connection = await connectNbd({ address: server.address });
    const { export: description } = connection.agreement;
    Object.assign(description, { sizeBytes: 2 ** 52 });
    await connection.perform({ kind: 'cache', offset: 2 ** 51 + 4096, length: 512 });
    expect(server.received[0]).toMatchObject({ offset: 2 ** 51 + 4096, length: 512 });
    await connection.close();
  });

  it.each<[string, (client: NbdClient) => Promise<unknown>]>([
    ['beyond the end', (client) => client.read(1_048_000, 1000)],
    ['of no length', (client) => client.read(0, 0)],
    ['before the beginning', (client) => client.read(-1, 1)],
    ['of half bytes', (client) => client.read(0.5, 1)],
    ['of data beyond the end', (client) => client.write(1_048_576, Buffer.alloc(1))],
    ['of zeroes beyond the end', (client) => client.writeZeroes(0, 2 ** 40)],
  ])('%s are not sent', async (_, ask) => {
    await expect(ask(await open())).rejects.toThrow(NbdBadArgument);
    expect(server.received).toEqual([]);
  });

  it.each<[string, number, (client: NbdClient) => Promise<unknown>]>([
    ['write', ALL_FLAGS | TransmissionFlag.READ_ONLY, (client) => client.write(0, Buffer.alloc(1))],
    ['flush', ALL_FLAGS & ~TransmissionFlag.SEND_FLUSH, (client) => client.flush()],
    ['trim', ALL_FLAGS & ~TransmissionFlag.SEND_TRIM, (client) => client.trim(0, 1)],
    ['zero', ALL_FLAGS & ~TransmissionFlag.SEND_WRITE_ZEROES, (client) => client.writeZeroes(0, 1)],
    ['zero fast', ALL_FLAGS & ~TransmissionFlag.SEND_FAST_ZERO, (c) => c.writeZeroes(0, 1, { isFast: true })],
    ['cache', ALL_FLAGS & ~TransmissionFlag.SEND_CACHE, (client) => client.cache(0, 1)],
    ['force', ALL_FLAGS & ~TransmissionFlag.SEND_FUA, (c) => c.write(0, Buffer.alloc(1), { isForced: true })],
  ])('to %s are not sent where that is not offered', async (_, flags, ask) => {
    await serve({ flags });
    await expect(ask(await open())).rejects.toThrow(NbdNotOffered);
    expect(server.received).toEqual([]);
  });

  it('for block status are not sent without a metadata context', async () => {
    await expect((await open({ contexts: [] })).blockStatus(0, 1)).rejects.toThrow(NbdNotOffered);
  });

  it('that do not fit the block sizes are not sent; those that are too long are cut', async () => {
    await serve({ blockSizes: [512, 4096, 8192], content: Buffer.alloc(65_536, 'abcdefghijk') });
    const client = await open();
    await expect(client.read(100, 512)).rejects.toThrow('must be multiples of its 512 bytes');
    await expect(client.write(0, Buffer.alloc(100))).rejects.toThrow(NbdBadArgument);
    expect(await client.read(512, 20_480)).toEqual(server.content.subarray(512, 20_992));
    expect(server.received.map(({ offset, length }) => [offset, length])).toEqual([
      [512, 8192],
      [8704, 8192],
      [16_896, 4096],
    ]);
    await client.write(0, Buffer.alloc(16_896, 'x'));
    expect(server.content.toString('latin1', 0, 16_900)).toMatch(/^x{16896}[^x]/);
    expect((await client.readSparse(0, 16_384)).map(({ offset }) => offset)).toEqual([0, 8192]);
  });

  it('to read put the bytes into the memory that they are given, and only all of it', async () => {
    await serve({ blockSizes: [1, 4096, 4096], content: Buffer.alloc(65_536, 'abcdefghijk') });
    const client = await open();
    const into = Buffer.alloc(10_000);
    expect(await client.read(100, 10_000, { into })).toBe(into);
    expect(into).toEqual(server.content.subarray(100, 10_100));
    expect(await client.read(0, 4000, { into: into.subarray(0, 4000) })).toEqual(server.content.subarray(0, 4000));
    await expect(client.read(0, 100, { into })).rejects.toThrow('give as much as is read');
  });

  it('that were cut end together, also when one of them fails', async () => {
    await serve({ blockSizes: [1, 512, 512] });
    const held = hold(Command.WRITE);
    const client = await open({ requestsInFlight: 2 });
    const ended = outcome(client.write(0, Buffer.alloc(2048)));
    for (let answered = 0; answered < 4; answered += 1) {
      await server.requests(answered + 1);
      held[answered]?.go();
    }
    expect(await ended).toBeUndefined();
  });
});

describe('requests in flight', () => {
  it('are bounded in number', async () => {
    const held = hold(Command.READ);
    const connection = await connectNbd({ address: server.address, requestsInFlight: 3 });
    const reads = Array.from({ length: 5 }, (_, at) =>
      connection.read({ kind: 'read', offset: at * 512, length: 512, isUnfragmented: false }),
    );
    expect(connection.load).toEqual({ inFlight: 3, bytesInFlight: 1536, queued: 2 });
    for (let at = 0; at < 5; at += 1) {
      await server.requests(at + 1);
      held[at]?.go();
    }
    await Promise.all(reads);
    expect(connection.load).toEqual({ inFlight: 0, bytesInFlight: 0, queued: 0 });
    await connection.close();
  });

  it('are bounded in bytes, and one alone may have more', async () => {
    const held = hold(Command.READ);
    const connection = await connectNbd({ address: server.address, bytesInFlight: 1000 });
    const read = (length: number): Promise<unknown> =>
      connection.read({ kind: 'read', offset: 0, length, isUnfragmented: false });
    const reads = [read(5000), read(600), read(600)];
    await server.requests(1);
    expect(connection.load).toEqual({ inFlight: 1, bytesInFlight: 5000, queued: 2 });
    held[0]?.go();
    await server.requests(2);
    expect(connection.load).toEqual({ inFlight: 1, bytesInFlight: 600, queued: 1 });
    held[1]?.go();
    await server.requests(3);
    held[2]?.go();
    await Promise.all(reads);
    await connection.close();
  });

  it('wait in a queue that is bounded', async () => {
    hold(Command.READ);
    const connection = await connectNbd({ address: server.address, requestsInFlight: 1, queuedRequests: 1 });
    const read = (): Promise<unknown> => connection.read({ kind: 'read', offset: 0, length: 1, isUnfragmented: false });
    const reads = [outcome(read()), outcome(read())];
    await expect(read()).rejects.toMatchObject({ code: 'QUEUE_FULL', mayHaveHappened: false });
    connection.destroy();
    expect(await Promise.all(reads)).toMatchObject([{ mayHaveHappened: true }, { mayHaveHappened: false }]);
  });
});

describe('an abort', () => {
  it('before sending sends nothing', async () => {
    const client = await open({ requestsInFlight: 1 });
    expect(await outcome(client.read(0, 1, { signal: AbortSignal.abort() }))).toMatchObject({ mayHaveHappened: false });
    const held = hold(Command.READ);
    const first = client.read(0, 512);
    const controller = new AbortController();
    const second = outcome(client.read(512, 512, { signal: controller.signal }));
    controller.abort();
    expect(await second).toBeInstanceOf(NbdAborted);
    expect(await second).toMatchObject({ mayHaveHappened: false });
    await server.requests(1);
    held[0]?.go();
    await first;
    await client.flush();
    expect(server.received.map(({ command }) => command)).toEqual([Command.READ, Command.FLUSH]);
  });

  it('after sending ends at once, and the replies stay in step', async () => {
    const held = hold(Command.READ);
    server.content.write('later', 40_000);
    const client = await open();
    const controller = new AbortController();
    const reads = [1, 2, 3].map((at) => outcome(client.read(at * 4096, 4096, { signal: controller.signal })));
    await server.requests(3);
    controller.abort();
    expect(await Promise.all(reads)).toMatchObject([1, 2, 3].map(() => ({ code: 'ABORTED', mayHaveHappened: true })));
    const later = client.read(40_000, 5);
    await server.requests(4);
    for (const { go } of held) go();
    expect((await later).toString()).toBe('later');
    await client.flush();
  });

  it('in the middle of a reply leaves the rest of it to be read and dropped', async () => {
    const length = 65_536;
    const content = Buffer.alloc(length, 'x');
    let rest = (): void => undefined;
    server.onRequest(Command.READ, ({ handle, offset }, peer) => {
      const bytes = lastChunk(handle, ReplyType.OFFSET_DATA, u64(offset), content);
      peer.send(bytes.subarray(0, 30_000));
      rest = () => {
        server.onRequest(Command.READ, (request, again) => again.answer(request));
        peer.send(bytes.subarray(30_000));
      };
    });
    const client = await open();
    const controller = new AbortController();
    const read = outcome(client.read(0, length, { signal: controller.signal }));
    await server.requests(1);
    controller.abort();
    expect(await read).toBeInstanceOf(NbdAborted);
    rest();
    expect(await client.read(512, 512)).toEqual(Buffer.alloc(512));
  });

  it('of an aborted request whose answer is an error says nothing more', async () => {
    const held = hold(Command.WRITE);
    const client = await open();
    const controller = new AbortController();
    const write = outcome(client.write(0, Buffer.alloc(4096), { signal: controller.signal }));
    await server.requests(1);
    controller.abort();
    expect(await write).toMatchObject({ code: 'ABORTED', mayHaveHappened: true });
    held[0]?.go();
    await client.flush();
  });
});

describe('several connections', () => {
  it('share the requests, and one flush covers them', async () => {
    const held = hold(Command.READ);
    const client = await open({ connections: 3 });
    expect(client.width).toBe(3);
    const reads = [0, 1, 2].map((at) => client.read(at * 512, 512));
    await server.requests(3);
    expect(new Set(held.map(({ request }) => request.handle))).toEqual(new Set([1]));
    for (const { go } of held) go();
    await Promise.all(reads);
    await client.flush();
    expect(server.received.filter(({ command }) => command === Command.FLUSH)).toHaveLength(1);
  });

  it('are one where the export does not allow more', async () => {
    await serve({ flags: ALL_FLAGS & ~TransmissionFlag.CAN_MULTI_CONN });
    expect((await open({ connections: 3 })).width).toBe(1);
    expect(server.clientCount).toBe(1);
  });

  it('are fewer where the server takes no more', async () => {
    let greeted = 0;
    server.onOption(Option.STRUCTURED_REPLY, (_, client) => {
      greeted += 1;
      if (greeted > 2) client.destroy();
      else client.send(Buffer.from('0003e889045565a9000000080000000100000000', 'hex'));
    });
    expect((await open({ connections: 4 })).width).toBe(2);
  });

  it('end together', async () => {
    const client = await open({ connections: 2 });
    server.onRequest(Command.READ, (_, peer) => peer.destroy());
    await expect(client.read(0, 1)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(await client.closed).not.toBeNull();
    await expect(Promise.all([client.flush(), client.flush()])).rejects.toMatchObject({ mayHaveHappened: false });
  });
});
