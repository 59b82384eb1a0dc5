/** What qemu-nbd offers, over every way to it. */
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openNbd } from '../../src/storage-sync/nbd/client.js';
import { listNbdContexts, listNbdExports } from '../../src/storage-sync/nbd/connect.js';
import { NbdConnectFailed, NbdConnectionLost, NbdServerError } from '../../src/storage-sync/nbd/errors.js';
import { ReconnectingNbdClient } from '../../src/storage-sync/nbd/reconnecting-client.js';
import type { NbdTls } from '../../src/storage-sync/nbd/transports/tls.js';
import { QemuExports } from './nbd/export.js';

const MIB = 1_048_576;
let exports: QemuExports;

beforeAll(() => {
  exports = new QemuExports();
});

afterAll(async () => {
  await exports[Symbol.asyncDispose]();
});

const raw = async (name: string, ...args: readonly string[]): Promise<string> => {
  writeFileSync(exports.path(name), Buffer.alloc(MIB, name));
  return (await exports.serve(...args, '-f', 'raw', name)).socket;
};

describe('qemu-nbd tells', () => {
  it('its exports and their metadata contexts', async () => {
    const path = await raw('listed.raw', '--export-name=disk', '--description=a disk', '--allocation-depth');
    const address = { path };
    expect(await listNbdExports({ address })).toEqual([{ name: 'disk', description: 'a disk' }]);
    const all = ['base:allocation', 'qemu:allocation-depth'];
    expect(await listNbdContexts({ address, exportName: 'disk' })).toEqual(all);
    await using client = await openNbd({ address, exportName: 'disk', contexts: all });
    expect(client.contexts).toEqual(all);
    expect([...(await client.blockStatus(0, MIB)).values()]).toEqual([
      [{ offset: 0, length: MIB, flags: 0 }],
      [{ offset: 0, length: MIB, flags: 1 }],
    ]);
    await expect(openNbd({ address, exportName: 'other' })).rejects.toThrow('no export of that name');
  });

  it('dirty bitmaps, with what is allocated, in one request', async () => {
    exports.qemuImg('create', '-f', 'qcow2', 'dirty.qcow2', '4M');
    exports.qemuImg('bitmap', '--add', '-g', '65536', 'dirty.qcow2', 'backup-vda');
    const writer = await exports.serve('-f', 'qcow2', 'dirty.qcow2');
    {
      await using client = await openNbd({ address: { path: writer.socket } });
      await client.write(MIB, Buffer.alloc(65_536, 'x'));
      await client.writeZeroes(2 * MIB, 65_536, { mayPunch: true });
      await client.flush();
    }
    await exports.end(writer.server);
    const { socket } = await exports.serve('-r', '-B', 'backup-vda', '-f', 'qcow2', 'dirty.qcow2');
    await using client = await openNbd({
      address: { path: socket },
      contexts: ['base:allocation', 'qemu:dirty-bitmap:backup-vda'],
    });
    const told = await client.blockStatus(0, 4 * MIB);
    expect(told.get('qemu:dirty-bitmap:backup-vda')).toEqual([
      { offset: 0, length: MIB, flags: 0 },
      { offset: MIB, length: 65_536, flags: 1 },
      { offset: MIB + 65_536, length: MIB - 65_536, flags: 0 },
      { offset: 2 * MIB, length: 65_536, flags: 1 },
      { offset: 2 * MIB + 65_536, length: 2 * MIB - 65_536, flags: 0 },
    ]);
    expect(told.get('base:allocation')?.[1]).toEqual({ offset: MIB, length: 65_536, flags: 0 });
    expect((await client.blockStatus(0, 4 * MIB, { isOne: true })).get('base:allocation')).toHaveLength(1);
    expect((await client.readSparse(MIB - 65_536, 131_072)).map(({ kind }) => kind)).toEqual(['hole', 'data']);
  });

  it('errors by their names', async () => {
    await using client = await openNbd({ address: { path: await raw('errors.raw', '--read-only') } });
    Object.assign(client.description, { isReadOnly: false });
    const error = await client.write(0, Buffer.alloc(512)).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(NbdServerError);
    expect(error).toMatchObject({ errnoName: expect.stringMatching(/^(EPERM|EINVAL)$/) });
    expect(await client.read(0, 6)).toEqual(Buffer.from('errors'));
  });
});

describe('qemu-nbd serves', () => {
  it('trims, caching, forced writes and large requests', async () => {
    await using client = await openNbd({ address: { path: await raw('all.raw', '--discard=unmap') }, connections: 2 });
    expect(client.width).toBe(2);
    await client.write(0, Buffer.alloc(MIB, 'z'), { isForced: true });
    await client.cache(0, 65_536);
    await client.trim(0, 65_536);
    expect((await client.read(65_536, MIB - 65_536)).equals(Buffer.alloc(MIB - 65_536, 'z'))).toBe(true);
    await client.flush();
  });

  it('over any stream, such as the standard input and output of a program', async () => {
    const path = await raw('stream.raw');
    const socket = (): Promise<Duplex> => Promise.resolve(connect(path));
    await using client = await openNbd({ address: { name: 'a stream', open: socket } });
    expect(await client.read(0, 6)).toEqual(Buffer.from('stream'));
    const relay = "const s = require('net').connect(process.argv[1]); process.stdin.pipe(s); s.pipe(process.stdout)";
    const child = spawn(process.execPath, ['-e', relay, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    const open = (): Promise<Duplex> => Promise.resolve(Duplex.from({ readable: child.stdout, writable: child.stdin }));
    const through = await openNbd({ address: { name: 'a program', open } });
    expect(await through.read(MIB - 4, 4)).toHaveLength(4);
    await through.close();
    child.kill();
    await gone;
  });

  it('again after it was killed: reads go on', async () => {
    const { socket, server } = await exports.serve('-f', 'raw', 'stream.raw');
    await using client = await ReconnectingNbdClient.open({ address: { path: socket }, pauseMs: 20, attempts: 200 });
    await using single = await openNbd({ address: { path: socket } });
    await exports.end(server, 'SIGKILL');
    await expect(single.read(0, 1)).rejects.toThrow(NbdConnectionLost);
    const reading = client.read(0, 6);
    await exports.serve('-k', socket, '-f', 'raw', 'stream.raw');
    expect(await reading).toEqual(Buffer.from('stream'));
  });
});

describe('TLS', () => {
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: exports.folder, stdio: 'ignore' });
  const certificate = (name: string, subject: string, ca: string, extension: string): void => {
    writeFileSync(exports.path(`${name}.ext`), extension);
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${name}-key.pem`,
      '-out',
      `${name}.csr`,
      '-subj',
      subject,
    );
    const signing = ['-CA', `${ca}.pem`, '-CAkey', `${ca}-key.pem`, '-CAcreateserial', '-extfile', `${name}.ext`];
    openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-days', '2', '-out', `${name}.pem`);
  };
  const authority = (name: string): void =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}-key.pem`,
      '-out',
      `${name}.pem`,
    );
  const pem = (name: string): string => execFileSync('cat', [exports.path(`${name}.pem`)], { encoding: 'utf8' });
  const own = (extra: Partial<NbdTls> = {}): NbdTls =>
    ({
      kind: 'certificates',
      ca: pem('ca-cert'),
      cert: pem('client'),
      key: pem('client-key'),
      serverName: 'north-1',
      ...extra,
    }) as NbdTls;
  let x509: string;

  beforeAll(async () => {
    authority('ca-cert');
    authority('stranger');
    certificate('server', '/CN=north-1', 'ca-cert', 'subjectAltName=DNS:north-1');
    certificate('client', '/CN=lifeboat', 'ca-cert', 'keyUsage=digitalSignature');
    certificate('intruder', '/CN=intruder', 'stranger', 'keyUsage=digitalSignature');
    execFileSync('cp', ['server.pem', 'server-cert.pem'], { cwd: exports.folder });
    const credentials = `tls-creds-x509,id=tls0,endpoint=server,dir=${exports.folder},verify-peer=on`;
    x509 = await raw('x509.raw', '--object', credentials, '--tls-creds', 'tls0');
  });

  it('by certificates, to each side of the other', async () => {
    await using client = await openNbd({ address: { path: x509 }, tls: own(), connections: 2 });
    await client.write(0, Buffer.alloc(MIB, 'secret'));
    expect((await client.read(0, MIB)).equals(Buffer.alloc(MIB, 'secret'))).toBe(true);
    expect(await listNbdExports({ address: { path: x509 }, tls: own() })).toHaveLength(1);
  });

  it.each<[string, () => NbdTls | undefined, string]>([
    ['no TLS', () => undefined, 'it wants TLS; give certificates or the shared key'],
    ['a CA that did not sign', () => own({ ca: pem('stranger') }), 'use the CA that signed it'],
    ['another name', () => own({ serverName: 'south-1' }), 'connect by a name that stands in it'],
    [
      'a client certificate of another CA',
      () => own({ cert: pem('intruder'), key: pem('intruder-key') }),
      'it may want TLS, refuse this client',
    ],
    ['no name', () => ({ kind: 'certificates', ca: pem('ca-cert') }), 'say with `serverName`'],
  ])('is refused with %s', async (_, tls, reason) => {
    const given = tls();
    const error = await openNbd({ address: { path: x509 }, ...(given === undefined ? {} : { tls: given }) }).catch(
      (cause: Error) => cause,
    );
    expect(error).toBeInstanceOf(NbdConnectFailed);
    expect((error as Error).message).toContain(reason);
  });

  it('by a key that both sides share, and by no other', async () => {
    const key = '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef';
    writeFileSync(exports.path('keys.psk'), `lifeboat:${key}\n`);
    const credentials = `tls-creds-psk,id=tls0,endpoint=server,dir=${exports.folder}`;
    execFileSync('cp', ['keys.psk', 'keys.psk.copy'], { cwd: exports.folder });
    const path = await raw('psk.raw', '--object', credentials, '--tls-creds', 'tls0');
    const tls: NbdTls = { kind: 'shared-key', identity: 'lifeboat', key: Buffer.from(key, 'hex') };
    await using client = await openNbd({ address: { path }, tls });
    await client.write(0, Buffer.alloc(MIB, 'shared'));
    expect((await client.read(0, MIB)).equals(Buffer.alloc(MIB, 'shared'))).toBe(true);
    await expect(openNbd({ address: { path }, tls: { ...tls, key: Buffer.alloc(32, 1) } })).rejects.toThrow(
      'check that both sides hold the same key',
    );
    await expect(openNbd({ address: { path }, tls: { ...tls, identity: 'nobody' } })).rejects.toThrow(
      'the shared key of "nobody" failed',
    );
  });

  it('is refused by a server that has none', async () => {
    const path = await raw('clear.raw');
    await expect(openNbd({ address: { path }, tls: own() })).rejects.toThrow('the server refuses TLS');
  });
});
