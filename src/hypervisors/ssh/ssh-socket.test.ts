import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Estate } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';
import { createSshSocket } from './ssh-socket.js';

const never = new AbortController().signal;

describe('sockets of the controller and of hosts', () => {
  let folder: string;
  let server: Server | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lifeboat-socket-'));
  });

  afterEach(() => {
    server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  /** A host that is reached by this command in place of ssh. */
  const socketsBy = (script: string) => {
    const command = join(folder, 'ssh');
    writeFileSync(command, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const uri = `qemu+ssh://south-1/system?command=${encodeURIComponent(command)}`;
    const host = { name: 'south-1', site: 'south', uri, address: 'south-1', peerUri: uri };
    const south = { name: 'south', hosts: { 'south-1': host }, networks: {}, images: '/i', replicas: '/r' };
    const estate: Estate = { sites: { south }, links: {}, tls: 'off', store: { sqlite: 'db' } };
    return createSshSocket(estate);
  };
  const codeOf = async (call: Promise<unknown>): Promise<string | undefined> =>
    await call.then(
      () => undefined,
      (error: unknown) => (error instanceof FailureError ? error.failure.code : String(error)),
    );
  const echo = async (): Promise<string> => {
    const path = join(folder, 'echo');
    server = createServer((socket) => {
      socket.write('hello\n');
      socket.pipe(socket);
    });
    await new Promise<void>((listening) => server?.listen(path, listening));
    return path;
  };
  const firstBytes = async (stream: AsyncIterable<unknown>, count: number): Promise<string> => {
    let text = '';
    for await (const chunk of stream) {
      text += String(chunk);
      if (text.length >= count) {
        break;
      }
    }
    return text;
  };

  it('carries bytes both ways on the controller', async () => {
    const stream = await socketsBy('exit 255').connect('controller', await echo(), never);
    stream.write('there\n');
    expect(await firstBytes(stream, 12)).toBe('hello\nthere\n');
    expect(stream.destroyed).toBe(true);
  });

  it('carries bytes both ways through a relay, and asks it for nc and the path as one word', async () => {
    const asked = join(folder, 'asked');
    const sockets = socketsBy(`printf '%s\\n' "$@" >'${asked}'; echo hello; exec cat`);
    const stream = await sockets.connect('south-1', '/run/a b', never);
    stream.write('there\n');
    expect(await firstBytes(stream, 12)).toBe('hello\nthere\n');
  });

  it.each([
    ['nothing listens on the controller', 'exit 0', 'controller', 'socket-refused'],
    ['ssh fails', 'echo "no route" >&2; exit 255', 'south-1', 'host-unreachable'],
    ['nothing listens on the host', 'echo "nc: refused" >&2; exit 1', 'south-1', 'socket-refused'],
    ['the relay ends without a word', 'exit 0', 'south-1', 'socket-refused'],
    ['the estate has no such host', 'exit 0', 'south-9', 'host-not-found'],
  ])('says so when %s', async (_, script, on, code) => {
    expect(await codeOf(socketsBy(script).connect(on, join(folder, 'none'), never))).toBe(code);
  });

  it('is given up on a signal', async () => {
    const controller = new AbortController();
    const call = codeOf(socketsBy('exec cat').connect('south-1', '/run/silent', controller.signal));
    controller.abort();
    expect(await call).toBe('reply-lost');
    expect(await codeOf(socketsBy('exec cat').connect('south-1', '/run/silent', controller.signal))).toBe('not-asked');
  });
});
