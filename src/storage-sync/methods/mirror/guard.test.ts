import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { HostShell } from '../../../hypervisors/host-shell.js';
import { ensureGuard, wasCutAtOnce } from './guard.js';

/** A host whose copy gets further with each look until the tenth, and not afterwards; its end is a file. */
const virsh = `#!/bin/sh
case "$*" in
  *yank*) echo "yank $(cat "$0.looks") $*" >>"$0.log" ;;
  *query-block-jobs*)
    looks=$(($(cat "$0.looks") + 1)); echo $looks >"$0.looks"
    [ -e "$0.ended" ] && { echo '{"return":[],"id":"libvirt-9"}'; exit; }
    [ $looks -gt 10 ] && looks=10
    echo '{"return": [{"device": "copy-vda-libvirt-5-format", "len": 100, "offset": 100, "type": "mirror"},' \\
      '{"device": "copy-vdb-libvirt-6-format", "busy": false, "len": 100, "offset": '$looks', "type": "mirror"}]}' ;;
esac
`;

const id = `test-${process.pid}`;
const pidFile = `/run/lifeboat/mirror-${id}.pid`;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lb-guard-'));
  writeFileSync(join(folder, 'virsh'), virsh);
  writeFileSync(join(folder, 'virsh.looks'), '0');
  chmodSync(join(folder, 'virsh'), 0o755);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  rmSync(pidFile, { force: true });
  rmSync(`${pidFile}.cut`, { force: true });
});

const shell: HostShell = {
  run: ({ argv: [program = '', ...args] }) =>
    new Promise((resolve) => {
      const PATH = `${folder}:${process.env['PATH']}`;
      const child = spawn(program, args, { env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'ignore'] });
      let stdout = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
      child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? 1, stdout, stderr: '' }));
    }),
};

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await pause(50);
};

describe('the guard of a mirror', () => {
  it('cuts all connections at once when a copy gets no further, not before, and ends with the copies', async () => {
    const guarding = {
      vm: { host: 'north-1', id },
      prefix: 'a1b2-',
      connections: ['libvirt-5-storage', 'libvirt-6-storage'],
      stallMs: 1_000,
    };
    const seat = { shell, signal: new AbortController().signal };
    await ensureGuard(seat, guarding);
    expect(await wasCutAtOnce(seat, guarding.vm, guarding.prefix)).toBe(false);
    const pid = readFileSync(pidFile, 'utf8').trim();
    await ensureGuard(seat, guarding);
    expect(readFileSync(pidFile, 'utf8').trim()).toBe(pid);
    const log = join(folder, 'virsh.log');
    await until(() => existsSync(log));
    writeFileSync(join(folder, 'virsh.ended'), '');
    await until(() => !existsSync(`/proc/${pid}`));
    expect(await wasCutAtOnce(seat, guarding.vm, guarding.prefix)).toBe(true);
    expect(await wasCutAtOnce(seat, guarding.vm, 'another-')).toBe(false);
    const [first = '', ...others] = readFileSync(log, 'utf8').trim().split('\n');
    expect(others).toEqual([]);
    expect(Number(first.split(' ')[1])).toBeGreaterThan(10);
    expect(first).toContain(
      `${id} {"execute":"yank","arguments":{"instances":[{"type":"block-node","node-name":"libvirt-5-storage"},` +
        `{"type":"block-node","node-name":"libvirt-6-storage"}]}}`,
    );
  });
});
