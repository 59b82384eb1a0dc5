import type { Duplex } from 'node:stream';

/**
 * Opens a unix socket of the controller or of a host as a stream of bytes. A port.
 *
 * It is for servers that speak first, as those of QMP and NBD do: a stream may be handed out only once the far side has
 * said its first byte, since nothing else shows that a relay has come through. Destroying the stream closes the
 * connection; a connection that is lost ends or fails the stream.
 *
 * Rejects with a `FailureError`: `host-unreachable` (transient), `host-not-found` (permanent), `socket-refused`
 * (transient: nothing listens there), `not-asked` and `reply-lost` when the signal was given before and meanwhile. The
 * signal counts until the stream is there.
 */
export interface HostSocket {
  /** `on` is `controller` or the name of a host. */
  connect(on: string, path: string, signal: AbortSignal): Promise<Duplex>;
}
