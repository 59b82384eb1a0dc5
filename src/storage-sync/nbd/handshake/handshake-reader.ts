import { NbdConnectFailed, NbdProtocolError } from '../errors.js';
import type { ByteReceiver } from '../transports/transport.js';

/** What may wait unread during the handshake, in bytes; no part of it is longer. */
const HELD_MAX = 262_144;

/** The bytes of the handshake, taken piece by piece as they are wanted. */
export class HandshakeReader implements ByteReceiver {
  readonly #room = Buffer.allocUnsafeSlow(4096);
  #held: Buffer = Buffer.alloc(0);
  #wanted: { readonly length: number; resolve(bytes: Buffer): void; reject(error: unknown): void } | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** `heldMax`: the most bytes that may wait. */
  constructor(private readonly heldMax = HELD_MAX) {}

  /** Bytes that arrived and that nobody took yet. */
  get held(): number {
    return this.#held.length;
  }

  /** The next `length` bytes, once they are there. Only one may be wanted at a time. */
  take(length: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#wanted = { length, resolve, reject };
      this.#serve();
    });
  }

  /** Nothing more comes: whoever waits, or will, is told so. The first reason counts. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#serve();
  }

  room(): Buffer {
    return this.#room;
  }

  received(room: Buffer, length: number): void {
    if (this.#failure !== undefined) return;
    if (this.#held.length + length > this.heldMax) {
      this.fail(
        new NbdProtocolError(`it sends more than ${this.heldMax} bytes that nothing in the handshake asks for`),
      );
      return;
    }
    this.#held = Buffer.concat([this.#held, room.subarray(0, length)]);
    this.#serve();
  }

  #serve(): void {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    if (this.#held.length >= wanted.length) {
      this.#wanted = undefined;
      const bytes = this.#held.subarray(0, wanted.length);
      this.#held = this.#held.subarray(wanted.length);
      wanted.resolve(bytes);
      return;
    }
    if (this.#failure === undefined) return;
    this.#wanted = undefined;
    wanted.reject(this.#failure.error);
  }
}

/** The end of a stream in the middle of the handshake. */
export function endedEarly(cause?: NodeJS.ErrnoException): NbdConnectFailed {
  const reason = cause === undefined ? 'the server closed the connection' : (cause.code ?? cause.message);
  return new NbdConnectFailed(
    `${reason} during the handshake: look into the server's log; it may want TLS, refuse this client, or serve no more clients`,
    cause === undefined ? {} : { cause },
  );
}
