/** A byte stream to a libvirt daemon, however it is reached. */
import type { Duplex } from 'node:stream';
import type { ConnectionUri } from '../uri.js';

/** An open way to a daemon. Whoever holds it destroys `stream` at the end. */
export interface Transport {
  readonly stream: Duplex;
  /** True when nobody on the way can read or change what is sent, as over TLS, ssh or a local socket. */
  readonly isSecure: boolean;
  /**
   * What the transport has to say of its own end, such as ssh's last words; resolved once the stream has closed.
   * `null` when it has nothing to add.
   */
  explainEnd?(): Promise<string | null>;
}

/** What every transport is opened with. */
export interface OpenOptions {
  readonly uri: ConnectionUri;
  /** Fires when connecting is given up. */
  readonly signal: AbortSignal;
}

/** Opens the stream or throws `ConnectFailed` with one sentence that names the URI, the reason and the mend. */
export type OpenTransport = (options: OpenOptions) => Promise<Transport>;
