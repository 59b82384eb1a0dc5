/** The plain sockets: UNIX and TCP. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { BadUri, ConnectFailed } from '../errors.js';
import type { ConnectionUri } from '../uri.js';
import type { OpenTransport } from './transport.js';

/** libvirt's port for connections without TLS. */
const TCP_PORT = 16_509;

/** TCP without encryption. */
export const openTcp: OpenTransport = async ({ uri, signal }) => {
  const socket = await connectSocket({ host: uri.host as string, port: uri.port ?? TCP_PORT, uri, signal });
  return { stream: socket, isSecure: false };
};

/** A UNIX socket of this machine. */
export const openUnix: OpenTransport = async ({ uri, signal }) => {
  const path = uri.socket ?? (await defaultSocket(uri));
  const socket = await connectSocket({ path, uri, signal });
  return { stream: socket, isSecure: true };
};

/** The sockets a daemon may have on this machine, newest scheme first (libvirt.org/daemons.html). */
export function socketCandidates(driver: string, path: string, environment: NodeJS.ProcessEnv): string[] {
  const daemon = driver === 'qemu' ? 'virtqemud-sock' : `virt${driver}d-sock`;
  if (path === '/session') {
    const runtime = environment['XDG_RUNTIME_DIR'];
    if (runtime === undefined || runtime === '') return [];
    return [`${runtime}/libvirt/${daemon}`, `${runtime}/libvirt/libvirt-sock`];
  }
  return [`/run/libvirt/${daemon}`, '/run/libvirt/libvirt-sock'];
}

async function defaultSocket(uri: ConnectionUri): Promise<string> {
  const candidates = socketCandidates(uri.driver, uri.path, process.env);
  for (const candidate of candidates) {
    const exists = await access(candidate, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (exists) return candidate;
  }
  if (candidates.length === 0) {
    throw new BadUri(
      `"${uri.text}" needs XDG_RUNTIME_DIR to find the session's daemon: set it, or name the socket with ?socket=`,
    );
  }
  throw new ConnectFailed(
    `"${uri.text}": no libvirt daemon listens here (looked for ${candidates.join(' and ')}): start libvirtd or virtqemud, or name the socket with ?socket=`,
  );
}

interface SocketTarget {
  readonly uri: ConnectionUri;
  readonly signal: AbortSignal;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

/** A connected socket. Its errors are told as what they mean for the URI. */
export function connectSocket({ uri, signal, ...where }: SocketTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      where.path === undefined
        ? createConnection({ host: where.host, port: where.port as number })
        : createConnection({ path: where.path });
    const stop = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      signal.removeEventListener('abort', stop);
      const place = where.path ?? `${where.host}:${where.port}`;
      reject(new ConnectFailed(`"${uri.text}": ${socketReason(error, place)}`, { cause: error }));
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}

function socketReason(error: NodeJS.ErrnoException, place: string): string {
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host of ${place} cannot be resolved: check its spelling, DNS or /etc/hosts`;
    case 'ECONNREFUSED':
      return `nothing listens at ${place}: start the libvirt daemon (for tcp and tls also its sockets) and check the port`;
    case 'ENOENT':
      return `there is no socket ${place}: start the libvirt daemon or correct ?socket=`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not open ${place}: join the libvirt group or run as root`;
    case 'ENOTSOCK':
      return `${place} is not a socket: correct ?socket=`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no route to ${place}: check the network`;
    case 'ETIMEDOUT':
      return `${place} does not answer: check that the host is up and that no firewall drops the port`;
    default:
      return `${place} cannot be connected to (${error.message})`;
  }
}
