/** What a caller may count on: order, limits, deadlines, aborts, and the difference between sent and not sent. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BadArgument,
  CallAborted,
  ConnectionLost,
  connect,
  DeadlinePassed,
  type Libvirt,
  LibvirtError,
  QueueFull,
  type TraceRecord,
} from 'node-libvirt';
import { FakeError, FakeServer, noReply } from 'node-libvirt/testing';

let server: FakeServer;
let libvirt: Libvirt;
const open: Libvirt[] = [];

async function connected(options: Parameters<typeof connect>[1] = {}): Promise<Libvirt> {
  libvirt = await connect(server.uri, options);
  open.push(libvirt);
  return libvirt;
}

beforeEach(async () => {
  server = await FakeServer.listen();
});

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await server.close();
});

const domain = { name: 'db-1', uuid: '8d3c1a52-0000-4000-8000-00000000beef', id: 3 };

describe('calls', () => {
  it('carries arguments and results', async () => {
    server.on('domainLookupByName', ({ name }) => ({ ...domain, name }));
    await expect((await connected()).domainLookupByName({ name: 'db-1' })).resolves.toEqual(domain);
  });

  it('matches answers to calls by serial, in whatever order they come', async () => {
    const answers: Array<() => void> = [];
    server.on(
      'domainLookupByName',
      ({ name }) => new Promise((resolve) => answers.push(() => resolve({ ...domain, name }))),
    );
    await connected();
    const first = libvirt.domainLookupByName({ name: 'first' });
    const second = libvirt.domainLookupByName({ name: 'second' });
    server.on('connectGetHostname', () => {
      for (const answer of answers.toReversed()) answer();
      return 'north-1';
    });
    await libvirt.connectGetHostname();
    await expect(Promise.all([first, second])).resolves.toMatchObject([{ name: 'first' }, { name: 'second' }]);
  });

  it('gives libvirt’s error with code, domain, level and their names', async () => {
    server.on('domainLookupByName', () => {
      throw new FakeError(42, "Domain not found: no domain with matching name 'x'");
    });
    const error = await (await connected()).domainLookupByName({ name: 'x' }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LibvirtError);
    expect(error).toMatchObject({
      code: 'LIBVIRT',
      call: 'domainLookupByName',
      number: 42,
      numberName: 'VIR_ERR_NO_DOMAIN',
      domainName: 'VIR_FROM_QEMU',
      levelName: 'VIR_ERR_ERROR',
      message: "Domain not found: no domain with matching name 'x'",
      mayHaveHappened: false,
    });
  });

  it('names an error that is newer than its table by number', async () => {
    server.on('connectGetHostname', () => {
      throw new FakeError(9999, 'new', 999);
    });
    await expect((await connected()).connectGetHostname()).rejects.toMatchObject({
      numberName: 'VIR_ERR_9999',
      domainName: 'VIR_FROM_999',
    });
  });

  it('refuses a bad argument by its name and sends nothing', async () => {
    await connected();
    const before = server.received.length;
    await expect(libvirt.domainGetState({ dom: { ...domain, uuid: 'x' } })).rejects.toThrow(
      'domainGetState: the argument `dom` is wrong: the argument `uuid` is wrong: "x" is not a UUID',
    );
    await expect(libvirt.domainGetState({ dom: domain, flags: -1 })).rejects.toThrow(BadArgument);
    expect(server.received.length).toBe(before);
  });

  it('asks twice where libvirt wants to be asked for the number first', async () => {
    const asked: number[] = [];
    server.on('nodeGetMemoryStats', (args) => {
      const { nparams } = args as { nparams: number };
      asked.push(nparams);
      return { params: nparams === 0 ? [] : [{ field: 'total', value: 1024 }], nparams: 1 } as never;
    });
    await expect((await connected()).nodeGetMemoryStats()).resolves.toEqual([{ field: 'total', value: 1024 }]);
    expect(asked).toEqual([0, 1]);
  });

  it('refuses a migration that is not peer to peer', async () => {
    await connected();
    await expect(
      libvirt.domainMigrateToURI3({ dom: domain, dconnuri: 'qemu+tls://south-1/system', flags: 1 }),
    ).rejects.toThrow('add DomainMigrateFlags.PEER2PEER');
  });

  it('tells a trace of every message, without its contents', async () => {
    const records: TraceRecord[] = [];
    server.on('connectGetHostname', () => 'secret-host');
    await (await connected({ trace: (record) => void records.push(record) })).connectGetHostname();
    expect(records.filter(({ name }) => name === 'connectGetHostname')).toMatchObject([
      { direction: 'sent', type: 'call', bytes: 0 },
      { direction: 'received', type: 'reply', status: 'ok', bytes: 16 },
    ]);
    expect(JSON.stringify(records)).not.toContain('secret-host');
  });
});

describe('limits', () => {
  it('keeps five calls in flight and queues the rest', async () => {
    const answers: Array<() => void> = [];
    let most = 0;
    let now = 0;
    server.on('connectGetHostname', async () => {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => answers.push(resolve));
      now--;
      return 'north-1';
    });
    await connected();
    const calls = Array.from({ length: 12 }, () => libvirt.connectGetHostname());
    expect(libvirt.load).toEqual({ inFlight: 5, queued: 7 });
    await server.message('connectGetHostname');
    const answerAll = setInterval(() => answers.shift()?.(), 1);
    await Promise.all(calls);
    clearInterval(answerAll);
    expect(most).toBe(5);
  });

  it('refuses a call when the queue is full', async () => {
    server.on('connectGetHostname', () => noReply);
    await connected({ maxInFlight: 1, maxQueued: 1 });
    const kept = [libvirt.connectGetHostname(), libvirt.connectGetHostname()];
    await expect(libvirt.connectGetHostname()).rejects.toThrow(QueueFull);
    const ends = Promise.allSettled(kept);
    await libvirt.close();
    expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected']);
  });

  it('says of each lost call whether it had been sent', async () => {
    server.on('connectGetHostname', () => noReply);
    await connected({ maxInFlight: 1 });
    const sent = libvirt.connectGetHostname();
    const queued = libvirt.connectGetHostname();
    const ends = Promise.all([sent, queued].map((call) => call.catch((error: unknown) => error)));
    await server.message('connectGetHostname');
    await server.close();
    expect(await ends).toMatchObject([
      { mayHaveHappened: true, message: expect.stringContaining('the call may have happened: ask the host') },
      { mayHaveHappened: false, message: expect.stringContaining('the call was never sent') },
    ]);
    await expect(libvirt.connectGetHostname()).rejects.toBeInstanceOf(ConnectionLost);
    await expect(libvirt.closed).resolves.toBeInstanceOf(ConnectionLost);
    server = await FakeServer.listen();
  });
});

describe('deadlines and aborts', () => {
  it('gives a call up at its deadline: it may have happened, and a late answer harms nothing', async () => {
    let answer: (name: string) => void = () => undefined;
    server.on('connectGetHostname', () => new Promise((resolve) => (answer = resolve)));
    server.on('connectGetType', () => 'QEMU');
    await connected();
    const error = await libvirt.connectGetHostname({}, { deadlineMs: 5 }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DeadlinePassed);
    expect(error).toMatchObject({
      mayHaveHappened: true,
      message: expect.stringContaining('within 5 ms; it may have happened'),
    });
    expect(libvirt.load.inFlight).toBe(1);
    await server.message('connectGetHostname');
    answer('late');
    await expect(libvirt.connectGetType()).resolves.toBe('QEMU');
    expect(libvirt.load.inFlight).toBe(0);
  });

  it('a queued call that is given up was never sent', async () => {
    server.on('connectGetHostname', () => noReply);
    await connected({ maxInFlight: 1 });
    const first = libvirt.connectGetHostname().catch(() => undefined);
    const controller = new AbortController();
    const second = libvirt.connectGetType({}, { signal: controller.signal });
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: 'ABORTED', mayHaveHappened: false });
    expect(libvirt.load.queued).toBe(0);
    await libvirt.close();
    await first;
    expect(server.received.some(({ name }) => name === 'connectGetType')).toBe(false);
  });

  it('an abort of a sent call says that it may have happened', async () => {
    server.on('domainShutdown', () => noReply);
    await connected();
    const controller = new AbortController();
    const call = libvirt.domainShutdown({ dom: domain }, { signal: controller.signal });
    await server.message('domainShutdown');
    controller.abort();
    await expect(call).rejects.toThrow(CallAborted);
    await expect(call).rejects.toMatchObject({ mayHaveHappened: true });
    await expect(libvirt.domainShutdown({ dom: domain }, { signal: controller.signal })).rejects.toMatchObject({
      mayHaveHappened: false,
    });
  });
});

describe('events', () => {
  it('come in order, to their listener, from the very first', async () => {
    const heard: Array<[string, number]> = [];
    server.on('connectDomainEventCallbackRegisterAny', (_, { client }) => {
      // These overtake the reply, as a busy host lets happen.
      queueMicrotask(() => {
        client.sendEvent('domain.lifecycle', 5, { dom: domain, event: 2, detail: 0 });
        client.sendEvent('domain.lifecycle', 6, { dom: domain, event: 9, detail: 9 });
        client.sendEvent('domain.lifecycle', 5, { dom: domain, event: 3, detail: 1 });
      });
      return 5;
    });
    server.on('connectGetHostname', () => 'north-1');
    await connected();
    const subscription = await libvirt.subscribe(
      'domain.lifecycle',
      ({ dom, event }) => void heard.push([dom.name, event]),
    );
    await libvirt.connectGetHostname();
    expect(heard).toEqual([
      ['db-1', 2],
      ['db-1', 3],
    ]);
    await subscription.unsubscribe();
    await subscription.unsubscribe();
    expect(server.received.filter(({ name }) => name === 'connectDomainEventCallbackDeregisterAny')).toHaveLength(1);
  });
});

describe('several listeners to the same events', () => {
  it('share one registration, since a host takes no second, and end it with the last', async () => {
    let registered = 0;
    server.on('connectDomainEventCallbackRegisterAny', () => {
      if (registered++ > 0) throw new FakeError(8, 'invalid argument: event callback already tracked');
      return 0;
    });
    server.on('connectDomainEventCallbackDeregisterAny', () => void registered--);
    server.on('connectGetHostname', (_, { client }) => {
      client.sendEvent('domain.reboot', 0, { dom: domain });
      return 'north-1';
    });
    await connected();
    const heard = { first: 0, second: 0 };
    const [first, second] = await Promise.all([
      libvirt.subscribe('domain.reboot', () => void heard.first++),
      libvirt.subscribe('domain.reboot', () => void heard.second++),
    ]);
    await libvirt.connectGetHostname();
    await first.unsubscribe();
    await libvirt.connectGetHostname();
    expect(heard).toEqual({ first: 1, second: 2 });
    const ending = second.unsubscribe();
    const again = await libvirt.subscribe('domain.reboot', () => undefined);
    await ending;
    await again.unsubscribe();
    expect(registered).toBe(0);
  });

  it('a registration that the host refuses can be tried again', async () => {
    server.on('connectDomainEventCallbackRegisterAny', () => {
      throw new FakeError(3, 'not supported');
    });
    await connected();
    await expect(libvirt.subscribe('domain.reboot', () => undefined)).rejects.toThrow('not supported');
    server.on('connectDomainEventCallbackRegisterAny', () => 4);
    await expect(libvirt.subscribe('domain.reboot', () => undefined)).resolves.toBeDefined();
  });
});

describe('closing', () => {
  it('tells the daemon, resolves `closed` with null, and may be done twice', async () => {
    await connected();
    await libvirt.close();
    await libvirt.close();
    await expect(libvirt.closed).resolves.toBeNull();
    await expect(server.message('connectClose')).resolves.toBeDefined();
  });
});
