/** What a daemon asks of a client before it lets it in (remote_protocol.x, remote_auth_type). */
import { randomBytes } from 'node:crypto';
import { ConnectFailed, LibvirtError, NodeLibvirtError } from '../errors.js';
import type { ResultOf } from '../protocol/procedure.js';
import { handshake } from '../protocol/procedures.js';
import type { RpcConnection } from '../rpc/connection.js';
import { scramSha256 } from './scram.js';

/** A user of the host's SASL database (`saslpasswd2 -a libvirt`). */
export interface Credentials {
  readonly username: string;
  /** In clear. It is never traced and stands in no message. */
  readonly password: string;
}

/** What authentication needs. */
export interface AuthenticateOptions {
  readonly connection: RpcConnection;
  /** For messages. */
  readonly uri: string;
  /** True lets a password travel as it is. */
  readonly isSecure: boolean;
  readonly credentials: Credentials | null;
  readonly signal: AbortSignal;
}

/** remote_auth_type */
const AuthType = { NONE: 0, SASL: 1, POLKIT: 2 } as const;

type SaslReply = ResultOf<typeof handshake.authSaslStart>;

/** Does what the daemon asks for; throws `ConnectFailed` when it refuses or asks for what is not spoken here. */
export async function authenticate(options: AuthenticateOptions): Promise<void> {
  const { connection, uri, signal } = options;
  const types = (await connection.call('authList', handshake.authList, {}, { signal, deadlineMs: 0 })) as number[];
  if (types.length === 0 || types.includes(AuthType.NONE)) return;
  if (types.includes(AuthType.SASL)) return authenticateBySasl(options);
  if (types.includes(AuthType.POLKIT)) return authenticateByPolkit(options);
  throw new ConnectFailed(
    `"${uri}": the host asks for an authentication that is not spoken here (${types.join(', ')}): set auth_unix_rw, auth_tcp or auth_tls in its libvirtd.conf to none, polkit or sasl`,
  );
}

/** Passive: the daemon asks polkit about our process; nobody is asked for a password here. */
async function authenticateByPolkit({ connection, uri, signal }: AuthenticateOptions): Promise<void> {
  try {
    await connection.call('authPolkit', handshake.authPolkit, {}, { signal, deadlineMs: 0 });
  } catch (cause) {
    if (!(cause instanceof LibvirtError)) throw cause;
    throw new ConnectFailed(
      `"${uri}": polkit does not let this user in (${cause.message}): add the user to the libvirt group, or a polkit rule for org.libvirt.unix.manage`,
      { cause },
    );
  }
}

async function authenticateBySasl({
  connection,
  uri,
  isSecure,
  credentials,
  signal,
}: AuthenticateOptions): Promise<void> {
  const fail = (reason: string, cause?: unknown): never => {
    throw new ConnectFailed(`"${uri}": ${reason}`, { cause });
  };
  const offered = (
    (await connection.call('authSaslInit', handshake.authSaslInit, {}, { signal, deadlineMs: 0 })) as string
  )
    .split(/[ ,]+/)
    .filter((word) => word !== '');
  const mechanism = offered.includes('SCRAM-SHA-256')
    ? 'SCRAM-SHA-256'
    : isSecure && offered.includes('PLAIN')
      ? 'PLAIN'
      : null;
  if (mechanism === null) {
    return fail(
      offered.includes('PLAIN')
        ? 'the host offers SASL PLAIN on a connection without encryption, which would give the password away: connect over tls or ssh'
        : `the host offers only the SASL mechanisms ${offered.join(', ') || '(none)'}: put scram-sha-256 in mech_list of its /etc/sasl2/libvirt.conf`,
    );
  }
  if (credentials === null)
    return fail(`the host asks for a user name and password (SASL ${mechanism}): give them as credentials`);

  const ask = async (procedure: 'authSaslStart' | 'authSaslStep', data: string): Promise<SaslReply> => {
    const args = { nil: false, data: Buffer.from(data) };
    try {
      return (await connection.call(
        procedure,
        handshake[procedure],
        procedure === 'authSaslStart' ? { mech: mechanism, ...args } : args,
        { signal, deadlineMs: 0 },
      )) as SaslReply;
    } catch (cause) {
      if (cause instanceof LibvirtError || (cause instanceof NodeLibvirtError && cause.code === 'CONNECTION_LOST')) {
        return fail(
          `the host refuses the user "${credentials.username}" (SASL ${mechanism}): check the user name and password, saslpasswd2 sets them there`,
          cause,
        );
      }
      throw cause;
    }
  };

  if (mechanism === 'PLAIN') {
    const reply = await ask('authSaslStart', `\0${credentials.username}\0${credentials.password}`);
    if (!reply.complete) fail('the host goes on with SASL PLAIN after its only step: it is not set up as SASL asks');
    return;
  }
  const scram = scramSha256(credentials, randomBytes(18).toString('base64'));
  try {
    const first = await ask('authSaslStart', scram.first);
    const second = await ask('authSaslStep', scram.answer(textOf(first)));
    scram.verify(textOf(second));
    if (!second.complete) {
      const last = await ask('authSaslStep', '');
      if (!last.complete) throw new Error('it goes on after its last step');
    }
  } catch (cause) {
    if (cause instanceof NodeLibvirtError) throw cause;
    fail(`the host breaks SASL ${mechanism} off: ${(cause as Error).message}`, cause);
  }
}

function textOf(reply: SaslReply): string {
  return Buffer.from(reply.data).toString('utf8');
}
