import { describe, expect, it } from '@jest/globals';
import { BadUri } from './errors.js';
import { remoteCommand, sshArguments } from './transports/ssh.js';
import { parseUri } from './uri.js';

describe('parseUri', () => {
  it.each([
    ['qemu:///system', { transport: 'unix', name: 'qemu:///system', host: null }],
    ['qemu+unix:///system?socket=/run/x', { transport: 'unix', name: 'qemu:///system', socket: '/run/x' }],
    ['qemu://host/system', { transport: 'tls', name: 'qemu:///system', host: 'host' }],
    ['qemu+tcp://10.0.0.1:999/system', { transport: 'tcp', host: '10.0.0.1', port: 999 }],
    [
      'qemu+tls://[fd00::1]/system?pkipath=/pki&no_verify=1',
      { transport: 'tls', host: 'fd00::1', pkipath: '/pki', verify: false },
    ],
    [
      'qemu+ssh://ops%40x@host:22/session?keyfile=/k',
      { transport: 'ssh', user: 'ops@x', port: 22, keyfile: '/k', path: '/session' },
    ],
    ['qemu+ssh://host/system?name=qemu:///embed', { name: 'qemu:///embed' }],
  ])('reads %s', (text, expected) => {
    expect(parseUri(text)).toMatchObject(expected);
  });

  it.each([
    ['', 'is not a libvirt URI'],
    ['north-1', 'is not a libvirt URI'],
    ['qemu:/system', 'it begins with driver://'],
    ['qemu+shh://host/system', '"shh" is no transport: use qemu+unix, qemu+tcp, qemu+tls, qemu+ssh'],
    ['qemu+libssh2://host/system', 'write qemu+ssh'],
    ['qemu+ssh:///system', 'it names no host'],
    ['qemu+unix://host/system', 'takes no host'],
    ['qemu+ssh://user:secret@host/system', 'a password does not belong in a URI'],
    ['qemu+ssh://host/system?keyfle=/k', 'the parameter "keyfle" is unknown'],
    ['qemu+ssh://-oProxyCommand=x/system', 'cannot begin with "-"'],
    ['qemu+ssh://host/system?proxy=magic', 'is none of auto, native, netcat'],
  ])('refuses %j, with the mend', (text, reason) => {
    expect(() => parseUri(text)).toThrow(BadUri);
    expect(() => parseUri(text)).toThrow(reason);
    expect(() => parseUri(text)).toThrow(`"${text.replace('secret', '***')}"`);
  });

  it('keeps a password out of the message', () => {
    expect(() => parseUri('qemu+ssh://user:secret@host/system')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('secret') }),
    );
  });
});

describe('ssh', () => {
  it('never asks, and hands over host, user, port and key as arguments', () => {
    const uri = parseUri('qemu+ssh://root@host:2222/system?keyfile=/k');
    expect(sshArguments(uri).slice(0, -1)).toEqual([
      '-T',
      '-e',
      'none',
      '-o',
      'BatchMode=yes',
      '-p',
      '2222',
      '-l',
      'root',
      '-i',
      '/k',
      '--',
      'host',
    ]);
  });

  it('quotes what comes from the URI for the far shell', () => {
    const command = remoteCommand(parseUri("qemu+ssh://host/system?socket=/tmp/a'b $(id)"));
    expect(command).not.toMatch(/[^\\']\$\(id\)'?"? *;/);
    expect(command.startsWith("sh -c '")).toBe(true);
  });

  it("looks for a session's daemon in the far user's own folder", () => {
    const command = remoteCommand(parseUri('qemu+ssh://host/session?proxy=netcat'));
    expect(command).toContain('"${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/libvirt/virtqemud-sock"');
    expect(command).not.toContain('/run/libvirt/');
  });
});
