import type { Duplex } from 'node:stream';

/**
 * Takes the bytes that arrive. It gives the memory for them where it can, so that the payload of a large reply is read
 * to where it belongs and not copied again.
 */
export interface ByteReceiver {
  /** Memory for what comes next; at least one byte. Asked for again after each `received`. */
  room(): Buffer;
  /** The first `length` bytes of `room` are what arrived. It need not be what {@link room} gave: other bytes are copied. */
  received(room: Buffer, length: number): void;
}

/** A connected stream of bytes. */
export interface Transport {
  /** What is written to, and destroyed at the end. */
  readonly stream: Duplex;
  /** Whether the bytes are encrypted, or never leave this machine. */
  readonly isSecure: boolean;
  /** From now on what arrives goes to `receiver`. May be called again for another one. */
  deliverTo(receiver: ByteReceiver): void;
  /** Stops delivering and hands over the stream, for encryption to be laid over it. */
  release(): Duplex;
}

/** Opens a connection; rejects with `NbdConnectFailed`, or with the signal's reason. */
export type OpenTransport = (signal: AbortSignal) => Promise<Transport>;
