/** The data streams that go with some calls (libvirt.org/internals/rpc.html, "Streams"). */
import { BadArgument, CallAborted, type NodeLibvirtError } from '../errors.js';
import { STREAM_CHUNK_MAX } from '../wire/frame.js';

/** A piece of a stream: bytes, or a hole of so many bytes that read as zeroes. */
export type StreamPiece = { readonly data: Buffer } | { readonly hole: number };

/**
 * What a call lets us read: iterate over it once. The end of the iteration, early or late, is the end of the stream; an
 * error of the host or the connection is thrown in it. Read it to its end or abort it: a stream that is not read holds up
 * to 4 MiB and one message, and then the whole connection stops reading, answers to other calls included.
 */
export interface DownloadStream extends AsyncIterable<StreamPiece> {
  /** Tells the host to stop. Safe to call at any time and more than once. */
  abort(): void;
}

/**
 * What a call lets us write. Nothing is sure to be at the host before `finish` has resolved. After an error of the host or
 * the connection every method but `abort` rejects with it.
 */
export interface UploadStream {
  /** Sends all of `data`; resolves when more may be written. */
  write(data: Uint8Array): Promise<void>;
  /** Leaves `length` bytes out, which read as zeroes. Only where the call was made for a sparse stream. */
  hole(length: number): Promise<void>;
  /** Ends the stream; resolves when the host has taken all of it. It has no deadline: `abort` ends the wait. */
  finish(): Promise<void>;
  /** Tells the host to stop. Safe to call at any time and more than once. */
  abort(): void;
}

/** How a stream sends; the connection gives it. What returns a promise resolves when the socket takes more. */
export interface StreamSink {
  data(bytes: Uint8Array): Promise<void>;
  hole(length: number): Promise<void>;
  finish(): Promise<void>;
  abort(): void;
  /** Called when the bytes that wait to be read pass `highWater`, and when they are below it again. */
  congested(isCongested: boolean): void;
  /** Called once when nothing more can come or go. */
  released(): void;
}

/** Bytes that may wait in a stream before the connection stops reading. */
const HIGH_WATER = 4 * 1024 * 1024;

/** Both directions of one stream; a call's type shows only the direction that it has. */
export class LibvirtStream implements DownloadStream, UploadStream {
  readonly #pieces: StreamPiece[] = [];
  #waitingBytes = 0;
  #congested = false;
  #state: 'open' | 'finishing' | 'ended' = 'open';
  #error: NodeLibvirtError | null = null;
  #wake: (() => void) | null = null;
  #finished: { resolve: () => void; reject: (error: Error) => void } | null = null;

  constructor(
    private readonly call: string,
    private readonly sink: StreamSink,
  ) {}

  // --- called by the connection

  /** A piece has arrived. */
  receive(piece: StreamPiece): void {
    if (this.#state === 'ended') return;
    this.#pieces.push(piece);
    this.#waitingBytes += 'data' in piece ? piece.data.length : 0;
    this.#judgeCongestion();
    this.#wake?.();
  }

  /** The host says that the stream is complete. */
  complete(): void {
    this.#end(null);
  }

  /** The host, the connection or the caller ended it with an error. */
  fail(error: NodeLibvirtError): void {
    this.#end(error);
  }

  // --- called by the user

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamPiece, void, void> {
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#waitingBytes -= 'data' in piece ? piece.data.length : 0;
          this.#judgeCongestion();
          yield piece;
        } else if (this.#error !== null) {
          throw this.#error;
        } else if (this.#state === 'ended') {
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = null;
        }
      }
    } finally {
      this.abort();
    }
  }

  async write(data: Uint8Array): Promise<void> {
    for (let at = 0; at < data.length; at += STREAM_CHUNK_MAX) {
      this.#checkOpen();
      await this.sink.data(data.subarray(at, at + STREAM_CHUNK_MAX));
    }
  }

  async hole(length: number): Promise<void> {
    this.#checkOpen();
    await this.sink.hole(length);
  }

  async finish(): Promise<void> {
    this.#checkOpen();
    this.#state = 'finishing';
    const answered = new Promise<void>((resolve, reject) => {
      this.#finished = { resolve, reject };
    });
    await this.sink.finish();
    await answered;
  }

  abort(): void {
    if (this.#state === 'ended') return;
    this.sink.abort();
    this.#end(new CallAborted(`the stream of ${this.call} was aborted`, { mayHaveHappened: true }));
  }

  #checkOpen(): void {
    if (this.#error !== null) throw this.#error;
    if (this.#state !== 'open')
      throw new BadArgument(`the stream of ${this.call} is finished: nothing more can be written`);
  }

  #judgeCongestion(): void {
    const congested = this.#waitingBytes > HIGH_WATER;
    if (congested === this.#congested) return;
    this.#congested = congested;
    this.sink.congested(congested);
  }

  #end(error: NodeLibvirtError | null): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    if (this.#congested) {
      this.#congested = false;
      this.sink.congested(false);
    }
    if (error === null) this.#finished?.resolve();
    else this.#finished?.reject(error);
    this.#wake?.();
    this.sink.released();
  }
}
