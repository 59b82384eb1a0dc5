import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openQmp, type Qmp } from './qmp.js';
import { QmpError } from './qmp-error.js';

const never = new AbortController().signal;
const greeting =
  '{"QMP":{"version":{"qemu":{"micro":22,"minor":2,"major":7},"package":""},"capabilities":["oob"]}}\r\n';

/** The far side of a connection: what it was sent, and what it says. */
class Peer {
  readonly sent: Record<string, unknown>[] = [];
  readonly stream: Duplex;
  answer: (command: { execute: string; id: number }) => string | undefined = ({ id }) => `{"return":{},"id":${id}}`;

  constructor(first = greeting) {
    this.stream = new Duplex({
      read: () => undefined,
      write: (chunk, _encoding, done) => {
        const command = JSON.parse(String(chunk)) as { execute: string; id: number };
        this.sent.push(command);
        const said = this.answer(command);
        if (said !== undefined) {
          this.say(`${said}\n`);
        }
        done();
      },
    });
    this.say(first);
  }

  say(text: string): void {
    this.stream.push(text);
  }
}

describe('a QMP client', () => {
  const open: Qmp[] = [];
  const connected = async (peer: Peer): Promise<Qmp> => {
    const qmp = await openQmp(peer.stream, never);
    open.push(qmp);
    return qmp;
  };
  const failure = async (call: Promise<unknown>): Promise<QmpError> => {
    const error = await call.then(
      (value) => value,
      (cause: unknown) => cause,
    );
    if (error instanceof QmpError) {
      return error;
    }
    throw new Error(`The call was to fail, and gave ${String(error)}`);
  };

  afterEach(async () => {
    for (const qmp of open.splice(0)) {
      await qmp.close();
    }
  });

  it('greets and agrees on capabilities', async () => {
    const peer = new Peer();
    expect((await connected(peer)).version).toBe('7.2.22');
    expect(peer.sent).toEqual([{ execute: 'qmp_capabilities', arguments: {}, id: 1 }]);
  });

  it('is fed one byte at a time', async () => {
    const peer = new Peer('');
    const opening = openQmp(peer.stream, never);
    for (const letter of greeting) {
      peer.say(letter);
    }
    expect((await opening).version).toBe('7.2.22');
    peer.stream.destroy();
  });

  it('matches answers with commands, whatever their order', async () => {
    const peer = new Peer();
    const qmp = await connected(peer);
    peer.answer = () => undefined;
    const calls = [qmp.execute('one', {}, never), qmp.execute('two', { a: 1 }, never)];
    peer.say('{"return":"second","id":3}\n{"event":"RESUME"}\n{"return":"first","id":2}\n');
    expect(await Promise.all(calls)).toEqual(['first', 'second']);
  });

  it('tells the class of an error, and goes on', async () => {
    const peer = new Peer();
    const qmp = await connected(peer);
    peer.answer = ({ id }) => `{"id":${id},"error":{"class":"DeviceNotFound","desc":"no vda"}}`;
    expect(await failure(qmp.execute('query', {}, never))).toMatchObject({
      code: 'refused',
      errorClass: 'DeviceNotFound',
      message: 'no vda',
    });
    peer.answer = ({ id }) => `{"return":7,"id":${id}}`;
    expect(await qmp.execute('query', {}, never)).toBe(7);
  });

  it('hands out each event once, also one that came before it was asked for', async () => {
    const peer = new Peer();
    const qmp = await connected(peer);
    peer.say('{"event":"JOB","data":{"id":"a"}}\n');
    await qmp.execute('any', {}, never);
    const isJob = ({ name }: { name: string }): boolean => name === 'JOB';
    expect((await qmp.event(isJob, never)).data).toEqual({ id: 'a' });
    const next = qmp.event(isJob, never);
    peer.say('{"event":"OTHER"}\n{"event":"JOB","data":{"id":"b"}}\n');
    expect((await next).data).toEqual({ id: 'b' });
  });

  it.each<[string, (peer: Peer) => void, string]>([
    ['the far side ends', (peer) => peer.stream.push(null), 'lost'],
    ['the connection fails', (peer) => peer.stream.destroy(new Error('reset')), 'lost'],
    ['it is no QMP', (peer) => peer.say('HTTP/1.1 400\n'), 'malformed'],
    ['a line never ends', (peer) => peer.stream.push(Buffer.alloc(17 * 2 ** 20, 'x')), 'malformed'],
    [
      'a command was not understood',
      (peer) => peer.say('{"error":{"class":"GenericError","desc":"?"}}\n'),
      'malformed',
    ],
  ])('settles everything when %s', async (_, act, code) => {
    const peer = new Peer();
    const qmp = await connected(peer);
    peer.answer = () => undefined;
    const calls = [qmp.execute('one', {}, never), qmp.event(() => true, never)].map(failure);
    act(peer);
    expect((await Promise.all(calls)).map((error) => error.code)).toEqual([code, code]);
    await qmp.closed;
    expect(await failure(qmp.execute('more', {}, never))).toMatchObject({ code });
  });

  it('gives a call up on its signal, and drops the answer that comes late', async () => {
    const peer = new Peer();
    const qmp = await connected(peer);
    peer.answer = () => undefined;
    const controller = new AbortController();
    const call = failure(qmp.execute('slow', {}, controller.signal));
    controller.abort();
    expect((await call).code).toBe('aborted');
    peer.say('{"return":"late","id":2}\n');
    peer.answer = ({ id }) => `{"return":"own","id":${id}}`;
    expect(await qmp.execute('next', {}, never)).toBe('own');
    expect((await failure(qmp.execute('none', {}, controller.signal))).code).toBe('aborted');
  });

  it('ends a connection that is silent beyond the deadline', async () => {
    const peer = new Peer('');
    expect((await failure(openQmp(peer.stream, never, { deadlineMs: 1 }))).code).toBe('silent');
    expect(peer.stream.destroyed).toBe(true);
  });
});
