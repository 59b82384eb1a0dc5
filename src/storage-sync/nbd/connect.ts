/** Opens connections: transport, greeting, TLS, then what the caller wants. */
import { addressText, hostOf, type NbdAddress, transportTo } from './address.js';
import { NbdAborted, NbdConnectFailed, NbdError, NbdProtocolError } from './errors.js';
import { endedEarly, HandshakeReader } from './handshake/handshake-reader.js';
import {
  abortHandshake,
  agreeOnTls,
  chooseExport,
  greet,
  type ListedExport,
  listContexts,
  listExports,
} from './handshake/negotiation.js';
import type { HandshakeStream } from './handshake/options.js';
import { type ConnectionLimits, NbdConnection } from './transmission/connection.js';
import { type NbdTls, openTls } from './transports/tls.js';
import type { Transport } from './transports/transport.js';

/** How a server is reached. */
export interface NbdServer {
  readonly address: NbdAddress;
  /** With it the connection is encrypted or does not come about. Default: it is not encrypted. */
  readonly tls?: NbdTls;
  /** How long it may take until the connection can be used, in milliseconds; 0 for any time. Default 10000. */
  readonly connectDeadlineMs?: number;
  /** Aborts connecting. */
  readonly signal?: AbortSignal;
}

/** An export of a server, and the limits of {@link ConnectionLimits} for each connection. */
export interface NbdConnectOptions extends NbdServer, Partial<ConnectionLimits> {
  /** Default: the server's default export, whose name is empty. */
  readonly exportName?: string;
  /**
   * Metadata contexts to ask for, such as `base:allocation` or `qemu:dirty-bitmap:backup-vda`; one that ends in a colon
   * stands for all that begin with it. Those that the server does not have are left out. Default: none.
   */
  readonly contexts?: readonly string[];
}

const DEFAULT_LIMITS: ConnectionLimits = {
  requestsInFlight: 64,
  bytesInFlight: 33_554_432,
  queuedRequests: 4096,
  silenceMs: 30_000,
};
const CONNECT_DEADLINE_MS = 10_000;

/** One connection to one export. Rejects with `NbdConnectFailed`, `NbdProtocolError`, `NbdBadArgument` or `NbdAborted`. */
export async function connectNbd(options: NbdConnectOptions): Promise<NbdConnection> {
  const { exportName = '', contexts = [] } = options;
  const name = `export "${exportName}" at ${addressText(options.address)}`;
  const limits: ConnectionLimits = {
    requestsInFlight: options.requestsInFlight ?? DEFAULT_LIMITS.requestsInFlight,
    bytesInFlight: options.bytesInFlight ?? DEFAULT_LIMITS.bytesInFlight,
    queuedRequests: options.queuedRequests ?? DEFAULT_LIMITS.queuedRequests,
    silenceMs: options.silenceMs ?? DEFAULT_LIMITS.silenceMs,
  };
  return await converse(options, name, async (stream, { transport, sendsZeroes }) => {
    const agreement = await chooseExport(stream, { exportName, contexts }, { sendsZeroes });
    return new NbdConnection(transport, agreement, { ...limits, name });
  });
}

/** The exports that the server lists. Rejects as {@link connectNbd} does; a server may refuse to list. */
export async function listNbdExports(server: NbdServer): Promise<readonly ListedExport[]> {
  return await converse(server, addressText(server.address), (stream, { transport }) =>
    leaving(listExports(stream), stream, transport),
  );
}

/** The metadata contexts of an export: all of them, or those that answer `contexts`. Rejects as {@link connectNbd} does. */
export async function listNbdContexts(
  options: NbdServer & { readonly exportName?: string; readonly contexts?: readonly string[] },
): Promise<readonly string[]> {
  const { exportName = '', contexts = [] } = options;
  return await converse(options, `export "${exportName}" at ${addressText(options.address)}`, (stream, { transport }) =>
    leaving(listContexts(stream, { exportName, contexts }), stream, transport),
  );
}

/** Ends the handshake without an export, once the answer is there. */
async function leaving<Answer>(
  answer: Promise<Answer>,
  stream: HandshakeStream,
  transport: Transport,
): Promise<Answer> {
  const given = await answer;
  abortHandshake(stream);
  transport.stream.end();
  transport.stream.once('error', () => undefined);
  await new Promise<void>((resolve) => {
    transport.stream.once('close', resolve);
    transport.stream.once('end', () => transport.stream.destroy());
    if (transport.stream.destroyed) resolve();
  });
  return given;
}

interface Opened {
  readonly transport: Transport;
  readonly sendsZeroes: boolean;
}

/** Runs `talk` over a new connection, greeted and encrypted; whatever fails ends the connection, and says of what it speaks. */
async function converse<Result>(
  server: NbdServer,
  name: string,
  talk: (stream: HandshakeStream, opened: Opened) => Promise<Result>,
): Promise<Result> {
  const deadlineMs = server.connectDeadlineMs ?? CONNECT_DEADLINE_MS;
  const controller = new AbortController();
  const onAbort = (): void =>
    controller.abort(new NbdAborted(`${name}: connecting was aborted`, { cause: server.signal?.reason }));
  if (server.signal?.aborted === true) onAbort();
  server.signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    deadlineMs > 0
      ? setTimeout(
          () =>
            controller.abort(
              new NbdConnectFailed(
                `no NBD connection within ${deadlineMs} ms: check that the server runs and serves another client, or allow more time`,
              ),
            ),
          deadlineMs,
        )
      : undefined;
  try {
    return await shakeHands(server, controller.signal, talk);
  } catch (error) {
    throw withSubject(error, name);
  } finally {
    clearTimeout(timer);
    server.signal?.removeEventListener('abort', onAbort);
  }
}

async function shakeHands<Result>(
  { address, tls }: NbdServer,
  signal: AbortSignal,
  talk: (stream: HandshakeStream, opened: Opened) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  let transport = await transportTo(address, tls)(signal);
  let listening = listen(transport, signal);
  try {
    const greeting = await greet(listening.stream);
    if (tls !== undefined) {
      await agreeOnTls(listening.stream);
      listening.stop();
      const under = transport.stream;
      under.on('error', () => undefined);
      transport = await openTls(transport, { tls, host: hostOf(address), signal });
      transport.stream.once('close', () => under.destroy());
      listening = listen(transport, signal);
    }
    return await talk(listening.stream, { transport, ...greeting });
  } catch (error) {
    transport.stream.on('error', () => undefined);
    transport.stream.destroy();
    throw error;
  } finally {
    listening.stop();
  }
}

/** Reads the handshake from a transport; the end of the stream or of the caller's patience ends the reading. */
function listen(transport: Transport, signal: AbortSignal): { readonly stream: HandshakeStream; stop(): void } {
  const reader = new HandshakeReader();
  const { stream } = transport;
  const fail = (error?: NodeJS.ErrnoException): void => reader.fail(endedEarly(error));
  const end = (): void => fail();
  const stop = (): void => reader.fail(signal.reason);
  stream.on('error', fail);
  stream.on('end', end);
  stream.on('close', end);
  signal.addEventListener('abort', stop, { once: true });
  if (stream.destroyed) end();
  transport.deliverTo(reader);
  return {
    stream: { reader, write: (bytes) => void stream.write(bytes) },
    stop() {
      stream.off('error', fail);
      stream.off('end', end);
      stream.off('close', end);
      signal.removeEventListener('abort', stop);
    },
  };
}

/** The same error, saying of which export or server it speaks. */
function withSubject(error: unknown, name: string): unknown {
  if (error instanceof NbdProtocolError) {
    const message = `${name}: the server breaks the NBD protocol: ${error.message}: check what listens there and its version`;
    return new NbdProtocolError(message, { cause: error });
  }
  if (error instanceof NbdConnectFailed)
    return new NbdConnectFailed(`${name}: ${error.message}`, { cause: error.cause });
  if (error instanceof NbdError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new NbdConnectFailed(`${name}: ${reason}: check the way to it`, { cause: error });
}
