/** Streams in both directions, their ends, and that nothing piles up. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConnectionLost, connect, type Libvirt, LibvirtError, type StreamPiece } from 'node-libvirt';
import { type FakeClient, FakeServer, type Header, MessageStatus, MessageType } from 'node-libvirt/testing';

let server: FakeServer;
let libvirt: Libvirt;
let client: FakeClient;
let header: Header;

const vol = { pool: 'images', name: 'a.qcow2', key: '/images/a.qcow2' };

beforeEach(async () => {
  server = await FakeServer.listen();
  const remember = (_: unknown, context: { client: FakeClient; header: Header }): void => {
    client = context.client;
    header = context.header;
  };
  server.on('storageVolDownload', remember).on('storageVolUpload', remember);
  libvirt = await connect(server.uri, { keepalive: { intervalMs: 10, count: 1 } });
});

afterEach(async () => {
  await libvirt.close();
  await server.close();
});

const send = (status: number, data?: string | Buffer): void =>
  client.sendFrame({ ...header, type: MessageType.STREAM, status }, (writer) => data && writer.raw(Buffer.from(data)));

async function collect(stream: AsyncIterable<StreamPiece>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of stream) pieces.push('data' in piece ? piece.data.toString() : `hole ${piece.hole}`);
  return pieces;
}

describe('a download', () => {
  it('gives data and holes in order, and ends when the host confirms the end', async () => {
    const { stream } = await libvirt.storageVolDownload({ vol });
    send(MessageStatus.CONTINUE, 'abc');
    client.sendFrame({ ...header, type: MessageType.STREAM_HOLE, status: MessageStatus.CONTINUE }, (writer) => {
      writer.hyper(4096n);
      writer.uint(0);
    });
    send(MessageStatus.CONTINUE, 'xyz');
    send(MessageStatus.CONTINUE);
    const pieces = collect(stream);
    await server.message('stream');
    send(MessageStatus.OK);
    await expect(pieces).resolves.toEqual(['abc', 'hole 4096', 'xyz']);
  });

  it('that is not read stops the reading, and keepalive still holds the connection', async () => {
    const { stream } = await libvirt.storageVolDownload({ vol });
    for (let i = 0; i < 100; i++) send(MessageStatus.CONTINUE, Buffer.alloc(100_000, i));
    // The client pings while it does not read, so that the host keeps it.
    await server.message('keepalive ping');
    send(MessageStatus.CONTINUE);
    let bytes = 0;
    const read = (async () => {
      for await (const piece of stream) bytes += 'data' in piece ? piece.data.length : 0;
    })();
    await server.message('stream');
    send(MessageStatus.OK);
    await read;
    expect(bytes).toBe(10_000_000);
  });

  it('ends with libvirt’s error', async () => {
    const { stream } = await libvirt.storageVolDownload({ vol });
    send(MessageStatus.CONTINUE, 'abc');
    client.sendFrame({ ...header, type: MessageType.STREAM, status: MessageStatus.ERROR }, (writer) => {
      for (const word of [38, 18]) writer.int(word);
      writer.uint(1);
      writer.string('cannot read: Input/output error');
      writer.int(2);
      for (let i = 0; i < 4; i++) writer.uint(0);
      for (let i = 0; i < 3; i++) writer.int(0);
    });
    const end = collect(stream);
    await expect(end).rejects.toThrow(LibvirtError);
    await expect(end).rejects.toMatchObject({ numberName: 'VIR_ERR_SYSTEM_ERROR' });
  });

  it('left early tells the host to stop', async () => {
    const { stream } = await libvirt.storageVolDownload({ vol });
    send(MessageStatus.CONTINUE, 'abc');
    for await (const _ of stream) break;
    expect((await server.message('stream')).header.status).toBe(MessageStatus.ERROR);
  });

  it('ends as ConnectionLost when the connection is lost', async () => {
    const { stream } = await libvirt.storageVolDownload({ vol });
    client.destroy();
    await expect(collect(stream)).rejects.toThrow(ConnectionLost);
  });
});

describe('an upload', () => {
  it('sends all of it, in packets that every libvirt takes, and waits for the host’s word', async () => {
    const { stream } = await libvirt.storageVolUpload({ vol });
    const data = Buffer.alloc(600_000, 7);
    await stream.write(data);
    const finished = stream.finish();
    let done = false;
    void finished.then(() => (done = true));
    await server.message('stream');
    // The last packet says "no more".
    server.on('connectGetHostname', () => 'north-1');
    await libvirt.connectGetHostname();
    const packets = server.streamed.get(header.serial) ?? [];
    expect(packets.map((packet) => packet.length)).toEqual([262_120, 262_120, 75_760, 0]);
    expect(Buffer.concat(packets).equals(data)).toBe(true);
    expect(done).toBe(false);
    send(MessageStatus.OK);
    await finished;
    await expect(stream.write(data)).rejects.toThrow('nothing more can be written');
  });

  it('is refused by the host in the middle', async () => {
    const { stream } = await libvirt.storageVolUpload({ vol });
    await stream.write(Buffer.from('abc'));
    await server.message('stream');
    client.destroy();
    await expect(stream.finish()).rejects.toThrow(ConnectionLost);
  });
});
