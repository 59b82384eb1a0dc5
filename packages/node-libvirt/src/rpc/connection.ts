/** One connection that speaks libvirt's RPC: what is sent, what comes back, and what is told when it ends. */
import type { Duplex } from 'node:stream';
import { ConnectionLost, LibvirtError, ProtocolError } from '../errors.js';
import { type Procedure, programs } from '../protocol/procedure.js';
import { reportedError } from '../protocol/types.js';
import type { Transport } from '../transports/transport.js';
import { hyper, uint } from '../wire/codec.js';
import { encodeFrame, FrameReader, type Header, type Message, MessageStatus, MessageType } from '../wire/frame.js';
import type { XdrReader, XdrWriter } from '../wire/xdr.js';
import { type CallLimits, type CallOptions, CallTable } from './calls.js';
import { Keepalive, type KeepaliveOptions } from './keepalive.js';
import { QuickAnswers } from './quick-answers.js';
import { LibvirtStream, type StreamSink } from './stream.js';
import { type Trace, traceRecord } from './trace.js';

const PING = 1;
const PONG = 2;
/** How long an ended transport may take to say why, in milliseconds. */
const EXPLAIN_MS = 1000;

/** What a connection is told once; `null` for no keepalive and no tracing. */
export interface ConnectionSettings extends CallLimits {
  readonly uri: string;
  readonly keepalive: KeepaliveOptions | null;
  readonly trace: Trace | null;
}

/** Receives the payload of an event message; throws `ProtocolError` when it does not fit its type. */
export type EventHandler = (payload: XdrReader) => void;

/** Calls, events and streams over one transport. It ends once, for one reason, and is never opened again. */
export class RpcConnection {
  readonly #stream: Duplex;
  readonly #frames = new FrameReader();
  readonly #calls: CallTable;
  readonly #streams = new Map<number, LibvirtStream>();
  readonly #eventHandlers = new Map<number, EventHandler>();
  readonly #keepalive: Keepalive | null;
  readonly #quickAnswers = new QuickAnswers(() => this.#calls.load.inFlight > 0);
  #congestedStreams = 0;
  #writtenInTurn = 0;
  #state: 'open' | 'ending' | 'closed' = 'open';
  #announceClosed: (reason: ConnectionLost | null) => void = () => undefined;

  /** Resolves when the connection has ended: with the reason, or with `null` when this side closed it. */
  readonly closed: Promise<ConnectionLost | null> = new Promise((resolve) => {
    this.#announceClosed = resolve;
  });

  constructor(
    private readonly transport: Transport,
    private readonly settings: ConnectionSettings,
  ) {
    this.#stream = transport.stream;
    this.#calls = new CallTable(settings, settings.uri, (frame) => {
      this.#write(frame);
      this.#quickAnswers.sent();
    });
    this.#keepalive =
      settings.keepalive === null
        ? null
        : new Keepalive(
            settings.keepalive,
            () => this.#sendKeepalive(PING),
            (silentMs) => this.#lose(`the host gave no sign of life for ${silentMs} ms`),
            () => this.#congestedStreams > 0,
          );
    this.#stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#stream.on('error', (error: Error) => this.#lose(error.message, error));
    this.#stream.on('end', () => this.#lose('the host closed it'));
    this.#stream.on('close', () => this.#lose('it was closed'));
  }

  get load(): { inFlight: number; queued: number } {
    return this.#calls.load;
  }

  /** Begins to watch the other side. Only after it said that it knows keepalive, since an older one would drop us. */
  startKeepalive(): void {
    this.#keepalive?.start();
  }

  call(name: string, procedure: Procedure, args: unknown, options: CallOptions): Promise<unknown> {
    if (procedure.counted !== undefined) return this.#callCounted(name, procedure, args, options);
    return new Promise((succeed, fail) => this.#calls.submit(name, procedure, args, options, { succeed, fail }));
  }

  /** Like {@link call}, and runs `onReply` before any later message of the host is looked at. */
  callThen<T>(
    name: string,
    procedure: Procedure,
    args: unknown,
    options: CallOptions,
    onReply: (value: unknown) => T,
  ): Promise<T> {
    return new Promise((resolve, fail) =>
      this.#calls.submit(name, procedure, args, options, { succeed: (value) => resolve(onReply(value)), fail }),
    );
  }

  callWithStream(
    name: string,
    procedure: Procedure,
    args: unknown,
    options: CallOptions,
  ): Promise<{ result: unknown; stream: LibvirtStream }> {
    return new Promise((resolve, fail) => {
      let serial = 0;
      const stream = new LibvirtStream(name, {
        data: (bytes) => this.#sendStream(procedure, serial, MessageStatus.CONTINUE, (writer) => writer.raw(bytes)),
        hole: (length) =>
          this.#sendStream(
            procedure,
            serial,
            MessageStatus.CONTINUE,
            (writer) => {
              hyper.encode(writer, length);
              uint.encode(writer, 0);
            },
            MessageType.STREAM_HOLE,
          ),
        finish: () => this.#sendStream(procedure, serial, MessageStatus.OK),
        abort: () => {
          if (this.#state === 'open') void this.#sendStream(procedure, serial, MessageStatus.ERROR);
        },
        congested: (isCongested) => this.#congestion(isCongested ? 1 : -1),
        released: () => void this.#streams.delete(serial),
      } satisfies StreamSink);
      this.#calls.submit(name, procedure, args, options, {
        onSerial: (given) => {
          serial = given;
          this.#streams.set(serial, stream);
        },
        succeed: (result) => resolve({ result, stream }),
        fail: (error) => {
          this.#streams.delete(serial);
          fail(error);
        },
      });
    });
  }

  /** Routes the event message of that procedure number to `handler`. */
  onEvent(procedureNumber: number, handler: EventHandler): void {
    this.#eventHandlers.set(procedureNumber, handler);
  }

  /** Ends the connection from this side. Calls that are still open end as `ConnectionLost`. */
  close(): void {
    this.#finish(null, 'this side closed it');
  }

  /** Ends the connection for a reason that the caller knows better. */
  abandon(reason: string): void {
    this.#lose(reason);
  }

  // --- out

  /** The first message of a turn goes out at once, those that follow it in the same turn go out together at its end. */
  #write(frame: Buffer): boolean {
    this.settings.trace?.(traceRecord('sent', headerOf(frame), frame.length - 28));
    this.#writtenInTurn += 1;
    if (this.#writtenInTurn === 1) process.nextTick(this.#endTurn);
    else if (this.#writtenInTurn === 2) this.#stream.cork();
    return this.#stream.write(frame);
  }

  readonly #endTurn = (): void => {
    if (this.#writtenInTurn > 1) this.#stream.uncork();
    this.#writtenInTurn = 0;
  };

  #sendKeepalive(procedure: number): void {
    this.#write(
      encodeFrame({
        program: programs.keepalive.number,
        version: programs.keepalive.version,
        procedure,
        type: MessageType.EVENT,
        serial: 0,
        status: MessageStatus.OK,
      }),
    );
  }

  async #sendStream(
    procedure: Procedure,
    serial: number,
    status: number,
    writePayload?: (writer: XdrWriter) => void,
    type: number = MessageType.STREAM,
  ): Promise<void> {
    const { number, version } = programs[procedure.program];
    const frame = encodeFrame(
      { program: number, version, procedure: procedure.number, type, serial, status },
      writePayload,
    );
    if (this.#write(frame)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done);
        this.#stream.off('close', done);
        resolve();
      };
      this.#stream.on('drain', done);
      this.#stream.on('close', done);
    });
  }

  async #callCounted(name: string, procedure: Procedure, args: unknown, options: CallOptions): Promise<unknown> {
    const once: Procedure = {
      program: procedure.program,
      number: procedure.number,
      args: procedure.args,
      result: procedure.result,
      stream: 'none',
      long: false,
    };
    const ask = (nparams: number) =>
      this.call(name, once, { ...(args as object), nparams }, options) as Promise<{ params: unknown; nparams: number }>;
    const { nparams } = await ask(0);
    return (await ask(nparams)).params;
  }

  // --- in

  #receive(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#keepalive?.heard();
    this.#quickAnswers.heard();
    try {
      for (const message of this.#frames.push(chunk)) {
        this.#handle(message);
        if (this.#state !== 'open') return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#lose(`the other side breaks libvirt's protocol: ${error.message}`, error);
    }
  }

  #handle({ header, payload }: Message): void {
    this.settings.trace?.(traceRecord('received', header, payload.remaining));
    if (header.program === programs.keepalive.number) {
      if (header.procedure === PING) this.#sendKeepalive(PONG);
      return;
    }
    switch (header.type) {
      case MessageType.REPLY:
        return this.#handleReply(header, payload);
      case MessageType.EVENT:
        return this.#eventHandlers.get(header.procedure)?.(payload);
      case MessageType.STREAM:
      case MessageType.STREAM_HOLE:
        return this.#handleStream(header, payload);
      default:
        throw new ProtocolError('it sends a call, which only a client may');
    }
  }

  #handleReply(header: Header, payload: XdrReader): void {
    const call = this.#calls.take(header.serial);
    if (call === undefined) throw new ProtocolError(`a reply has the serial ${header.serial}, which no call has`);
    try {
      if (header.procedure !== call.procedure.number || header.program !== programs[call.procedure.program].number) {
        throw new ProtocolError(`the reply to ${call.name} is for another procedure (${header.procedure})`);
      }
      if (header.status === MessageStatus.ERROR) {
        const error = new LibvirtError(
          call.name,
          decodeWhole(payload, (reader) => reportedError.decode(reader)),
        );
        if (!call.abandoned) call.fail(error);
        return;
      }
      const result = decodeWhole(payload, (reader) => call.procedure.result.decode(reader));
      if (!call.abandoned) call.succeed(result);
      else if (call.procedure.stream !== 'none')
        void this.#sendStream(call.procedure, header.serial, MessageStatus.ERROR);
    } catch (error) {
      if (error instanceof ProtocolError && !call.abandoned) {
        call.fail(
          new ProtocolError(`the reply to ${call.name} cannot be read: ${error.message}`, {
            mayHaveHappened: true,
            cause: error,
          }),
        );
      }
      throw error;
    }
  }

  #handleStream(header: Header, payload: XdrReader): void {
    const stream = this.#streams.get(header.serial);
    // What was under way when we aborted still arrives.
    if (stream === undefined) return;
    if (header.status === MessageStatus.ERROR) {
      const reported = decodeWhole(payload, (reader) => reportedError.decode(reader));
      return stream.fail(new LibvirtError('the stream', reported));
    }
    if (header.type === MessageType.STREAM_HOLE) {
      const hole = hyper.decode(payload);
      payload.uint();
      return stream.receive({ hole });
    }
    if (header.status === MessageStatus.OK) return stream.complete();
    // An empty packet is how the host says that no more data follows; we confirm, and it answers with OK.
    if (payload.remaining === 0) return this.#confirmEnd(header);
    stream.receive({ data: payload.rest() });
  }

  #confirmEnd(header: Header): void {
    this.#write(encodeFrame({ ...header, type: MessageType.STREAM, status: MessageStatus.OK }));
  }

  #congestion(change: 1 | -1): void {
    this.#congestedStreams += change;
    if (this.#congestedStreams > 0) this.#stream.pause();
    else this.#stream.resume();
  }

  // --- the end

  #lose(reason: string, cause?: unknown): void {
    this.#finish({ cause }, reason);
  }

  #finish(lost: { cause: unknown } | null, reason: string): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#keepalive?.stop();
    this.#stream.destroy();
    void this.#settle(lost, reason);
  }

  async #settle(lost: { cause: unknown } | null, reason: string): Promise<void> {
    const explained =
      lost === null ? null : await within(EXPLAIN_MS, this.transport.explainEnd?.() ?? Promise.resolve(null));
    const why = explained === null ? reason : explained;
    const error = (sent: boolean, name: string): ConnectionLost => {
      const outcome = sent
        ? 'the call may have happened: ask the host before doing it again'
        : 'the call was never sent';
      return new ConnectionLost(
        `${name}: the connection to "${this.settings.uri}" was lost (${why}); ${outcome}`,
        why,
        {
          mayHaveHappened: sent,
          cause: lost?.cause,
        },
      );
    };
    this.#state = 'closed';
    this.#calls.end(error);
    for (const stream of this.#streams.values()) stream.fail(error(true, 'a stream'));
    this.#announceClosed(
      lost === null
        ? null
        : new ConnectionLost(`the connection to "${this.settings.uri}" was lost (${why})`, why, {
            mayHaveHappened: true,
            cause: lost.cause,
          }),
    );
  }
}

/** Decodes a payload that must be used up: bytes left over mean that both sides disagree about its type. */
export function decodeWhole<T>(payload: XdrReader, decode: (reader: XdrReader) => T): T {
  const value = decode(payload);
  if (payload.remaining > 0) throw new ProtocolError(`${payload.remaining} bytes are left over`);
  return value;
}

function headerOf(frame: Buffer): Header {
  return {
    program: frame.readUInt32BE(4),
    version: frame.readUInt32BE(8),
    procedure: frame.readInt32BE(12),
    type: frame.readUInt32BE(16),
    serial: frame.readUInt32BE(20),
    status: frame.readUInt32BE(24),
  };
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
