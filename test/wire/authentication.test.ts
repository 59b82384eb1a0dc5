/** What a daemon may ask of a client before it lets it in. SCRAM against a real libvirtd is a live test. */
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node-libvirt';
import { FakeError, FakeServer } from 'node-libvirt/testing';

const credentials = { username: 'ops', password: 'pencil' };
const AUTH_FAILED = 45;
let server: FakeServer;

beforeEach(async () => {
  server = await FakeServer.listen();
});

afterEach(() => server.close());

describe('polkit', () => {
  it('lets the user in', async () => {
    server.on('authList', () => [2]).on('authPolkit', () => true);
    await (await connect(server.uri)).close();
    expect(server.received.map(({ name }) => name).slice(0, 3)).toEqual(['authList', 'authPolkit', 'connectOpen']);
  });

  it('does not: the message says what to do on the host', async () => {
    server
      .on('authList', () => [2])
      .on('authPolkit', () => {
        throw new FakeError(AUTH_FAILED, 'authentication failed: access denied by policy');
      });
    await expect(connect(server.uri)).rejects.toThrow(
      `"${server.uri}": polkit does not let this user in (authentication failed: access denied by policy): add the user to the libvirt group`,
    );
  });
});

describe('SASL', () => {
  it('needs credentials', async () => {
    server.on('authList', () => [1]).on('authSaslInit', () => 'SCRAM-SHA-256');
    await expect(connect(server.uri)).rejects.toThrow(
      'asks for a user name and password (SASL SCRAM-SHA-256): give them as credentials',
    );
  });

  it('never gives a password away on a connection that can be read', async () => {
    server.on('authList', () => [1]).on('authSaslInit', () => 'PLAIN');
    await expect(connect(server.uri, { credentials })).rejects.toThrow(
      'without encryption, which would give the password away',
    );
    expect(server.received.some(({ name }) => name === 'authSaslStart')).toBe(false);
  });

  it('refuses mechanisms that are not spoken here, and names the setting', async () => {
    server.on('authList', () => [1]).on('authSaslInit', () => 'GSSAPI,DIGEST-MD5');
    await expect(connect(server.uri, { credentials })).rejects.toThrow(
      'only the SASL mechanisms GSSAPI, DIGEST-MD5: put scram-sha-256 in mech_list of its /etc/sasl2/libvirt.conf',
    );
  });

  it('says that user or password are wrong', async () => {
    server
      .on('authList', () => [1])
      .on('authSaslInit', () => 'SCRAM-SHA-256')
      .on('authSaslStart', () => {
        throw new FakeError(AUTH_FAILED, 'authentication failed');
      });
    await expect(connect(server.uri, { credentials })).rejects.toThrow(
      'refuses the user "ops" (SASL SCRAM-SHA-256): check the user name and password',
    );
  });

  it('SCRAM with a host that knows the password', async () => {
    scramHost('pencil');
    await (await connect(server.uri, { credentials })).close();
    expect(server.received.map(({ name }) => name).slice(1, 5)).toEqual([
      'authSaslInit',
      'authSaslStart',
      'authSaslStep',
      'connectOpen',
    ]);
  });

  it('SCRAM with a host that only pretends to', async () => {
    scramHost('guessed');
    await expect(connect(server.uri, { credentials })).rejects.toThrow('it does not prove that it knows the password');
    expect(server.received.some(({ name }) => name === 'connectOpen')).toBe(false);
  });
});

/** The host's half of SCRAM-SHA-256 (RFC 5802): it proves knowledge of `password` and checks nothing. */
function scramHost(password: string): void {
  const salt = Buffer.from('salt-of-the-host');
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  let clientFirst = '';
  let serverFirst = '';
  const text = (data: Uint8Array): string => Buffer.from(data).toString();
  const reply = (complete: boolean, data: string) => ({ complete, nil: false, data: Buffer.from(data) });
  server
    .on('authList', () => [1])
    .on('authSaslInit', () => 'PLAIN,SCRAM-SHA-256')
    .on('authSaslStart', ({ data }) => {
      clientFirst = text(data).replace('n,,', '');
      serverFirst = `${/r=.*/.exec(clientFirst)?.[0]}host,s=${salt.toString('base64')},i=4096`;
      return reply(false, serverFirst);
    })
    .on('authSaslStep', ({ data }) => {
      const withoutProof = text(data).replace(/,p=.*/, '');
      const key = hmac(pbkdf2Sync(password, salt, 4096, 32, 'sha256'), 'Server Key');
      return reply(true, `v=${hmac(key, `${clientFirst},${serverFirst},${withoutProof}`).toString('base64')}`);
    });
}
