/** Commands that share a connection to a host of the lab, and what becomes of them and of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import type { Estate } from '../../src/model/estate.js';
import { addressOf, labFolder, labHosts, uriOf } from './lab.js';

const host = labHosts()[0] as string;
const shellFile = fileURLToPath(new URL('../../build/hypervisors/ssh/ssh-shell.js', import.meta.url));
const sharedFile = fileURLToPath(new URL('../../build/hypervisors/ssh/shared-connections.js', import.meta.url));
const estate: Estate = {
  sites: {
    site: {
      name: 'site',
      hosts: {
        [host]: { name: host, site: 'site', uri: uriOf.ssh(host), address: addressOf(host), peerUri: uriOf.tcp(host) },
      },
      networks: {},
      images: '/images',
      replicas: '/replicas',
    },
  },
  links: {},
  tls: 'off',
  store: { sqlite: '/dev/null' },
};

/** A process that shares a connection and runs `work`, which has `run(...argv)`, `upPids()` and `say(text)`. */
function sharing(work: string) {
  const script = `
    import { readFileSync, readdirSync } from 'node:fs';
    import { createSshShell } from ${JSON.stringify(shellFile)};
    import { SharedConnections } from ${JSON.stringify(sharedFile)};
    const shell = createSshShell(${JSON.stringify(estate)}, new SharedConnections());
    const run = (...argv) => shell.run({ on: ${JSON.stringify(host)}, argv, environment: {} }, new AbortController().signal);
    const say = (text) => process.stdout.write(text + '\\n');
    const login = async () => (await run('sh', '-c', 'echo $SSH_CONNECTION')).stdout.trim();
    // Two from the same port share a connection.
    const untilShared = async () => {
      for (let last = await login(), now = await login(); ; last = now, now = await login()) {
        if (now === last) return now;
      }
    };
    ${work}`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Pids of connections that the process with this pid has opened. */
function connectionsOf(pid: number): readonly number[] {
  const sockets = join(tmpdir(), `lifeboat-ssh-${process.getuid?.()}`, `${pid}-`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8');
        return words.includes('ControlMaster=yes') && words.includes(sockets);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function untilGone(pid: number): Promise<void> {
  while (connectionsOf(pid).length > 0) {
    // No event tells of the end of a process that is not a child, so it is looked for until the test's own limit.
    // oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function textOf(child: ReturnType<typeof sharing>): Promise<string> {
  let text = '';
  child.stdout.on('data', (chunk) => (text += String(chunk)));
  expect(await once(child, 'close')).toEqual([0, null]);
  return text;
}

describe(`commands that share a connection to a host, with the key in ${labFolder}/ssh`, () => {
  it('are more than it carries, and all come to their ends', async () => {
    const child = sharing(`
      const shared = await untilShared();
      const all = await Promise.all(Array.from({ length: 20 }, () => run('sh', '-c', 'sleep 0.5; echo $SSH_CONNECTION')));
      const kept = all.filter(({ stdout }) => stdout.trim() === shared).length;
      say(JSON.stringify({ statuses: [...new Set(all.map(({ exitCode }) => exitCode))], kept }));
    `);
    expect(JSON.parse(await textOf(child))).toEqual({ statuses: [0], kept: 8 });
    await untilGone(child.pid as number);
  });

  it('end with it when it is cut, and the next ones connect by themselves', async () => {
    const child = sharing(`
      const shared = await untilShared();
      const failed = run('sleep', '60').then(() => 'done', (error) => error.failure.code);
      await run('true');
      say('sleeping');
      const code = await failed;
      const next = await login();
      say(JSON.stringify({ code, isOther: next !== shared && next !== '' }));
    `);
    await once(child.stdout, 'data');
    for (const pid of connectionsOf(child.pid as number)) {
      process.kill(pid, 'SIGKILL');
    }
    expect(JSON.parse(await textOf(child))).toEqual({ code: 'host-unreachable', isOther: true });
  });

  it('leave none behind when their process is killed and they have ended', async () => {
    const child = sharing(`await untilShared(); say('up'); await run('sleep', '2');`);
    await once(child.stdout, 'data');
    const pid = child.pid as number;
    expect(connectionsOf(pid)).toHaveLength(1);
    child.kill('SIGKILL');
    await once(child, 'close');
    await untilGone(pid);
    const sockets = join(tmpdir(), `lifeboat-ssh-${process.getuid?.()}`);
    expect(readdirSync(sockets).filter((name) => name.startsWith(`${pid}-`))).toEqual([]);
  });
});
