/** One test for each way in which the replies of an NBD server can be wrong. Each ends the connection with one clear error. */

import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NbdClient } from '../../src/storage-sync/nbd/client.js';
import { connectNbd, type NbdConnectOptions } from '../../src/storage-sync/nbd/connect.js';
import { NbdConnectionLost, NbdProtocolError, NbdServerError } from '../../src/storage-sync/nbd/errors.js';
import { Command, Option, OptionReply, ReplyType } from '../../src/storage-sync/nbd/protocol.js';
import {
  type FakeNbdClient,
  FakeNbdServer,
  type ReceivedRequest,
} from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';
import {
  chunk,
  chunkHead,
  lastChunk,
  optionReply,
  simpleReply,
  u16,
  u32,
  u64,
} from '../../src/storage-sync/nbd/testing/wire-bytes.js';

let server: FakeNbdServer;

beforeEach(async () => {
  server = await FakeNbdServer.listen({ content: Buffer.from(Array.from({ length: 65_536 }, (_, at) => at % 251)) });
});

afterEach(async () => {
  await server.close();
});

const open = async (options: Partial<NbdConnectOptions> = {}): Promise<NbdClient> =>
  new NbdClient([await connectNbd({ address: server.address, contexts: ['x:one', 'x:two'], ...options })]);

const plain = (): void =>
  void server.onOption(Option.STRUCTURED_REPLY, (_, client) =>
    client.send(optionReply(Option.STRUCTURED_REPLY, OptionReply.ERR_UNSUP)),
  );

/** How a request ends that is answered by `misbehave`, and how its connection. */
async function against(
  ask: (client: NbdClient) => Promise<unknown>,
  misbehave: (request: ReceivedRequest, client: FakeNbdClient) => void,
): Promise<{ error: Error; closed: Error | null; client: NbdClient }> {
  for (const command of [Command.READ, Command.WRITE, Command.BLOCK_STATUS, Command.FLUSH]) {
    server.onRequest(command, misbehave);
  }
  const client = await open();
  const error = await ask(client).then(
    () => new Error('it was to fail'),
    (cause: Error) => cause,
  );
  return { error, closed: await client.closed, client };
}

const read = (client: NbdClient): Promise<unknown> => client.read(4096, 1024);
const write = (client: NbdClient): Promise<unknown> => client.write(4096, Buffer.alloc(1024));
const status = (client: NbdClient): Promise<unknown> => client.blockStatus(4096, 1024);
const data = (handle: number, offset: number, length: number): Buffer =>
  chunk(handle, ReplyType.OFFSET_DATA, u64(offset), Buffer.alloc(length));
const extents = (handle: number, id: number, ...fields: readonly number[]): Buffer =>
  chunk(handle, ReplyType.BLOCK_STATUS, u32(id), ...fields.map(u32));
const errorChunk = (handle: number, errno: number, length: number, text: Buffer = Buffer.alloc(0)): Buffer =>
  lastChunk(handle, ReplyType.ERROR, u32(errno), u16(length), text);

type Misbehave = (handle: number) => readonly Buffer[];

describe('the reply to a read that', () => {
  it.each<[string, Misbehave, string]>([
    ['begins with another magic number', () => [Buffer.alloc(16, 9)], 'magic number 0x9090909: it is of no kind'],
    ['has a handle that no request has', (handle) => [data(handle + 1, 4096, 1024)], 'which no request in flight has'],
    [
      'has a handle of 64 bits',
      () => [Buffer.concat([u32(0x668e33ef), u16(1), u16(0), u64(2n ** 63n), u32(0)])],
      'has the handle 0x8000000000000000',
    ],
    ['is simple', (handle) => [simpleReply(handle, 0, Buffer.alloc(1024))], 'where a structured one must come'],
    ['is simple and an error', (handle) => [simpleReply(handle, 5)], 'where a structured one must come'],
    ['begins before the range', (handle) => [data(handle, 4095, 10)], '10 bytes at 4095 come where 1024 at 4096'],
    ['goes beyond the range', (handle) => [data(handle, 5000, 200)], '200 bytes at 5000 come where 1024 at 4096'],
    ['lies at 16 EiB', (handle) => [chunk(handle, 1, u64(2n ** 64n - 1n), Buffer.alloc(4))], 'at over 8 PiB come'],
    [
      'is longer than the range',
      (handle) => [chunkHead(0, handle, 1, 0xffffffff)],
      'a chunk of type 1 with 4294967295',
    ],
    ['has a chunk without data', (handle) => [chunkHead(0, handle, 1, 8)], 'a chunk of type 1 with 8 bytes'],
    ['tells bytes twice', (handle) => [data(handle, 4096, 600), data(handle, 4600, 10)], 'come twice in one reply'],
    [
      'tells bytes twice, the later part first',
      (handle) => [data(handle, 4600, 100), data(handle, 4500, 101)],
      'come twice in one reply',
    ],
    [
      'tells a hole over data',
      (handle) => [data(handle, 4096, 600), chunk(handle, 2, u64(4096), u32(1024))],
      'come twice in one reply',
    ],
    ['has an empty hole', (handle) => [chunk(handle, 2, u64(4096), u32(0))], '0 bytes at 4096 come'],
    ['has a hole beyond the range', (handle) => [chunk(handle, 2, u64(4096), u32(0xffffffff))], '4294967295 bytes at'],
    ['has a hole of another length', (handle) => [chunk(handle, 2, u64(4096))], 'a chunk of type 2 with 8 bytes'],
    [
      'claims to be complete and is not',
      (handle) => [data(handle, 4096, 1000), lastChunk(handle, ReplyType.NONE)],
      'ends before all of it has come',
    ],
    [
      'leaves a gap',
      (handle) => [data(handle, 4096, 100), data(handle, 4200, 920), lastChunk(handle, ReplyType.NONE)],
      'ends before all of it has come',
    ],
    ['says nothing at all', (handle) => [lastChunk(handle, ReplyType.NONE)], 'ends before all of it has come'],
    ['ends without saying so', (handle) => [chunk(handle, ReplyType.NONE)], 'a chunk of type 0 with 0 bytes'],
    ['ends with a payload', (handle) => [lastChunk(handle, ReplyType.NONE, u32(1))], 'a chunk of type 0 with 4 bytes'],
    ['goes on after its end', (h) => [lastChunk(h, 1, u64(4096), Buffer.alloc(1024)), data(h, 4096, 1)], 'no request'],
    ['is of an unknown type', (handle) => [chunk(handle, 77, u32(1))], 'a chunk of type 77 with 4 bytes'],
    ['is a block status', (handle) => [extents(handle, 1, 1024, 0)], 'a chunk of type 5 with 12 bytes'],
    ['is an error that is none', (handle) => [errorChunk(handle, 0, 0)], 'says that there is no error'],
    ['is an error that is cut', (handle) => [lastChunk(handle, ReplyType.ERROR, u32(5))], 'a chunk of type 32769'],
    ['is an error of 4 GiB', (handle) => [chunkHead(1, handle, 0x8001, 0xffffffff)], 'with 4294967295 bytes does not'],
    ['is an error whose text is longer than it', (handle) => [errorChunk(handle, 5, 9, Buffer.from('x'))], 'of 9'],
    ['is an error with a huge text', (handle) => [errorChunk(handle, 5, 5000, Buffer.alloc(5000, 'x'))], 'of 5000'],
    [
      'is an error elsewhere',
      (handle) => [lastChunk(handle, ReplyType.ERROR_OFFSET, u32(5), u16(0), u64(9000))],
      'an offset outside the read of 1024 bytes at 4096',
    ],
  ])('%s', async (_, misbehave, reason) => {
    const { error, closed } = await against(read, ({ handle }, client) => {
      client.send(...misbehave(handle));
      // What follows the end of a reply is noticed by the next request at the latest.
      client.send(lastChunk(0x7fffffff, ReplyType.NONE));
    });
    expect(closed).toBeInstanceOf(NbdProtocolError);
    expect(closed?.message).toContain(reason);
    if (error.message === 'it was to fail') return;
    expect(error).toBeInstanceOf(NbdProtocolError);
    expect(error).toMatchObject({ mayHaveHappened: true });
    expect(error.message).toContain('read of 1024 bytes at 4096 of export "" at 127.0.0.1:');
  });

  it('comes in more scattered pieces than are kept', async () => {
    server.onRequest(Command.READ, ({ handle, offset }, peer) => {
      for (let at = 0; at < 20_000; at += 2) peer.send(data(handle, offset + at, 1));
    });
    const client = await open();
    await expect(client.read(0, 32_768)).rejects.toThrow('in more than 8192 scattered pieces');
  });

  it('is structured without an agreement', async () => {
    plain();
    const { closed } = await against(read, ({ handle }, client) => client.send(data(handle, 4096, 1024)));
    expect(closed?.message).toContain('it is structured, which was not agreed on');
  });

  it('is cut short, simple or structured', async () => {
    const structured = await against(read, ({ handle }, client) => {
      client.send(data(handle, 4096, 1024).subarray(0, 500));
      setImmediate(() => client.destroy());
    });
    expect(structured.error).toBeInstanceOf(NbdConnectionLost);
    expect(structured.error).toMatchObject({ mayHaveHappened: true });
    plain();
    const simple = await against(read, ({ handle }, client) => {
      client.send(simpleReply(handle, 0, Buffer.alloc(1024)).subarray(0, 500));
      setImmediate(() => client.destroy());
    });
    expect(simple.error).toBeInstanceOf(NbdConnectionLost);
  });
});

describe('the reply to a write that', () => {
  it.each<[string, Misbehave, string]>([
    ['carries data', (handle) => [data(handle, 4096, 1024)], 'a chunk of type 1 with 1032 bytes'],
    ['carries a hole', (handle) => [chunk(handle, 2, u64(4096), u32(1))], 'a chunk of type 2 with 12 bytes'],
    ['comes twice', (handle) => [simpleReply(handle), simpleReply(handle)], 'which no request in flight has'],
    ['has a handle that no request has', (handle) => [simpleReply(handle + 7)], 'which no request in flight has'],
  ])('%s', async (_, misbehave, reason) => {
    const { closed } = await against(write, ({ handle }, client) => client.send(...misbehave(handle)));
    expect(closed).toBeInstanceOf(NbdProtocolError);
    expect(closed?.message).toContain(reason);
  });

  it('does not come: what was sent may have happened, what waited has not', async () => {
    server.onRequest(Command.WRITE, (_, client) => client.destroy());
    const client = await open({ requestsInFlight: 1 });
    const ended = await Promise.all(
      [write(client), write(client)].map((request) => request.then(Boolean, (cause: NbdConnectionLost) => cause)),
    );
    expect(ended).toMatchObject([
      { code: 'CONNECTION_LOST', mayHaveHappened: true },
      { code: 'CONNECTION_LOST', mayHaveHappened: false },
    ]);
    await expect(write(client)).rejects.toMatchObject({ code: 'CONNECTION_LOST', mayHaveHappened: false });
  });
});

describe('the reply to a block status that', () => {
  const both = (handle: number): readonly Buffer[] => [extents(handle, 1, 1024, 0), extents(handle, 2, 1024, 0)];

  it.each<[string, Misbehave, string]>([
    ['is simple', (handle) => [simpleReply(handle)], 'where a structured one must come'],
    ['is of a context not asked for', (handle) => [extents(handle, 3, 1024, 0)], 'the metadata context 3, not set up'],
    ['tells a context twice', (h) => [...both(h), ...both(h)], '"x:one" comes twice'],
    [
      'lacks a context',
      (handle) => [lastChunk(handle, ReplyType.BLOCK_STATUS, u32(1), u32(1024), u32(0))],
      'lacks the block status of "x:two"',
    ],
    ['has no extent', (handle) => [extents(handle, 1)], 'a chunk of type 5 with 4 bytes'],
    ['has half an extent', (handle) => [extents(handle, 1, 1024, 0, 3)], 'a chunk of type 5 with 16 bytes'],
    ['has an empty extent', (handle) => [extents(handle, 1, 0, 0)], 'has an empty extent'],
    ['goes on beyond the range', (handle) => [extents(handle, 1, 1024, 0, 1, 1)], 'goes on beyond'],
    ['claims 4 GiB', (handle) => [chunkHead(0, handle, 5, 0xfffffffc)], 'with 4294967292 bytes does not fit'],
    ['is data', (handle) => [data(handle, 4096, 1024)], 'a chunk of type 1 with 1032 bytes'],
  ])('%s', async (_, misbehave, reason) => {
    const { error, closed } = await against(status, ({ handle }, client) => client.send(...misbehave(handle)));
    expect(closed).toBeInstanceOf(NbdProtocolError);
    expect(closed?.message).toContain(reason);
    expect(error).toBeInstanceOf(NbdProtocolError);
  });

  it('tells several extents where one was asked for', async () => {
    const { closed } = await against(
      (client) => client.blockStatus(4096, 1024, { isOne: true }),
      ({ handle }, client) => client.send(extents(handle, 1, 512, 0, 512, 1)),
    );
    expect(closed?.message).toContain('several extents of "x:one" come where one was asked for');
  });

  it('reaches beyond the range with its last extent: it is cut there', async () => {
    server.onRequest(Command.BLOCK_STATUS, ({ handle }, client) =>
      client.send(extents(handle, 2, 512, 3), lastChunk(handle, 5, ...[1, 1000, 0, 9000, 1].map(u32))),
    );
    const client = await open();
    expect(await client.blockStatus(4096, 1024)).toEqual(
      new Map([
        ['x:two', [{ offset: 4096, length: 512, flags: 3 }]],
        [
          'x:one',
          [
            { offset: 4096, length: 1000, flags: 0 },
            { offset: 5096, length: 24, flags: 1 },
          ],
        ],
      ]),
    );
    await client.close();
  });
});

describe('an error of the server', () => {
  it.each([
    [1, 'EPERM'],
    [5, 'EIO'],
    [12, 'ENOMEM'],
    [22, 'EINVAL'],
    [28, 'ENOSPC'],
    [75, 'EOVERFLOW'],
    [95, 'ENOTSUP'],
    [4711, 'ERRNO_4711'],
  ])('keeps its name: %i is %s, and the connection goes on', async (errno, errnoName) => {
    server.onRequest(Command.WRITE, ({ handle }, client) => client.send(simpleReply(handle, errno)));
    const client = await open();
    const error = await client.write(0, Buffer.alloc(512)).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NbdServerError);
    expect(error).toMatchObject({ code: 'SERVER', errnoName, mayHaveHappened: true });
    expect((error as Error).message).toContain(`write of 512 bytes at 0 of export "" at 127.0.0.1:`);
    expect(await client.read(0, 16)).toEqual(server.content.subarray(0, 16));
    await client.close();
  });

  it('keeps its text and place, without control characters, whatever came before or comes after', async () => {
    server.onRequest(Command.READ, ({ handle }, client) =>
      client.send(
        data(handle, 4096, 100),
        chunk(handle, ReplyType.ERROR_OFFSET, u32(5), u16(4), Buffer.from('bad\u001b'), u64(4200)),
        data(handle, 4300, 100),
        chunk(handle, ReplyType.ERROR, u32(12), u16(0)),
        chunk(handle, 0x8fff, u32(12), u16(0), Buffer.from('more')),
        lastChunk(handle, ReplyType.NONE),
      ),
    );
    const client = await open();
    const error = (await read(client).catch((cause: unknown) => cause)) as NbdServerError;
    expect(error).toMatchObject({ errnoName: 'EIO', mayHaveHappened: false });
    expect(error.reported.offset).toBe(4200);
    expect(error.message).toContain('EIO at byte 4200 (bad ): look for errors of the storage');
    await client.flush();
    await client.close();
  });

  it('ESHUTDOWN makes the client leave, once what is in flight has been answered', async () => {
    const held: Array<() => void> = [];
    server.onRequest(Command.READ, (request, client) => held.push(() => client.answer(request)));
    server.onRequest(Command.FLUSH, ({ handle }, client) => client.send(simpleReply(handle, 108)));
    const client = await open();
    const reading = read(client);
    await expect(client.flush()).rejects.toMatchObject({ errnoName: 'ESHUTDOWN' });
    await expect(client.flush()).rejects.toMatchObject({ code: 'CONNECTION_LOST', mayHaveHappened: false });
    for (const answer of held) answer();
    expect(await reading).toEqual(server.content.subarray(4096, 5120));
    await client.closed;
    expect(server.received.at(-1)?.command).toBe(Command.DISC);
  });
});

describe('replies that come', () => {
  const bytewise = (): NbdConnectOptions => ({
    address: { name: 'a slow line', open: async () => singleBytes(server.address) },
    contexts: ['x:one'],
  });

  it('one byte at a time', async () => {
    const client = new NbdClient([await connectNbd(bytewise())]);
    expect(await client.read(100, 3000)).toEqual(server.content.subarray(100, 3100));
    await client.write(200, Buffer.from('written'));
    expect(await client.read(200, 7)).toEqual(Buffer.from('written'));
    expect(await client.blockStatus(0, 512)).toEqual(new Map([['x:one', [{ offset: 0, length: 512, flags: 0 }]]]));
    await client.close();
  });

  it('simple, one byte at a time', async () => {
    plain();
    const client = new NbdClient([await connectNbd(bytewise())]);
    expect(await client.read(100, 3000)).toEqual(server.content.subarray(100, 3100));
    await client.close();
  });

  it('in chunks in any order, between those of other requests', async () => {
    const asked: ReceivedRequest[] = [];
    server.onRequest(Command.READ, (request, client) => {
      asked.push(request);
      const [first, second] = asked;
      if (first === undefined || second === undefined) return;
      const part = ({ handle, offset }: ReceivedRequest, from: number, to: number): Buffer =>
        chunk(handle, 1, u64(offset + from), server.content.subarray(offset + from, offset + to));
      const hole = ({ handle, offset }: ReceivedRequest): Buffer => chunk(handle, 2, u64(offset + 500), u32(100));
      client.send(part(second, 600, 1000), part(first, 0, 500), hole(second), part(first, 600, 900));
      client.send(part(second, 0, 500), part(first, 900, 1000), lastChunk(second.handle, 0), hole(first));
      client.send(lastChunk(first.handle, 0));
    });
    const client = await open();
    const [one, other] = await Promise.all([client.readSparse(1000, 1000), client.read(9000, 1000)]);
    expect(one).toEqual([
      { kind: 'data', offset: 1000, data: server.content.subarray(1000, 1500) },
      { kind: 'hole', offset: 1500, length: 100 },
      { kind: 'data', offset: 1600, data: server.content.subarray(1600, 2000) },
    ]);
    const expected = Buffer.from(server.content.subarray(9000, 10_000)).fill(0, 500, 600);
    expect(other).toEqual(expected);
    await client.close();
  });

  it('after the client has parted are not looked at', async () => {
    server.onRequest(Command.DISC, (_, client) => {
      client.send(simpleReply(99), Buffer.from('what is this?'));
      client.destroy();
    });
    const client = await open();
    await client.close();
    expect(await client.closed).toBeNull();
  });

  it('never: the deadline for silence ends the connection', async () => {
    server.onRequest(Command.READ, () => undefined);
    const client = await open({ silenceMs: 30 });
    const error = (await read(client).catch((cause: unknown) => cause)) as Error;
    expect(error).toBeInstanceOf(NbdConnectionLost);
    expect(error.message).toContain('the server has said nothing for 30 ms');
  });
});

/** A way to the server on which every byte arrives alone. */
async function singleBytes(place: { readonly host: string; readonly port: number }): Promise<Duplex> {
  const socket = connect(place);
  const line = new Duplex({
    read: () => undefined,
    write: (bytes, _, done) => void socket.write(bytes, () => done()),
    final: (done) => void socket.end(() => done()),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (bytes: Buffer) => {
    for (const byte of bytes) line.push(Buffer.of(byte));
  });
  socket.on('close', () => line.push(null));
  socket.on('error', (error) => line.destroy(error));
  return line;
}
