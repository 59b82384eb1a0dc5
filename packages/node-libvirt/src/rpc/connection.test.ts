import { Duplex } from 'node:stream';
import { expect, it } from '@jest/globals';
import { procedures } from '../protocol/procedures.js';
import { RpcConnection } from './connection.js';

/** A stream to a host that never answers, and how many messages went out at each time. */
function silentHost() {
  const batches: number[] = [];
  const stream = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      batches.push(1);
      done();
    },
    writev: (chunks, done) => {
      batches.push(chunks.length);
      done();
    },
  });
  return { stream, batches };
}

it('sends the first call of a turn at once, and those that follow it in the turn together', async () => {
  const { stream, batches } = silentHost();
  const connection = new RpcConnection(
    { stream, isSecure: true },
    { uri: 'test:///', maxInFlight: 100, maxQueued: 0, deadlineMs: 0, keepalive: null, trace: null },
  );
  const ask = () => connection.call('connectGetHostname', procedures.connectGetHostname, {}, {});
  const turn = new Promise((resolve) => setImmediate(resolve));
  const calls = Array.from({ length: 50 }, ask);
  expect(batches).toEqual([1]);
  await turn;
  calls.push(ask());
  expect(batches).toEqual([1, 49, 1]);
  connection.close();
  expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true);
});
