/** One connection to one export, after its handshake (NBD protocol, "Transmission"). */
import type { Duplex } from 'node:stream';
import {
  NbdAborted,
  NbdConnectionLost,
  type NbdError,
  NbdProtocolError,
  NbdQueueFull,
  NbdServerError,
} from '../errors.js';
import type { Agreement } from '../handshake/negotiation.js';
import { ESHUTDOWN } from '../protocol.js';
import type { Transport } from '../transports/transport.js';
import { AbortWatch } from './abort-watch.js';
import type { Pending, PendingTable } from './pending.js';
import { ReadAssembly } from './read-assembly.js';
import { ReplyReader } from './reply-reader.js';
import { changes, encodeDisconnect, encodeRequest, type NbdRequest, payloadOf, requestText } from './request.js';
import { checkRequest } from './request-check.js';
import { Silence } from './silence.js';
import { StatusAssembly } from './status-assembly.js';

/** What a connection keeps to. */
export interface ConnectionLimits {
  /** Requests in flight. Default 64. */
  readonly requestsInFlight: number;
  /** Bytes of reads and writes in flight; one request alone may have more. Default 33554432. */
  readonly bytesInFlight: number;
  /** Requests that may wait for their turn. Default 4096. */
  readonly queuedRequests: number;
  /** How long the server may say nothing while requests are in flight, in milliseconds; 0 for any time. Default 30000. */
  readonly silenceMs: number;
}

/** While more bytes than this wait for the socket, no request is sent. */
const UNSENT_MAX = 4_194_304;
/** How long the server may take to close after it was asked to, in milliseconds. */
const PARTING_MS = 1000;
const HANDLES = 2 ** 32;

/** It ends once, for one reason, and is never opened again. */
export class NbdConnection {
  readonly #stream: Duplex;
  readonly #inFlight = new Map<number, Pending>();
  #bytesInFlight = 0;
  #queue: Pending[] = [];
  #nextHandle = 1;
  #isCorked = false;
  #state: 'open' | 'parting' | 'closed' = 'open';
  readonly #silence: Silence;
  readonly #aborts = new AbortWatch((pending) => this.#abort(pending));
  /** Set once the request to part has been sent; ends the wait for the server to close. */
  #parted: (() => void) | undefined;
  #announceClosed: (reason: NbdError | null) => void = () => undefined;

  /** Resolves when the connection has ended: with the reason, or with `null` when this side closed it. */
  readonly closed: Promise<NbdError | null> = new Promise((resolve) => {
    this.#announceClosed = resolve;
  });

  constructor(
    transport: Transport,
    readonly agreement: Agreement,
    private readonly options: ConnectionLimits & {
      /** The export in words. */
      readonly name: string;
    },
  ) {
    this.#stream = transport.stream;
    this.#silence = new Silence(options.silenceMs, () =>
      this.#lose(`the server has said nothing for ${options.silenceMs} ms while requests are in flight`),
    );
    this.#stream.on('error', (error: NodeJS.ErrnoException) => this.#lose(error.code ?? error.message, error));
    this.#stream.on('end', () => this.#lose('the server closed it'));
    this.#stream.on('close', () => this.#lose('it was closed'));
    this.#stream.on('drain', () => this.#pump());
    const table: PendingTable = {
      find: (handle) => this.#inFlight.get(handle),
      finish: (pending) => this.#finish(pending),
    };
    const replies = new ReplyReader(table, agreement);
    transport.deliverTo({
      room: () => replies.room(),
      received: (room, length) => this.#receive(replies, room, length),
    });
    if (this.#stream.destroyed) this.#lose('it was closed');
  }

  /** What is in flight and what waits; bytes count the payloads of reads and writes. */
  get load(): { readonly inFlight: number; readonly bytesInFlight: number; readonly queued: number } {
    return { inFlight: this.#inFlight.size, bytesInFlight: this.#bytesInFlight, queued: this.#queue.length };
  }

  /** Reads into `memory` (of the read's length), or into memory of its own. The memory must not be used after a rejection. */
  async read(
    request: NbdRequest & { readonly kind: 'read' },
    signal?: AbortSignal,
    memory?: Buffer,
  ): Promise<ReadAssembly> {
    const read = new ReadAssembly(request.offset, request.length, memory);
    await this.#submit(request, { read, signal });
    return read;
  }

  async blockStatus(
    request: NbdRequest & { readonly kind: 'block-status' },
    signal?: AbortSignal,
  ): Promise<ReturnType<StatusAssembly['extents']>> {
    const { contexts } = this.agreement;
    const status = new StatusAssembly(request.offset, request.length, { contexts, isOne: request.isOne });
    await this.#submit(request, { status, signal });
    return status.extents();
  }

  /** Any other request. The data of a write belongs to the connection until the write is answered, also when it is aborted. */
  perform(
    request: Exclude<NbdRequest, { readonly kind: 'read' | 'block-status' }>,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#submit(request, { signal });
  }

  /**
   * Parts from the server ("Terminating the transmission phase"): refuses what is queued, waits for what is in flight,
   * says so, and waits a moment for the server to close. May be called again.
   */
  async close(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'parting';
      this.#refuseQueued('this side closed it');
      this.#partWhenIdle();
    }
    await this.closed;
  }

  /** Ends the connection at once. */
  destroy(reason = 'this side closed it'): void {
    this.#end(null, reason);
  }

  // --- out

  #submit(
    request: NbdRequest,
    parts: { read?: ReadAssembly; status?: StatusAssembly; signal: AbortSignal | undefined },
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      checkRequest(request, this.agreement, this.options.name);
      if (parts.signal?.aborted === true) throw this.#aborted(request, false);
      if (this.#state !== 'open') throw this.#lost(request, { reason: 'it has ended', isSent: false });
      if (this.#queue.length >= this.options.queuedRequests) {
        throw new NbdQueueFull(
          `${requestText(request)} of ${this.options.name}: ${this.#queue.length} requests wait already; wait for some of them`,
        );
      }
      const pending: Pending = {
        request,
        read: parts.read,
        status: parts.status,
        signal: parts.signal,
        resolve,
        reject,
        handle: 0,
        isSent: false,
        isAbandoned: false,
        error: undefined,
      };
      this.#queue.push(pending);
      this.#aborts.add(pending);
      this.#pump();
    });
  }

  #pump(): void {
    let sent = 0;
    for (const pending of this.#queue) {
      if (!this.#hasRoomFor(pending)) break;
      sent += 1;
      if (!pending.isAbandoned) this.#send(pending);
    }
    if (sent === this.#queue.length) this.#queue = [];
    else if (sent > 0) this.#queue.splice(0, sent);
  }

  #hasRoomFor({ request }: Pending): boolean {
    if (this.#state === 'closed' || this.#stream.writableLength > UNSENT_MAX) return false;
    if (this.#inFlight.size === 0) return true;
    const { requestsInFlight, bytesInFlight } = this.options;
    return this.#inFlight.size < requestsInFlight && this.#bytesInFlight + payloadOf(request) <= bytesInFlight;
  }

  #send(pending: Pending): void {
    const { request } = pending;
    if (this.#inFlight.size === 0) this.#silence.start();
    pending.handle = this.#freeHandle();
    pending.isSent = true;
    this.#inFlight.set(pending.handle, pending);
    this.#bytesInFlight += payloadOf(request);
    this.#cork();
    this.#stream.write(encodeRequest(request, pending.handle));
    if (request.kind === 'write') this.#stream.write(request.data);
  }

  /** All that is sent in one turn goes to the system in one call. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#stream.uncork();
    });
  }

  #freeHandle(): number {
    let handle = this.#nextHandle;
    while (this.#inFlight.has(handle)) handle = (handle + 1) % HANDLES;
    this.#nextHandle = (handle + 1) % HANDLES;
    return handle;
  }

  #abort(pending: Pending): void {
    if (pending.isAbandoned) return;
    pending.isAbandoned = true;
    pending.reject(this.#aborted(pending.request, pending.isSent));
    if (pending.isSent) return;
    const at = this.#queue.indexOf(pending);
    if (at >= 0) this.#queue.splice(at, 1);
  }

  #aborted(request: NbdRequest, isSent: boolean): NbdAborted {
    const outcome = isSent ? 'it may still happen' : 'it was never sent';
    return new NbdAborted(`${requestText(request)} of ${this.options.name}: aborted; ${outcome}`, {
      mayHaveHappened: isSent,
    });
  }

  // --- in

  #receive(replies: ReplyReader, room: Buffer, length: number): void {
    // Nothing that comes after the request to part is a reply.
    if (this.#state === 'closed' || this.#parted !== undefined) return;
    this.#silence.heard();
    try {
      replies.received(room, length);
    } catch (error) {
      if (!(error instanceof NbdProtocolError)) throw error;
      this.#end(error, error.message);
    }
  }

  #finish(pending: Pending): void {
    const { request, error } = pending;
    if (error === undefined) {
      pending.read?.expectWhole();
      pending.status?.extents();
    }
    this.#inFlight.delete(pending.handle);
    this.#bytesInFlight -= payloadOf(request);
    if (this.#inFlight.size === 0) this.#silence.stop();
    this.#aborts.remove(pending);
    if (!pending.isAbandoned) {
      if (error === undefined) pending.resolve();
      else {
        const subject = `${requestText(request)} of ${this.options.name}`;
        pending.reject(new NbdServerError(subject, error, { mayHaveHappened: changes(request) }));
      }
    }
    if (error?.errno === ESHUTDOWN && this.#state === 'open') {
      // The protocol demands that a client leaves a server that shuts down.
      this.#state = 'parting';
      this.#refuseQueued('the server is being shut down');
    }
    if (this.#state === 'parting') this.#partWhenIdle();
    else this.#pump();
  }

  // --- the end

  #refuseQueued(reason: string): void {
    for (const pending of this.#queue.splice(0)) {
      this.#aborts.remove(pending);
      if (!pending.isAbandoned) pending.reject(this.#lost(pending.request, { reason, isSent: false }));
    }
  }

  #partWhenIdle(): void {
    if (this.#inFlight.size > 0 || this.#parted !== undefined) return;
    const timer = setTimeout(() => this.#end(null, 'this side closed it'), PARTING_MS);
    this.#parted = () => clearTimeout(timer);
    this.#stream.end(encodeDisconnect());
  }

  #lose(reason: string, cause?: unknown): void {
    if (this.#parted !== undefined) return this.#end(null, reason);
    this.#end(
      new NbdConnectionLost(`the connection to ${this.options.name} was lost (${reason}): connect anew`, {
        mayHaveHappened: true,
        cause,
      }),
      reason,
    );
  }

  #end(error: NbdError | null, reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#parted?.();
    this.#silence.stop();
    this.#stream.destroy();
    this.#refuseQueued(reason);
    for (const pending of this.#inFlight.values()) {
      this.#aborts.remove(pending);
      if (!pending.isAbandoned) pending.reject(this.#broken(pending.request, error, reason));
    }
    this.#inFlight.clear();
    this.#announceClosed(error);
  }

  #broken(request: NbdRequest, error: NbdError | null, reason: string): NbdError {
    if (!(error instanceof NbdProtocolError)) return this.#lost(request, { reason, isSent: true, cause: error });
    return new NbdProtocolError(
      `${requestText(request)} of ${this.options.name}: the server breaks the NBD protocol (${reason}): report it with the server's version; the request may have happened`,
      { mayHaveHappened: true, cause: error },
    );
  }

  #lost(
    request: NbdRequest,
    { reason, isSent, cause }: { readonly reason: string; readonly isSent: boolean; readonly cause?: unknown },
  ): NbdConnectionLost {
    const outcome = isSent ? 'the request may have happened' : 'the request was never sent';
    return new NbdConnectionLost(
      `${requestText(request)} of ${this.options.name}: the connection was lost (${reason}): connect anew; ${outcome}`,
      { mayHaveHappened: isSent, cause: cause ?? undefined },
    );
  }
}
