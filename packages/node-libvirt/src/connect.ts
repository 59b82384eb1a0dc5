/** From a URI to an open connection. */
import { authenticate, type Credentials } from './auth/authenticate.js';
import { type Libvirt, LibvirtConnection } from './client.js';
import { ConnectFailed, ConnectionLost, LibvirtError, NodeLibvirtError, ProtocolError } from './errors.js';
import { Feature, handshake, procedures } from './protocol/procedures.js';
import type { CallLimits } from './rpc/calls.js';
import { RpcConnection } from './rpc/connection.js';
import type { KeepaliveOptions } from './rpc/keepalive.js';
import type { Trace } from './rpc/trace.js';
import { openTcp, openUnix } from './transports/socket.js';
import { openSsh } from './transports/ssh.js';
import { openTls } from './transports/tls.js';
import type { OpenTransport } from './transports/transport.js';
import { type ConnectionUri, parseUri, type TransportName } from './uri.js';

/** How to connect, and how the connection then behaves. All may be left out. */
export interface ConnectOptions {
  /** Milliseconds for the whole of connecting, authentication included; 0 for never. Default 15000. */
  readonly deadlineMs?: number;
  /** Gives connecting up, which then rejects with `ConnectFailed`. It has no effect once connected. */
  readonly signal?: AbortSignal;
  /** For hosts that ask for a user and password: SASL SCRAM-SHA-256, or PLAIN where the transport is encrypted or local. Default none. */
  readonly credentials?: Credentials;
  /** True opens the connection for reading only. Default false. */
  readonly readOnly?: boolean;
  /** How a dead host is noticed. Default `{ intervalMs: 5000, count: 5 }`; `false` for not at all. */
  readonly keepalive?: Partial<KeepaliveOptions> | false;
  /** Calls under way at once. Default 5, libvirt's own limit per client. */
  readonly maxInFlight?: number;
  /** Calls that may wait behind those before a call is refused with `QueueFull`. Default 10000. */
  readonly maxQueued?: number;
  /** Milliseconds before an ordinary call is given up, 0 for never. Default 60000. Long calls have none of their own. */
  readonly callDeadlineMs?: number;
  /** The oldest libvirt that is accepted: major * 1,000,000 + minor * 1,000 + release. Default 6,000,000 (6.0.0). */
  readonly minimumVersion?: number;
  /** Told every message sent and received, without what it says. Default none. */
  readonly trace?: Trace;
}

const transports: Record<TransportName, OpenTransport> = { unix: openUnix, tcp: openTcp, tls: openTls, ssh: openSsh };

/** VIR_CONNECT_RO */
const READ_ONLY = 1;

/**
 * Opens a connection. It rejects with `BadUri` before anything is tried, or with `ConnectFailed` within the deadline: one
 * sentence that names the URI, the reason and the mend. Nothing is left open then.
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<Libvirt> {
  const parsed = parseUri(uri);
  const deadlineMs = options.deadlineMs ?? 15_000;
  const deadline = new AbortController();
  const giveUp = (): void =>
    deadline.abort(
      new ConnectFailed(
        `"${uri}": no libvirt connection within ${deadlineMs} ms: check that the host is up, and that no firewall drops its port`,
      ),
    );
  const timer = deadlineMs === 0 ? undefined : setTimeout(giveUp, deadlineMs);
  const stop = (): void =>
    deadline.abort(new ConnectFailed(`"${uri}": connecting was aborted`, { cause: options.signal?.reason }));
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    return await open(parsed, options, deadline.signal);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

async function open(uri: ConnectionUri, options: ConnectOptions, signal: AbortSignal): Promise<Libvirt> {
  const transport = await transports[uri.transport]({ uri, signal });
  const limits: CallLimits = {
    maxInFlight: options.maxInFlight ?? 5,
    maxQueued: options.maxQueued ?? 10_000,
    deadlineMs: options.callDeadlineMs ?? 60_000,
  };
  const rpc = new RpcConnection(transport, {
    ...limits,
    uri: uri.text,
    keepalive: options.keepalive === false ? null : { intervalMs: 5000, count: 5, ...options.keepalive },
    trace: options.trace ?? null,
  });
  const ask = (name: keyof typeof handshake | keyof typeof procedures, args: object): Promise<unknown> =>
    rpc.call(name, { ...handshake, ...procedures }[name], args, { signal, deadlineMs: 0 });
  try {
    await authenticate({
      connection: rpc,
      uri: uri.text,
      isSecure: transport.isSecure,
      credentials: options.credentials ?? null,
      signal,
    });
    await ask('connectOpen', { name: uri.name, flags: options.readOnly ? READ_ONLY : 0 });
    const version = (await ask('connectGetLibVersion', {})) as number;
    const minimum = options.minimumVersion ?? 6_000_000;
    if (version < minimum) {
      throw new ConnectFailed(
        `"${uri.text}": libvirt ${versionText(version)} is too old, ${versionText(minimum)} is the oldest that will do: upgrade libvirt on this host`,
      );
    }
    if (await ask('connectSupportsFeature', { feature: Feature.PROGRAM_KEEPALIVE })) rpc.startKeepalive();
    return new LibvirtConnection(rpc, uri.text, version) as Libvirt;
  } catch (error) {
    rpc.close();
    throw signal.aborted ? signal.reason : explain(error, uri);
  }
}

/** What a failed beginning means. */
function explain(error: unknown, uri: ConnectionUri): unknown {
  if (error instanceof ConnectFailed || !(error instanceof NodeLibvirtError)) return error;
  if (error instanceof ProtocolError || error.cause instanceof ProtocolError) {
    const what = error instanceof ProtocolError ? error : (error.cause as ProtocolError);
    return new ConnectFailed(
      `"${uri.text}": what answers there is not libvirt (${what.message}): check the ${uri.host === null ? 'socket' : 'host and port'}`,
      { cause: error },
    );
  }
  if (error instanceof LibvirtError) {
    return new ConnectFailed(
      `"${uri.text}": libvirt refuses to open ${uri.name} (${error.message}): check the driver and path of the URI, and that the host has that driver`,
      { cause: error },
    );
  }
  if (error instanceof ConnectionLost) {
    return new ConnectFailed(
      `"${uri.text}": the connection ended before libvirt answered (${error.reason}): check that a libvirt daemon listens there, and its log`,
      { cause: error },
    );
  }
  return error;
}

/** 9000000 as `9.0.0`. */
export function versionText(version: number): string {
  return `${Math.floor(version / 1_000_000)}.${Math.floor(version / 1000) % 1000}.${version % 1000}`;
}
