/**
 * A hundred thousand frames of a real daemon's kind, each spoiled somewhere: none may crash the client, hang a call, or
 * make it allocate more than arrived. Seeded, so that a failure can be seen again.
 */
import { Duplex } from 'node:stream';
import { expect, it } from '@jest/globals';
import { NodeLibvirtError } from 'node-libvirt';
import { encodeFrame, events, MessageStatus, MessageType, procedures } from 'node-libvirt/testing';
import { type Procedure, programs } from '../../packages/node-libvirt/src/protocol/procedure.js';
import { RpcConnection } from '../../packages/node-libvirt/src/rpc/connection.js';
import { Subscriptions } from '../../packages/node-libvirt/src/rpc/subscriptions.js';

const FRAMES = 100_000;
const SEED = 20_230_101;

/** A small generator of numbers (mulberry32): the same seed gives the same frames on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const domain = { name: 'db-1', uuid: '8d3c1a52-0000-4000-8000-00000000beef', id: 3 };
const parameters = [
  { field: 'state.state', type: 'int', value: 1 },
  { field: 'block.0.allocation', type: 'ullong', value: 2n ** 64n - 1n },
  { field: 'cpu.time', type: 'llong', value: -5 },
  { field: 'ratio', type: 'double', value: 0.5 },
  { field: 'net.0.name', type: 'string', value: 'vnet0' },
] as const;

/** The answers that are spoiled: every shape that the protocol has. */
const answers: Array<[keyof typeof procedures, object, unknown]> = [
  ['connectGetHostname', {}, 'north-1'],
  ['connectListAllDomains', {}, [domain, { ...domain, name: 'web-1', id: -1 }]],
  ['connectGetAllDomainStats', {}, [{ dom: domain, params: parameters }]],
  ['domainGetState', { dom: domain }, { state: 1, reason: 2 }],
  ['domainGetJobStats', { dom: domain }, { type: 2, params: parameters }],
  [
    'nodeGetInfo',
    {},
    { model: 'x86_64', memory: 1024, cpus: 2, mhz: 3000, nodes: 1, sockets: 1, cores: 2, threads: 1 },
  ],
  ['domainGetFSInfo', { dom: domain }, [{ mountpoint: '/', name: 'vda1', fstype: 'ext4', devAliases: ['vda', 'vdb'] }]],
  [
    'domainInterfaceAddresses',
    { dom: domain },
    [{ name: 'eth0', hwaddr: null, addrs: [{ type: 0, addr: '10.0.0.1', prefix: 24 }] }],
  ],
  ['domainBlockPeek', { dom: domain, path: 'vda', offset: 0, size: 8 }, Buffer.from('12345678')],
  ['domainScreenshot', { dom: domain }, 'image/png'],
];

interface Sample {
  readonly name: keyof typeof procedures;
  readonly args: object;
  readonly frame: Buffer;
}

const samples: Sample[] = answers.flatMap(([name, args, value]) => {
  const procedure: Procedure = procedures[name];
  const header = {
    program: programs[procedure.program].number,
    version: 1,
    procedure: procedure.number,
    type: MessageType.REPLY,
    serial: 1,
    status: MessageStatus.OK,
  };
  const good = encodeFrame(header, (writer) => procedure.result.encode(writer, value));
  const failed = encodeFrame({ ...header, status: MessageStatus.ERROR }, (writer) => {
    for (const word of [42, 10, 1]) writer.int(word);
    writer.string('Domain not found');
    for (const word of [2, 0, 1]) writer.int(word);
    writer.string('Domain not found');
    for (let i = 0; i < 5; i++) writer.int(0);
  });
  const event = encodeFrame(
    { ...header, procedure: events['domain.lifecycle'].procedure, type: MessageType.EVENT, serial: 0 },
    (writer) => {
      writer.int(0);
      events['domain.lifecycle'].payload.encode(writer, { dom: domain, event: 1, detail: 0 });
    },
  );
  const stream = encodeFrame({ ...header, type: MessageType.STREAM, status: MessageStatus.CONTINUE }, (writer) =>
    writer.raw(Buffer.from('data')),
  );
  return [good, failed, Buffer.concat([event, good]), Buffer.concat([good, stream])].map((frame) => ({
    name,
    args,
    frame,
  }));
});

function spoiled(frame: Buffer, random: (below: number) => number): Buffer {
  const bytes = Buffer.from(frame);
  const at = random(bytes.length);
  switch (random(6)) {
    case 0:
      bytes[at] = random(256);
      return bytes;
    case 1: // a word that counts something becomes large
      bytes.writeUInt32BE(
        [0xffffffff, 0x7fffffff, 0x00400000, 0x10000][random(4)] as number,
        Math.min(at & ~3, bytes.length - 4),
      );
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([random(256), random(256), random(256), random(256)]),
        bytes.subarray(at),
      ]);
    case 4: // the frame's own length lies
      bytes.writeUInt32BE(random(bytes.length * 2), 0);
      return bytes;
    default:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(bytes.length))]);
  }
}

it(`${FRAMES} spoiled frames: every call ends, nothing crashes, nothing is allocated beyond what arrived`, async () => {
  const random = randomFrom(SEED);
  const watch = watchAllocations();
  const ends = { answered: 0, refused: 0, libvirtError: 0 };
  try {
    for (let i = 0; i < FRAMES; i++) {
      const { name, args, frame } = samples[random(samples.length)] as Sample;
      const bytes = spoiled(frame, random);
      watch.expect(bytes.length);
      const cut = random(bytes.length + 1);
      const outcome = await answerTo(name, args, [bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (!(outcome instanceof Error)) ends.answered++;
      else if (!(outcome instanceof NodeLibvirtError))
        throw new Error(`frame ${i} of seed ${SEED} (${bytes.toString('hex')})`, { cause: outcome });
      else ends[outcome.code === 'LIBVIRT' ? 'libvirtError' : 'refused']++;
    }
  } finally {
    watch.restore();
  }
  expect(watch.allocations).toBeGreaterThan(FRAMES);
  // What a connection needs for itself: its outgoing buffer.
  expect(watch.worstExcess).toBeLessThanOrEqual(1024);
  expect(ends.answered + ends.refused + ends.libvirtError).toBe(FRAMES);
  expect(Math.min(ends.answered, ends.refused, ends.libvirtError)).toBeGreaterThan(FRAMES / 100);
}, 120_000);

/** What becomes of the call when exactly these bytes arrive and then the connection ends. */
async function answerTo(name: keyof typeof procedures, args: object, chunks: Buffer[]): Promise<unknown> {
  const wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  const rpc = new RpcConnection(
    { stream: wire, isSecure: true },
    { uri: 'test', keepalive: null, trace: null, maxInFlight: 5, maxQueued: 5, deadlineMs: 0 },
  );
  void new Subscriptions(rpc);
  const procedure: Procedure = procedures[name];
  const call =
    procedure.stream === 'none' ? rpc.call(name, procedure, args, {}) : rpc.callWithStream(name, procedure, args, {});
  const outcome = call.catch((error: unknown) => error);
  for (const chunk of chunks) wire.push(chunk);
  wire.push(null);
  await rpc.closed;
  return outcome;
}

/** Counts what is allocated for buffers, and by how much the largest one went over what had arrived. */
function watchAllocations() {
  const alloc = Buffer.alloc.bind(Buffer);
  const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
  let arrived = 0;
  const watch = {
    allocations: 0,
    worstExcess: 0,
    expect(bytes: number): void {
      arrived = bytes;
    },
    restore: () => Object.assign(Buffer, { alloc, allocUnsafe }),
  };
  const watched =
    (allocate: (size: number, ...rest: never[]) => Buffer) =>
    (size: number, ...rest: never[]): Buffer => {
      watch.allocations++;
      watch.worstExcess = Math.max(watch.worstExcess, size - arrived);
      return allocate(size, ...rest);
    };
  Object.assign(Buffer, { alloc: watched(alloc), allocUnsafe: watched(allocUnsafe) });
  return watch;
}
