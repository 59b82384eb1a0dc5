/** Every way to a real libvirtd, and every way in which it is refused or lost. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ConnectFailed, ConnectionLost, type ConnectOptions, connect } from 'node-libvirt';
import { addressOf, lab, labFolder, labJson, onHost, uriOf } from './lab.js';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-live-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The last host of the lab asks for a user and a password over TLS. */
const passwordHost = (await labJson<{ sites: { hosts: { name: string; sasl: boolean }[] }[] }>('status')).sites
  .flatMap(({ hosts }) => hosts)
  .find((host) => host.sasl)?.name as string;
const sasl = { username: 'lifeboat', password: readFileSync(`${labFolder}/sasl-password`, 'utf8').trim() };

async function hostnameThrough(uri: string, options: ConnectOptions = {}): Promise<string> {
  await using libvirt = await connect(uri, options);
  return await libvirt.connectGetHostname();
}

async function refusal(uri: string, options: ConnectOptions = {}): Promise<string> {
  const error = await connect(uri, options).then(
    async (libvirt) => {
      await libvirt.close();
      return new Error(`${uri} was let in`);
    },
    (cause: Error) => cause,
  );
  expect(error).toBeInstanceOf(ConnectFailed);
  expect(error.message).toContain(`"${uri}"`);
  return error.message;
}

describe('every transport reaches the daemon', () => {
  it.each([
    ['unix', uriOf.unix('north-1'), 'north-1'],
    ['tcp', uriOf.tcp('north-2'), 'north-2'],
    ['tls', uriOf.tls('south-1'), 'south-1'],
    ['ssh', uriOf.ssh('north-1'), 'north-1'],
    ['ssh by netcat to a named socket', `${uriOf.ssh('north-1')}&socket=/run/libvirt/libvirt-sock`, 'north-1'],
  ])('%s', async (_, uri, hostname) => {
    await expect(hostnameThrough(uri)).resolves.toBe(hostname);
  });

  it('tls with a user and password (SASL SCRAM-SHA-256)', async () => {
    await expect(hostnameThrough(uriOf.tls(passwordHost), { credentials: sasl })).resolves.toBe(passwordHost);
  });

  it('tls with SASL PLAIN, where the host offers nothing else', async () => {
    const configuration = '/etc/sasl2/libvirt.conf';
    const before = await onHost(passwordHost, 'cat', configuration);
    const write = (text: string) =>
      onHost(passwordHost, 'sh', '-c', 'printf %s "$1" > "$2"', 'sh', text, configuration);
    await write(before.replace(/^mech_list:.*$/m, 'mech_list: plain'));
    try {
      await expect(hostnameThrough(uriOf.tls(passwordHost), { credentials: sasl })).resolves.toBe(passwordHost);
    } finally {
      await write(before);
    }
  });
});

describe('what is refused says why and what to do', () => {
  it('a key that the host does not know', async () => {
    const key = join(folder, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await expect(refusal(uriOf.ssh('north-1', `keyfile=${key}&no_verify=1`))).resolves.toMatch(
      /root@10\.77\.1\.11 refuses the key \(.*\): put the public key in its authorized_keys, or name another with \?keyfile=$/,
    );
  });

  it('a host key that is not known here', async () => {
    await expect(refusal(uriOf.ssh('north-1', `keyfile=${labFolder}/ssh/id_ed25519`))).resolves.toContain(
      'the ssh host key of 10.77.1.11 is unknown or has changed: check it and add it to known_hosts',
    );
  });

  it('a host behind ssh where no daemon has that socket', async () => {
    await expect(refusal(`${uriOf.ssh('north-1')}&socket=/run/none`)).resolves.toContain(
      'no libvirt daemon listens on 10.77.1.11',
    );
  });

  it('a host that another CA has signed', async () => {
    const pki = join(folder, 'other-ca');
    mkdirSync(pki);
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ed25519',
        '-nodes',
        '-subj',
        '/CN=Other',
        '-keyout',
        join(pki, 'key.pem'),
        '-out',
        join(pki, 'cacert.pem'),
      ],
      { stdio: 'ignore' },
    );
    await expect(refusal(uriOf.tls('north-1', pki))).resolves.toContain(
      "the host's certificate is not signed by the CA used here",
    );
  });

  it('a client without a certificate', async () => {
    const pki = join(folder, 'no-client');
    mkdirSync(pki);
    copyFileSync(`${labFolder}/pki/cacert.pem`, join(pki, 'cacert.pem'));
    await expect(refusal(uriOf.tls('north-1', pki))).resolves.toMatch(/certificate/);
  });

  it('a name that does not stand in the certificate', async () => {
    const uri = `qemu+tls://10.78.1.11/system?pkipath=${labFolder}/pki`;
    await expect(refusal(uri)).resolves.toContain("the host's certificate is for another name");
    await expect(hostnameThrough(`${uri}&no_verify=1`)).resolves.toBe('north-1');
  });

  it('a wrong password, and none', async () => {
    await expect(
      refusal(uriOf.tls(passwordHost), { credentials: { ...sasl, password: 'guessed' } }),
    ).resolves.toContain('the host refuses the user "lifeboat" (SASL SCRAM-SHA-256): check the user name and password');
    await expect(refusal(uriOf.tls(passwordHost))).resolves.toContain('give them as credentials');
  });

  it('a port where something else listens', async () => {
    await expect(refusal(`qemu+tcp://${addressOf('north-1')}:22/system`)).resolves.toContain(
      'what answers there is not libvirt',
    );
    await expect(refusal(`qemu+tcp://${addressOf('north-1')}:16514/system`, { deadlineMs: 3000 })).resolves.toMatch(
      /not libvirt|no libvirt connection within|the connection ended before libvirt answered/,
    );
  });

  it('a driver that the host does not have', async () => {
    await expect(refusal(`xen+tcp://${addressOf('north-1')}/system`)).resolves.toContain(
      'libvirt refuses to open xen:///system',
    );
  });

  it('a libvirt older than asked for', async () => {
    await expect(refusal(uriOf.tcp('north-1'), { minimumVersion: 99_000_000 })).resolves.toMatch(
      /libvirt \d+\.\d+\.\d+ is too old, 99\.0\.0 is the oldest/,
    );
  });

  it('a host whose power is off', async () => {
    await lab('power-off', 'north-2');
    try {
      await expect(refusal(uriOf.tcp('north-2'), { deadlineMs: 1000 })).resolves.toMatch(
        /no route|does not answer|no libvirt connection within 1000 ms/,
      );
    } finally {
      await lab('power-on', 'north-2');
    }
  });
});

describe('what is lost says whether the call may have happened', () => {
  it('the daemon is killed in the middle of a call', async () => {
    await using libvirt = await connect(uriOf.tcp('north-2'));
    const pid = (await onHost('north-2', 'pidof', 'libvirtd')).trim();
    // Stopped first, so that the call is surely under way and unanswered when the kill comes.
    await onHost('north-2', 'kill', '-STOP', pid);
    const call = libvirt.connectGetCapabilities();
    call.catch(() => undefined);
    await onHost('north-2', 'kill', '-KILL', pid);
    await expect(call).rejects.toBeInstanceOf(ConnectionLost);
    await expect(call).rejects.toMatchObject({ mayHaveHappened: true });
    await expect(libvirt.closed).resolves.toBeInstanceOf(ConnectionLost);
    await lab('power-on', 'north-2');
  });

  it('the link is cut without a word: keepalive ends the call', async () => {
    await using libvirt = await connect(uriOf.tcp('north-2'), { keepalive: { intervalMs: 200, count: 3 } });
    await lab('cut', 'north-2');
    try {
      await expect(libvirt.connectGetHostname()).rejects.toThrow('the host gave no sign of life for 800 ms');
    } finally {
      await lab('heal', 'north-2');
    }
  });

  it('an idle connection is kept by pings that the host answers', async () => {
    let answered = 0;
    let enough: () => void = () => undefined;
    const tenAnswers = new Promise<void>((resolve) => {
      enough = resolve;
    });
    await using libvirt = await connect(uriOf.tcp('north-1'), {
      keepalive: { intervalMs: 20, count: 1 },
      trace: ({ name, direction }) => {
        if (name === 'keepalive pong' && direction === 'received' && ++answered === 10) enough();
      },
    });
    await tenAnswers;
    await expect(libvirt.connectGetHostname()).resolves.toBe('north-1');
  });
});
