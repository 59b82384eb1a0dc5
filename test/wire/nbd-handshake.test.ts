/** One test for each way in which the handshake of an NBD server can be wrong, or be a refusal. */
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  connectNbd,
  listNbdContexts,
  listNbdExports,
  type NbdConnectOptions,
} from '../../src/storage-sync/nbd/connect.js';
import { NbdAborted, NbdBadArgument, NbdConnectFailed, NbdProtocolError } from '../../src/storage-sync/nbd/errors.js';
import { Option, OptionReply } from '../../src/storage-sync/nbd/protocol.js';
import { type FakeNbdClient, FakeNbdServer } from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';
import { greeting, optionReply, u16, u32, u64 } from '../../src/storage-sync/nbd/testing/wire-bytes.js';

let server: FakeNbdServer;

beforeEach(async () => {
  server = await FakeNbdServer.listen();
});

afterEach(async () => {
  await server.close();
});

const failure = async (options: Partial<NbdConnectOptions> = {}): Promise<Error> =>
  await connectNbd({ address: server.address, exportName: 'disk', ...options }).then(
    (connection) => {
      connection.destroy();
      throw new Error('it was to fail');
    },
    (error: Error) => error,
  );

const ack = (option: number): Buffer => optionReply(option, OptionReply.ACK);
const identity = (): Buffer => optionReply(Option.GO, OptionReply.INFO, u16(0), u64(1_048_576), u16(1));

describe('a greeting that', () => {
  it.each<[string, Buffer, string]>([
    ['is another protocol', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), 'what answers there is not an NBD server'],
    ['is oldstyle', Buffer.from('NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53\0\0', 'latin1'), 'only the oldstyle'],
    ['lacks the fixed newstyle', greeting(2), 'does not speak the fixed newstyle'],
  ])('%s', async (_, bytes, reason) => {
    server.greeting = bytes;
    const error = await failure();
    expect(error.message).toContain(`export "disk" at 127.0.0.1:${server.address.port}: `);
    expect(error.message).toContain(reason);
  });

  it('is cut short', async () => {
    const half = createServer((socket) => socket.end(greeting().subarray(0, 11)));
    await new Promise<void>((resolve) => half.listen(0, '127.0.0.1', resolve));
    const { port } = half.address() as { port: number };
    const error = await failure({ address: { host: '127.0.0.1', port } });
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect(error.message).toContain('the server closed the connection during the handshake');
    await new Promise((resolve) => half.close(resolve));
  });

  it('does not come: the deadline ends it', async () => {
    server.greeting = Buffer.alloc(0);
    const error = await failure({ connectDeadlineMs: 20 });
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect(error.message).toContain('no NBD connection within 20 ms');
  });

  it('does not come: the signal ends it', async () => {
    server.greeting = Buffer.alloc(0);
    const controller = new AbortController();
    const attempt = failure({ signal: controller.signal, connectDeadlineMs: 0 });
    controller.abort();
    expect(await attempt).toBeInstanceOf(NbdAborted);
    expect(await failure({ signal: controller.signal })).toBeInstanceOf(NbdAborted);
  });
});

describe('a reply to an option that', () => {
  it.each<[string, number, (client: FakeNbdClient) => void, string]>([
    ['has another magic number', Option.GO, (c) => c.send(Buffer.alloc(20, 7)), 'another magic number'],
    ['is for another option', Option.GO, (c) => c.send(ack(Option.LIST)), 'is for the option 3 where 7 was sent'],
    [
      'claims 4 GiB',
      Option.GO,
      (c) => c.send(optionReply(Option.GO, OptionReply.INFO).subarray(0, 16), u32(0xffffffff)),
      'has 4294967295 bytes, over the limit',
    ],
    ['acknowledges with data', Option.GO, (c) => c.send(optionReply(Option.GO, OptionReply.ACK, u32(1))), 'carries 4'],
    ['grants an export and tells nothing', Option.GO, (c) => c.send(ack(Option.GO)), 'without saying how large'],
    [
      'is of a kind that does not belong to it',
      Option.GO,
      (c) => c.send(optionReply(Option.GO, OptionReply.SERVER, u32(0)), ack(Option.GO)),
      'is no information about it',
    ],
    [
      'tells of an export in too few bytes',
      Option.GO,
      (c) => c.send(optionReply(Option.GO, OptionReply.INFO, u16(0), u32(9)), ack(Option.GO)),
      'come in 6 bytes where 12',
    ],
    [
      'tells of an export without the flag that must be set',
      Option.GO,
      (c) => c.send(optionReply(Option.GO, OptionReply.INFO, u16(0), u64(9), u16(2)), ack(Option.GO)),
      'lack the bit',
    ],
    [
      'tells of an export of 16 EiB',
      Option.GO,
      (c) => c.send(optionReply(Option.GO, OptionReply.INFO, u16(0), u64(2n ** 64n - 1n), u16(1)), ack(Option.GO)),
      'larger than 8 PiB',
    ],
    ...(
      [
        [0, 4096, 1024],
        [3, 4096, 8192],
        [512, 100, 8192],
        [4096, 4096, 1],
        [131_072, 131_072, 131_072],
      ] as const
    ).map((sizes): [string, number, (client: FakeNbdClient) => void, string] => [
      `tells the block sizes ${sizes.join(', ')}`,
      Option.GO,
      (c) => c.send(identity(), optionReply(Option.GO, OptionReply.INFO, u16(3), ...sizes.map(u32)), ack(Option.GO)),
      'cannot go together',
    ]),
    [
      'is followed by a reply to no request',
      Option.GO,
      (c) => c.send(identity(), ack(Option.GO), Buffer.alloc(16)),
      'replies before any request',
    ],
    [
      'sets up a metadata context not asked for',
      Option.SET_META_CONTEXT,
      (c) =>
        c.send(
          optionReply(Option.SET_META_CONTEXT, OptionReply.META_CONTEXT, u32(1), Buffer.from('qemu:other')),
          ack(Option.SET_META_CONTEXT),
        ),
      'which was not asked for',
    ],
    [
      'sets up two metadata contexts with one id',
      Option.SET_META_CONTEXT,
      (c) =>
        c.send(
          ...['x:a', 'x:b'].map((name) =>
            optionReply(Option.SET_META_CONTEXT, OptionReply.META_CONTEXT, u32(1), Buffer.from(name)),
          ),
          ack(Option.SET_META_CONTEXT),
        ),
      'that is taken',
    ],
    [
      'names no metadata context',
      Option.SET_META_CONTEXT,
      (c) =>
        c.send(optionReply(Option.SET_META_CONTEXT, OptionReply.META_CONTEXT, u32(1)), ack(Option.SET_META_CONTEXT)),
      'names none',
    ],
  ])('%s', async (_, option, misbehave, reason) => {
    server.onOption(option, (_data, client) => misbehave(client));
    const error = await failure({ contexts: ['x:'] });
    expect(error).toBeInstanceOf(NbdProtocolError);
    expect(error.message).toContain('the server breaks the NBD protocol');
    expect(error.message).toContain(reason);
  });

  it('never ends: it comes to an end here', async () => {
    server.onOption(Option.GO, (_, client) => {
      for (let sent = 0; sent < 20; sent += 1) client.send(...Array.from({ length: 1000 }, identity));
    });
    expect((await failure()).message).toContain('more than 16384 replies');
  });

  it('is cut short', async () => {
    server.onOption(Option.GO, (_, client) => {
      client.send(identity().subarray(0, 25));
      client.destroy();
    });
    const error = await failure();
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect(error.message).toContain('during the handshake');
  });
});

describe('a refusal says what to do', () => {
  it.each<[string, number, number, string]>([
    ['an unknown export', Option.GO, OptionReply.ERR_UNKNOWN, 'it has no export of that name; list its exports'],
    ['an export that the settings forbid', Option.GO, OptionReply.ERR_POLICY, 'its settings forbid it'],
    ['a server that shuts down', Option.STRUCTURED_REPLY, OptionReply.ERR_SHUTDOWN, 'start it again'],
    [
      'a server that wants TLS',
      Option.STRUCTURED_REPLY,
      OptionReply.ERR_TLS_REQD,
      'give certificates or the shared key',
    ],
    ['malformed contexts', Option.SET_META_CONTEXT, OptionReply.ERR_INVALID, 'takes the request for malformed'],
    ['a number that nobody knows', Option.GO, 0x80001234, 'no more than the number 0x80001234'],
  ])('%s', async (_, option, type, advice) => {
    server.onOption(option, (_data, client) => client.send(optionReply(option, type, Buffer.from('because\u0007'))));
    const error = await failure({ contexts: ['base:allocation'] });
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect(error.message).toContain('(because )');
    expect(error.message).toContain(advice);
  });
});

describe('TLS that is stripped', () => {
  const tls = { kind: 'shared-key', identity: 'lifeboat', key: Buffer.alloc(16, 1) } as const;

  it.each([OptionReply.ERR_UNSUP, OptionReply.ERR_POLICY])('by the refusal 0x%x is no connection', async (type) => {
    server.onOption(Option.STARTTLS, (_, client) => client.send(optionReply(Option.STARTTLS, type)));
    const error = await failure({ tls });
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect(error.message).toContain('the server refuses TLS');
    expect(server.options).toEqual([Option.STARTTLS]);
  });

  it('by bytes in clear text behind the consent is no connection', async () => {
    server.onOption(Option.STARTTLS, (_, client) => client.send(ack(Option.STARTTLS), ack(Option.STRUCTURED_REPLY)));
    const error = await failure({ tls });
    expect(error).toBeInstanceOf(NbdProtocolError);
    expect(error.message).toContain('in clear text');
  });

  it('by a server that consents and goes on in clear text is no connection', async () => {
    server.onOption(Option.STARTTLS, (_, client) => {
      client.send(ack(Option.STARTTLS));
      setImmediate(() => client.send(identity()));
    });
    expect(await failure({ tls })).toBeInstanceOf(Error);
    expect(server.options).toEqual([Option.STARTTLS]);
  });
});

describe('a server that can less', () => {
  it('has no structured replies', async () => {
    server.onOption(Option.STRUCTURED_REPLY, (_, c) => c.send(optionReply(8, OptionReply.ERR_UNSUP)));
    const connection = await connectNbd({ address: server.address, contexts: ['base:allocation'] });
    expect(connection.agreement).toMatchObject({ hasStructuredReplies: false, contexts: new Map() });
    expect(server.options).not.toContain(Option.SET_META_CONTEXT);
    await connection.close();
  });

  it('has no NBD_OPT_GO', async () => {
    server.onOption(Option.GO, (_, client) => client.send(optionReply(Option.GO, OptionReply.ERR_UNSUP)));
    const connection = await connectNbd({ address: server.address, exportName: 'disk' });
    expect(server.options.at(-1)).toBe(Option.EXPORT_NAME);
    expect(connection.agreement.export).toMatchObject({ sizeBytes: 1_048_576, canFlush: true });
    await connection.close();
  });

  it('lacks some of the metadata contexts', async () => {
    server.onOption(Option.SET_META_CONTEXT, (_, client) =>
      client.send(
        optionReply(Option.SET_META_CONTEXT, OptionReply.META_CONTEXT, u32(7), Buffer.from('base:allocation')),
        ack(Option.SET_META_CONTEXT),
      ),
    );
    const contexts = ['base:allocation', 'qemu:dirty-bitmap:lost'];
    const connection = await connectNbd({ address: server.address, contexts });
    expect(connection.agreement.contexts).toEqual(new Map([[7, 'base:allocation']]));
    await connection.close();
  });
});

describe('lists', () => {
  it('name exports and metadata contexts', async () => {
    expect(await listNbdExports({ address: server.address })).toEqual([{ name: 'disk', description: 'the only one' }]);
    expect(await listNbdContexts({ address: server.address, contexts: ['x:one', 'x:two'] })).toEqual([
      'x:one',
      'x:two',
    ]);
    expect(server.options.filter((option) => option === Option.ABORT)).toHaveLength(2);
  });

  it('of exports whose names do not fit are refused', async () => {
    server.onOption(Option.LIST, (_, client) =>
      client.send(optionReply(Option.LIST, OptionReply.SERVER, u32(100), Buffer.from('disk')), ack(Option.LIST)),
    );
    await expect(listNbdExports({ address: server.address })).rejects.toThrow(NbdProtocolError);
  });

  it('that the server refuses say so', async () => {
    server.onOption(Option.LIST, (_, client) => client.send(optionReply(Option.LIST, OptionReply.ERR_POLICY)));
    await expect(listNbdExports({ address: server.address })).rejects.toThrow('refuses to list its exports');
  });
});

it('a name that is too long is not sent', async () => {
  expect(await failure({ exportName: 'x'.repeat(5000) })).toBeInstanceOf(NbdBadArgument);
});

it('nobody listens', async () => {
  const { address } = server;
  await server.close();
  await expect(connectNbd({ address })).rejects.toThrow(
    `nothing listens at 127.0.0.1:${address.port}: start the NBD server`,
  );
  await expect(connectNbd({ address: { path: '/no/such/socket' } })).rejects.toThrow('there is no socket');
  server = await FakeNbdServer.listen();
});
