import type { Duplex } from 'node:stream';
import { openPlainSocket, openSocket, placeText, type SocketPlace } from './transports/socket.js';
import { streamTransport } from './transports/stream.js';
import type { NbdTls } from './transports/tls.js';
import type { OpenTransport } from './transports/transport.js';

/** Any open stream as the way to a server, such as a socket that ssh forwards or the standard input and output of a child. */
export interface StreamAddress {
  /** Opens one connection; called again for each further one. */
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  /** Names the way in messages. */
  readonly name: string;
  /** Whether others may read along on the way. Default false. */
  readonly isSecure?: boolean;
}

/** Where a server is: a UNIX socket, a TCP port (default 10809), or a stream. */
export type NbdAddress = SocketPlace | StreamAddress;

/** The address in words. */
export function addressText(address: NbdAddress): string {
  return 'open' in address ? address.name : placeText(address);
}

/** The host that is connected to, when the address has one. */
export function hostOf(address: NbdAddress): string | undefined {
  return 'host' in address ? address.host : undefined;
}

/** How a connection to the address is opened. */
export function transportTo(address: NbdAddress, tls: NbdTls | undefined): OpenTransport {
  if ('open' in address) {
    const { open, isSecure = false } = address;
    return async (signal) => streamTransport(await open(signal), { isSecure });
  }
  return tls === undefined ? (signal) => openSocket(address, signal) : (signal) => openPlainSocket(address, signal);
}
