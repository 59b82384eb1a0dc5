/** One test for each way in which what answers can be wrong. Each must end in one clear error, never in a hang. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectFailed, ConnectionLost, connect, type Libvirt, ProtocolError } from 'node-libvirt';
import { encodeFrame, type FakeClient, FakeServer, type Header, noReply } from 'node-libvirt/testing';

let server: FakeServer;
let libvirt: Libvirt;

beforeEach(async () => {
  server = await FakeServer.listen();
  libvirt = await connect(server.uri);
});

afterEach(async () => {
  await libvirt.close();
  await server.close();
});

/** Answers the next `connectGetHostname` by `misbehave` and returns how the call and the connection ended. */
async function hostnameAgainst(
  misbehave: (client: FakeClient, header: Header) => void,
): Promise<{ error: unknown; closed: unknown }> {
  server.on('connectGetHostname', (_, { client, header }) => {
    misbehave(client, header);
    return noReply;
  });
  const error = await libvirt.connectGetHostname().then(
    (value) => value,
    (cause: unknown) => cause,
  );
  return { error, closed: await libvirt.closed };
}

const reply = (header: Header): Header => ({ ...header, type: 1 });

describe('a server that', () => {
  it.each<[string, (client: FakeClient, header: Header) => void, string]>([
    [
      'answers with an unknown serial',
      (client, header) => client.sendFrame({ ...reply(header), serial: 4711 }),
      'serial 4711',
    ],
    [
      'answers for another procedure',
      (client, header) => client.sendFrame({ ...reply(header), procedure: 1 }),
      'another procedure',
    ],
    [
      'answers with a cut payload',
      (client, header) => client.sendFrame(reply(header), (writer) => writer.uint(9)),
      'does not fit',
    ],
    [
      'answers with bytes left over',
      (client, header) =>
        client.sendFrame(reply(header), (writer) => {
          writer.string('north-1');
          writer.uint(0);
        }),
      '4 bytes are left over',
    ],
    [
      'claims a string of 2 GiB',
      (client, header) => client.sendFrame(reply(header), (writer) => writer.uint(0x7fffffff)),
      'over the protocol',
    ],
    ['sends a frame over the limit', (client) => client.sendRaw(Buffer.from('7fffffff', 'hex')), 'over libvirt'],
    [
      'sends a frame shorter than a header',
      (client) => client.sendRaw(Buffer.from('00000005', 'hex')),
      'shorter than a header',
    ],
    [
      'sends garbage',
      (client) => client.sendRaw(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
      "breaks libvirt's protocol",
    ],
    ['sends a call', (client, header) => client.sendFrame({ ...header, type: 0 }), 'only a client may'],
    [
      'sends a type of message that does not exist',
      (client, header) => client.sendRaw(withType(header, 77)),
      'is not a type of message',
    ],
  ])('%s', async (_, misbehave, reason) => {
    const { error, closed } = await hostnameAgainst(misbehave);
    expect(closed).toBeInstanceOf(ConnectionLost);
    expect((closed as Error).message).toContain(reason);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ mayHaveHappened: true });
    expect([ConnectionLost, ProtocolError]).toContain((error as Error).constructor);
  });

  it('closes in the middle of a call: ConnectionLost, and it may have happened', async () => {
    const { error } = await hostnameAgainst((client) => client.destroy());
    expect(error).toBeInstanceOf(ConnectionLost);
    expect((error as ConnectionLost).mayHaveHappened).toBe(true);
    expect((error as Error).message).toContain(server.uri);
  });

  it('closes in the middle of a frame', async () => {
    const { error } = await hostnameAgainst((client, header) => {
      client.sendRaw(encodeFrame(reply(header), (writer) => writer.string('north-1')).subarray(0, 30));
      client.destroy();
    });
    expect(error).toBeInstanceOf(ConnectionLost);
  });

  it('sends an event that does not fit its type', async () => {
    await libvirt.subscribe('domain.lifecycle', () => undefined);
    server.on('connectGetHostname', (_, { client, header }) => {
      client.sendFrame({ ...header, type: 2, procedure: 318, serial: 0 }, (writer) => writer.uint(0));
      return noReply;
    });
    await expect(libvirt.connectGetHostname()).rejects.toThrow(ConnectionLost);
  });

  it('sends an event that nobody asked for: it is let pass', async () => {
    server.on('connectGetHostname', (_, { client, header }) => {
      client.sendFrame({ ...header, type: 2, procedure: 9999, serial: 0 });
      return 'north-1';
    });
    await expect(libvirt.connectGetHostname()).resolves.toBe('north-1');
  });

  it('falls silent: keepalive ends the connection', async () => {
    const silent = await FakeServer.listen();
    silent.on('connectGetHostname', () => noReply);
    const watched = await connect(silent.uri, { keepalive: { intervalMs: 10, count: 2 } });
    await expect(watched.connectGetHostname()).rejects.toThrow('gave no sign of life');
    expect(silent.received.filter(({ name }) => name === 'keepalive ping').length).toBe(2);
    await silent.close();
  });

  it('pings: it is answered', async () => {
    server.on('connectGetHostname', (_, { client }) => {
      client.sendPing();
      return 'north-1';
    });
    await libvirt.connectGetHostname();
    await expect(server.message('keepalive pong')).resolves.toBeDefined();
  });
});

describe('connecting to something that is not libvirt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'node-libvirt-'));

  /** A server that says `greeting` to whoever connects. */
  async function speaker(greeting: string): Promise<{ uri: string; stop: () => Promise<void> }> {
    const sockets = new Set<import('node:net').Socket>();
    const other = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.write(greeting);
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as import('node:net').AddressInfo;
    return {
      uri: `qemu+tcp://127.0.0.1:${port}/system`,
      stop: () => {
        for (const socket of sockets) socket.destroy();
        return new Promise((resolve) => other.close(() => resolve()));
      },
    };
  }

  it.each([
    ['an ssh server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a mail server', '220 mail.example.org ESMTP ready, what can I do for you\r\n'],
  ])('%s', async (_, greeting) => {
    const { uri, stop } = await speaker(greeting);
    await expect(connect(uri)).rejects.toThrow(ConnectFailed);
    await expect(connect(uri)).rejects.toThrow(`"${uri}": what answers there is not libvirt`);
    await stop();
  });

  it('something that never says a word: the deadline ends it', async () => {
    const { uri, stop } = await speaker('');
    await expect(connect(uri, { deadlineMs: 50 })).rejects.toThrow(`"${uri}": no libvirt connection within 50 ms`);
    await stop();
  });

  it('no deadline of calls ends it, only its own', async () => {
    const { uri, stop } = await speaker('');
    await expect(connect(uri, { callDeadlineMs: 1, deadlineMs: 50 })).rejects.toThrow(
      'no libvirt connection within 50 ms',
    );
    await stop();
  });

  it('an abort ends it too, also without a deadline', async () => {
    const { uri, stop } = await speaker('');
    const controller = new AbortController();
    const attempt = connect(uri, { signal: controller.signal, deadlineMs: 0 });
    controller.abort();
    await expect(attempt).rejects.toThrow(`"${uri}": connecting was aborted`);
    await stop();
  });

  it('a file that is no socket, a socket that is not there, a port where nobody listens', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(connect(`qemu+unix:///system?socket=${file}`)).rejects.toThrow(/nothing listens|is not a socket/);
    await expect(connect(`qemu+unix:///system?socket=${folder}/none`)).rejects.toThrow(
      `there is no socket ${folder}/none: start the libvirt daemon`,
    );
    const { uri, stop } = await speaker('');
    await stop();
    await expect(connect(uri)).rejects.toThrow(/nothing listens at 127\.0\.0\.1:\d+: start the libvirt daemon/);
  });

  it('a host that no name server knows', async () => {
    await expect(connect('qemu+tcp://no-such-host.invalid/system')).rejects.toThrow(
      'cannot be resolved: check its spelling',
    );
  });

  it('a folder without certificates', async () => {
    await expect(connect(`qemu+tls://127.0.0.1/system?pkipath=${folder}`)).rejects.toThrow(
      `there is no CA certificate (looked for ${folder}/cacert.pem)`,
    );
  });

  it('an ssh program that is not there', async () => {
    await expect(connect('qemu+ssh://host/system?command=/no/such/ssh')).rejects.toThrow(
      '"/no/such/ssh" is not installed here',
    );
  });

  afterAll(() => rmSync(folder, { recursive: true }));
});

describe('a libvirt that will not do', () => {
  it('is too old', async () => {
    server.on('connectGetLibVersion', () => 1_002_003);
    await expect(connect(server.uri)).rejects.toThrow(
      `"${server.uri}": libvirt 1.2.3 is too old, 6.0.0 is the oldest that will do: upgrade libvirt`,
    );
  });

  it('asks for an authentication of another kind', async () => {
    server.on('authList', () => [99]);
    await expect(connect(server.uri)).rejects.toThrow(
      'an authentication that is not spoken here (99): set auth_unix_rw',
    );
  });
});

function withType(header: Header, type: number): Buffer {
  const frame = encodeFrame(header);
  frame.writeUInt32BE(type, 16);
  return frame;
}
