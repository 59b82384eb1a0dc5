/** What is repeated on a new connection, and what is told when that would not be safe. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NbdConnectFailed, NbdConnectionLost, NbdWritesUncertain } from '../../src/storage-sync/nbd/errors.js';
import { Command } from '../../src/storage-sync/nbd/protocol.js';
import { ReconnectingNbdClient, type ReconnectOptions } from '../../src/storage-sync/nbd/reconnecting-client.js';
import { FakeNbdServer } from '../../src/storage-sync/nbd/testing/fake-nbd-server.js';

let server: FakeNbdServer;
let client: ReconnectingNbdClient;

const open = (options: ReconnectOptions = {}): Promise<ReconnectingNbdClient> =>
  ReconnectingNbdClient.open({ address: server.address, contexts: ['x:one'], pauseMs: 1, ...options });
/** The first request of that command ends the connection instead of being answered. */
const loseOnce = (command: number): void =>
  void server.onRequest(command, (_, peer) => {
    server.onRequest(command, (request, other) => other.answer(request));
    peer.destroy();
  });

beforeEach(async () => {
  server = await FakeNbdServer.listen();
  client = await open();
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe('a lost connection', () => {
  it('is replaced for reads and block status, which are asked again', async () => {
    server.content.write('here', 512);
    loseOnce(Command.READ);
    expect((await client.read(512, 4)).toString()).toBe('here');
    loseOnce(Command.BLOCK_STATUS);
    expect((await client.blockStatus(0, 512)).get('x:one')).toEqual([{ offset: 0, length: 512, flags: 0 }]);
    loseOnce(Command.READ);
    expect(await client.readSparse(0, 16)).toHaveLength(1);
    expect(server.clientCount).toBe(4);
  });

  it('is replaced once for many requests', async () => {
    loseOnce(Command.READ);
    await Promise.all(Array.from({ length: 10 }, (_, at) => client.read(at, 1)));
    expect(server.clientCount).toBe(2);
  });

  it('fails a write, which is not repeated; the next request connects anew', async () => {
    loseOnce(Command.WRITE);
    await expect(client.write(0, Buffer.from('x'))).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      mayHaveHappened: true,
    });
    await client.write(0, Buffer.from('y'));
    expect(server.received.filter(({ command }) => command === Command.WRITE)).toHaveLength(2);
  });

  it('makes a flush say, once, that writes before it may be lost', async () => {
    await client.write(0, Buffer.from('x'));
    loseOnce(Command.READ);
    await client.read(0, 1);
    await expect(client.flush()).rejects.toThrow(NbdWritesUncertain);
    await client.write(0, Buffer.from('x'));
    await client.flush();
  });

  it('during a flush makes the next one say so', async () => {
    await client.write(0, Buffer.from('x'));
    loseOnce(Command.FLUSH);
    await expect(client.flush()).rejects.toThrow(NbdConnectionLost);
    await expect(client.flush()).rejects.toThrow(NbdWritesUncertain);
    await client.flush();
  });

  it('after a flush makes the next one say nothing', async () => {
    await client.write(0, Buffer.from('x'));
    await client.flush();
    loseOnce(Command.READ);
    await client.read(0, 1);
    await expect(client.flush()).resolves.toBeUndefined();
  });

  it('fails a read in the end', async () => {
    await client.close();
    client = await open({ attempts: 3 });
    server.onRequest(Command.READ, (_, peer) => peer.destroy());
    await expect(client.read(0, 1)).rejects.toThrow(NbdConnectionLost);
    expect(server.received.filter(({ command }) => command === Command.READ)).toHaveLength(4);
  });

  it('fails a read when nobody listens any more', async () => {
    await client.close();
    client = await open({ attempts: 2 });
    server.onRequest(Command.READ, () => void server.close());
    await expect(client.read(0, 1)).rejects.toThrow(NbdConnectFailed);
    server = await FakeNbdServer.listen();
  });

  it('is not replaced by an export of another size', async () => {
    await client.close();
    client = await open({ attempts: 1 });
    server.onRequest(Command.READ, (_, peer) => peer.destroy());
    Object.assign(server, { content: Buffer.alloc(4096) });
    await expect(client.read(0, 1)).rejects.toThrow('the export had 1048576 bytes and now has 4096');
  });

  it('is not waited for after an abort, nor after closing', async () => {
    const controller = new AbortController();
    server.onRequest(Command.READ, () => controller.abort());
    await expect(client.read(0, 1, { signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(client.flush({ signal: controller.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    server.dropClients();
    await client.close();
    await expect(client.read(0, 1)).rejects.toThrow('open the export again');
  });
});
