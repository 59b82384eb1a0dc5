/** The plain sockets: UNIX and TCP. */
import { createConnection, type Socket } from 'node:net';
import { NbdConnectFailed } from '../errors.js';
import { streamTransport } from './stream.js';
import type { ByteReceiver, Transport } from './transport.js';

/** "Newstyle negotiation": the port that IANA reserved for NBD. */
const NBD_PORT = 10_809;

/** A UNIX socket's path, or a host with its port (default 10809). */
export type SocketPlace = { readonly path: string } | { readonly host: string; readonly port?: number };

/** A place in words. */
export function placeText(place: SocketPlace): string {
  return 'path' in place ? place.path : `${place.host}:${place.port ?? NBD_PORT}`;
}

/**
 * A connected socket that reads straight into the memory that its receiver gives, which saves an allocation and a copy
 * for each piece. Encryption cannot be laid over it; {@link openPlainSocket} is for that.
 */
export async function openSocket(place: SocketPlace, signal: AbortSignal): Promise<Transport> {
  const early = Buffer.allocUnsafeSlow(4096);
  let receiver: ByteReceiver | undefined;
  const held: Buffer[] = [];
  const socket = await connect(place, signal, {
    buffer: () => receiver?.room() ?? early,
    callback: (length, room) => {
      const bytes = room as Buffer;
      if (receiver === undefined) held.push(Buffer.from(bytes.subarray(0, length)));
      else receiver.received(bytes, length);
      return true;
    },
  });
  return {
    stream: socket,
    isSecure: 'path' in place,
    deliverTo(given) {
      receiver = given;
      for (const bytes of held.splice(0)) given.received(bytes, bytes.length);
    },
    release() {
      throw new TypeError('a socket that reads into its receiver’s memory cannot be released');
    },
  };
}

/** A connected socket for encryption to be laid over it. */
export async function openPlainSocket(place: SocketPlace, signal: AbortSignal): Promise<Transport> {
  return streamTransport(await connect(place, signal), { isSecure: 'path' in place });
}

interface ReadInto {
  readonly buffer: () => Buffer;
  readonly callback: (length: number, room: Uint8Array) => boolean;
}

function connect(place: SocketPlace, signal: AbortSignal, onread?: ReadInto): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const where = 'path' in place ? { path: place.path } : { host: place.host, port: place.port ?? NBD_PORT };
    const socket = createConnection({ ...where, ...(onread === undefined ? {} : { onread }) });
    const stop = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const fail = (cause: NodeJS.ErrnoException): void => {
      signal.removeEventListener('abort', stop);
      reject(new NbdConnectFailed(socketReason(cause, placeText(place)), { cause }));
    };
    socket.once('error', fail);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
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
      return `nothing listens at ${place}: start the NBD server and check where it listens`;
    case 'ENOENT':
      return `there is no socket ${place}: start the NBD server or correct the path`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not open ${place}: mend the permissions of the socket`;
    case 'ENOTSOCK':
      return `${place} is not a socket: correct the path`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no route to ${place}: check the network`;
    case 'ETIMEDOUT':
      return `${place} does not answer: check that the host is up and that no firewall drops the port`;
    default:
      return `${place} cannot be connected to (${error.message}): check that the NBD server runs`;
  }
}
