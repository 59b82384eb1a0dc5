import { describe, expect, it, test } from '@jest/globals';
import { type EndpointRequest, type Fault, MemoryEndpoint } from '../../test/properties/memory-endpoint.js';
import { VirtualClock } from '../hypervisors/simulated/virtual-clock.js';
import { FailureError } from '../model/failure.js';
import type { CopyRequest } from './copier/copy-request.js';
import { copy } from './copier.js';
import { type CopyPlan, planDelta, planSeed } from './copy-plan.js';
import { LinkRate } from './link-rate.js';
import { NbdServerError } from './nbd/errors.js';

const size = 1_024;
const limits = { requestBytes: 16, zeroRequestBytes: 32, requestsInFlight: 4, flushBytes: 128 };

/** A disk full of this byte, but for zeroes in its second quarter. */
function disk(byte: number): Buffer {
  return Buffer.alloc(size, byte).fill(0, size / 4, size / 2);
}

const all: CopyPlan = planDelta({ sizeBytes: size, dirty: [{ offset: 0, length: size, flags: 1 }], allocation: [] });
const part: CopyPlan = planDelta({
  sizeBytes: size,
  dirty: [
    { offset: 100, length: 60, flags: 1 },
    { offset: 700, length: 100, flags: 1 },
  ],
  allocation: [
    { offset: 0, length: 740, flags: 0 },
    { offset: 740, length: 284, flags: 3 },
  ],
});

function request(facts: Partial<CopyRequest>): CopyRequest {
  return {
    subject: 'disk vda of web-1',
    plan: all,
    source: new MemoryEndpoint(disk(7)),
    target: new MemoryEndpoint(Buffer.alloc(size, 9)),
    clock: new VirtualClock(0),
    signal: new AbortController().signal,
    limits,
    ...facts,
  };
}

const failing =
  (kind: EndpointRequest['kind'], fault: Fault, offset = 0) =>
  (one: EndpointRequest): Fault | undefined =>
    one.kind === kind && one.offset >= offset ? fault : undefined;

async function failureOf(running: Promise<unknown>): Promise<FailureError['failure']> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof FailureError)) {
    throw new Error(`no failure: ${String(error)}`);
  }
  return error.failure;
}

describe('a copy', () => {
  it('makes the target equal to the source where the plan says so, and only there', async () => {
    const target = new MemoryEndpoint(Buffer.alloc(size, 9));
    const result = await copy(request({ plan: part, target }));
    const expected = Buffer.alloc(size, 9);
    disk(7).copy(expected, 100, 100, 160);
    disk(7).copy(expected, 700, 700, 740);
    expected.fill(0, 740, 800);
    expect(target.afterCrash()).toEqual(expected);
    expect(result).toEqual({ readBytes: 100, writtenBytes: 100, zeroedBytes: 60 });
  });

  it('writes data that is zero as zeroes, and leaves no hole where older data would show through', async () => {
    const target = new MemoryEndpoint(Buffer.alloc(size, 9));
    expect(await copy(request({ target }))).toEqual({ readBytes: 1_024, writtenBytes: 768, zeroedBytes: 256 });
    expect(target.afterCrash()).toEqual(disk(7));
    expect(new Set(target.punched)).toEqual(new Set([false]));
  });

  it('leaves out of a fresh image what is zero', async () => {
    const target = new MemoryEndpoint(Buffer.alloc(size));
    const plan = planSeed({ sizeBytes: size, allocation: [], isTargetFresh: true });
    expect(await copy(request({ target, plan }))).toEqual({ readBytes: 1_024, writtenBytes: 768, zeroedBytes: 256 });
    expect(target.afterCrash()).toEqual(disk(7));
    expect(target.requests.some(({ kind }) => kind === 'zero')).toBe(false);
  });

  it('writes zero data as data when it is told to', async () => {
    const result = await copy(request({ detectsZeroes: false }));
    expect(result).toEqual({ readBytes: 1_024, writtenBytes: 1_024, zeroedBytes: 0 });
  });

  it('has no more requests under way than it may, and none larger than an endpoint takes', async () => {
    const turns = (): number => 2;
    const source = new MemoryEndpoint(disk(7), { turns });
    const target = new MemoryEndpoint(disk(9), { turns, maxRequestBytes: 12 });
    await copy(request({ source, target }));
    expect(source.mostUnderWay).toBeLessThanOrEqual(4);
    expect(target.mostUnderWay).toBeLessThanOrEqual(4);
    expect(Math.max(...[...source.requests, ...target.requests].map(({ length }) => length))).toBe(12);
  });

  it('holds no more bytes than it may', async () => {
    const source = new MemoryEndpoint(disk(7), { turns: () => 2 });
    await copy(request({ source, limits: { ...limits, requestsInFlight: 64, bytesInFlight: 32 } }));
    expect(source.mostUnderWay).toBe(2);
  });

  it('reads on while it writes', async () => {
    const order: string[] = [];
    const turns = ({ kind }: EndpointRequest): number => {
      order.push(kind);
      return kind === 'write' ? 5 : 1;
    };
    await copy(
      request({ source: new MemoryEndpoint(disk(7), { turns }), target: new MemoryEndpoint(disk(9), { turns }) }),
    );
    expect(order.slice(0, 4)).toEqual(['read', 'read', 'read', 'read']);
  });

  it('reads into memory that is used again, by later copies too, but not after a failure', async () => {
    const source = new MemoryEndpoint(disk(7));
    const memory: ArrayBufferLike[] = [];
    const read = source.read.bind(source);
    source.read = (offset, length, signal, into) => {
      memory.push((into as Buffer).buffer);
      return read(offset, length, signal, into);
    };
    await copy(request({ source }));
    await copy(request({ source }));
    expect(memory).toHaveLength(128);
    expect(new Set(memory).size).toBe(limits.requestsInFlight);
    const target = new MemoryEndpoint(disk(9), { faultAt: failing('write', new Error('gone')) });
    await failureOf(copy(request({ source, target })));
    const abandoned = new Set(memory.splice(0));
    await copy(request({ source }));
    expect(memory.some((each) => abandoned.has(each))).toBe(false);
  });

  it('flushes between and at the end, and says what is durable', async () => {
    const positions: number[] = [];
    const target = new MemoryEndpoint(Buffer.alloc(size, 9));
    await copy(request({ target, onDurable: (position) => positions.push(position) }));
    expect(positions.length).toBeGreaterThan(4);
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
    expect(positions.at(-1)).toBe(size);
    expect(target.requests.at(-1)?.kind).toBe('flush');
  });

  it('runs no further ahead of what is durable than two flushes apart, however slow they are', async () => {
    const ahead: number[] = [];
    const target = new MemoryEndpoint(Buffer.alloc(size, 9), { turns: ({ kind }) => (kind === 'flush' ? 50 : 0) });
    const source = new MemoryEndpoint(Buffer.alloc(size, 7));
    let durable = 0;
    await copy(
      request({
        source,
        target,
        onDurable: (position) => {
          ahead.push(Math.max(...target.requests.map(({ offset, length }) => offset + length)) - durable);
          durable = position;
        },
      }),
    );
    expect(ahead.length).toBeGreaterThan(3);
    expect(Math.max(...ahead)).toBeLessThanOrEqual(
      2 * limits.flushBytes + 2 * limits.requestsInFlight * limits.requestBytes,
    );
  });

  it('does nothing of an empty plan but flush', async () => {
    const target = new MemoryEndpoint(Buffer.alloc(size, 9));
    await copy(request({ target, plan: planDelta({ sizeBytes: size, dirty: [], allocation: [] }) }));
    expect(target.requests.map(({ kind }) => kind)).toEqual(['flush']);
  });

  it('goes on where the attempt before has ended', async () => {
    const source = new MemoryEndpoint(disk(7));
    const readings: number[] = [];
    await copy(request({ source, from: 512, onProgress: ({ doneBytes }) => readings.push(doneBytes) }));
    expect(Math.min(...source.requests.map(({ offset }) => offset))).toBe(512);
    expect(readings).toEqual([1_024]);
  });

  it('tells how far it is, how fast it goes and how long it takes, by the rate of its link', async () => {
    const clock = new VirtualClock(0);
    const rate = new LinkRate(clock, () => ({ bytesPerSecond: 64 })).join('web-1');
    const told: string[] = [];
    const done = copy(
      request({
        clock,
        rate,
        onProgress: ({ doneBytes, totalBytes, bytesPerSecond, leftMs = -1 }) =>
          told.push(`${doneBytes} of ${totalBytes}, ${Math.round(bytesPerSecond / 32)}, ${Math.round(leftMs / 2_000)}`),
      }),
    );
    await clock.run({ until: done });
    await done;
    expect(clock.now()).toBeGreaterThan(15_000);
    expect(told.length).toBeGreaterThan(20);
    expect(told[16]).toMatch(/^\d+ of 1024, 2, \d$/);
    expect(told.at(-1)).toBe('1024 of 1024, 2, 0');
  });
});

describe('a copy that fails', () => {
  const full = Object.assign(new Error('No space left on device'), { code: 'ENOSPC' });
  const reported = { errno: 28, message: '', offset: undefined };
  const fullServer = new NbdServerError('write to export "vda"', reported, { mayHaveHappened: true });
  const gone = new Error('socket closed');
  const own = new FailureError({ code: 'host-unreachable', kind: 'transient', message: 'north-1 does not answer' });

  test.each<[string, Partial<CopyRequest>, string, string, string]>([
    [
      'for want of space',
      { target: new MemoryEndpoint(disk(9), { faultAt: failing('write', full, 512) }) },
      'no-space',
      'permanent',
      'disk vda of web-1: writing at byte 5\\d\\d failed: the target is full',
    ],
    [
      'for want of space in a flush',
      { target: new MemoryEndpoint(disk(9), { faultAt: failing('flush', full) }) },
      'no-space',
      'permanent',
      'disk vda of web-1: flushing the target failed: the target is full',
    ],
    [
      'for want of space, as an NBD server says it',
      { target: new MemoryEndpoint(disk(9), { faultAt: failing('write', fullServer, 512) }) },
      'no-space',
      'permanent',
      'disk vda of web-1: writing at byte 5\\d\\d failed: the target is full',
    ],
    [
      'by its source',
      { source: new MemoryEndpoint(disk(7), { faultAt: failing('read', gone) }) },
      'transfer-broken',
      'transient',
      'disk vda of web-1: reading at byte 0 failed: socket closed',
    ],
    [
      'in zeroes',
      { target: new MemoryEndpoint(disk(9), { faultAt: failing('zero', gone) }) },
      'transfer-broken',
      'transient',
      'disk vda of web-1: writing at byte 256 failed: socket closed',
    ],
    [
      'as the endpoint has it',
      { source: new MemoryEndpoint(disk(7), { faultAt: failing('read', own) }) },
      'host-unreachable',
      'transient',
      'disk vda of web-1: reading at byte 0 failed: north-1 does not answer',
    ],
  ])('%s says so', async (_, facts, code, kind, message) => {
    const failure = await failureOf(copy(request(facts)));
    expect(failure).toMatchObject({ code, kind });
    expect(failure.message).toMatch(new RegExp(`^${message}$`));
    expect(failure.hint).toBeDefined();
  });

  it('has nothing under way any more, though others hang', async () => {
    const source = new MemoryEndpoint(disk(7), {
      faultAt: ({ kind, offset }) => (kind === 'read' && offset === 48 ? gone : 'hang'),
    });
    expect(await failureOf(copy(request({ source })))).toMatchObject({ code: 'transfer-broken' });
    expect(source.underWay).toBe(0);
    expect(source.requests).toHaveLength(4);
  });

  it('by a source that sends too little is no success', async () => {
    const source = new MemoryEndpoint(disk(7));
    const read = source.read.bind(source);
    source.read = async (offset, length, signal) => (await read(offset, length, signal)).subarray(0, 5);
    expect((await failureOf(copy(request({ source })))).message).toContain('has sent 5 bytes where 16 were asked for');
  });

  test.each<[string, Partial<CopyRequest>, string]>([
    ['that is read-only', { target: new MemoryEndpoint(disk(9), { isReadOnly: true }) }, 'the target is read-only'],
    [
      'that is too small',
      { target: new MemoryEndpoint(Buffer.alloc(8)) },
      'the target has 8 bytes, fewer than the 1024',
    ],
    ['whose source is too small', { source: new MemoryEndpoint(Buffer.alloc(8)) }, 'the source has 8 bytes'],
  ])('never begins with a target %s', async (_, facts, reason) => {
    const failure = await failureOf(copy(request(facts)));
    expect(failure).toMatchObject({ code: 'endpoint-unfit', kind: 'precondition' });
    expect(failure.message).toContain(reason);
  });

  it('never begins with a plan that is malformed', async () => {
    const extents = [{ offset: 8, length: 8, kind: 'copy' as const }];
    await expect(copy(request({ plan: { ...all, extents: [...extents, ...extents] } }))).rejects.toThrow('malformed');
    await expect(copy(request({ from: 2_000 }))).rejects.toThrow('malformed');
  });

  it('by the caller’s callback ends with its error', async () => {
    const source = new MemoryEndpoint(disk(7), { turns: () => 1 });
    const onDurable = (): void => {
      throw new Error('ours');
    };
    await expect(copy(request({ source, onDurable }))).rejects.toThrow('ours');
    expect(source.underWay).toBe(0);
  });
});

describe('a copy that is aborted', () => {
  it.each(['read', 'write', 'flush'] as const)('in a %s ends with the reason', async (kind) => {
    const controller = new AbortController();
    const faultAt = (one: EndpointRequest): Fault | undefined => {
      if (one.kind !== kind) {
        return undefined;
      }
      queueMicrotask(() => controller.abort(new Error('held')));
      return 'hang';
    };
    const [source, target] = [new MemoryEndpoint(disk(7), { faultAt }), new MemoryEndpoint(disk(9), { faultAt })];
    await expect(copy(request({ source, target, signal: controller.signal }))).rejects.toThrow('held');
    expect([source.underWay, target.underWay]).toEqual([0, 0]);
  });

  it('while it waits for its rate ends with the reason, and leaves its place to others', async () => {
    const clock = new VirtualClock(0);
    const controller = new AbortController();
    const rate = new LinkRate(clock, () => ({ bytesPerSecond: 0 })).join('web-1');
    const done = copy(request({ clock, rate, signal: controller.signal }));
    controller.abort(new Error('held'));
    await expect(done).rejects.toThrow('held');
    expect(clock.nextAt()).toBeUndefined();
  });

  it('beforehand asks nothing of anybody', async () => {
    const source = new MemoryEndpoint(disk(7));
    await expect(copy(request({ source, signal: AbortSignal.abort(new Error('held')) }))).rejects.toThrow('held');
    expect(source.requests).toEqual([]);
  });
});
