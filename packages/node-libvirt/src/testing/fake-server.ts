/**
 * A libvirt daemon for tests, scripted call by call or byte by byte. It speaks the real protocol from the same tables as
 * the client, so what a test says in words travels as frames; and it can send any bytes, to be a daemon that misbehaves.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { type EventName, type EventOf, type EventType, events } from '../protocol/events.js';
import { type ArgumentsOf, type Procedure, programs, type ResultOf } from '../protocol/procedure.js';
import { handshake, procedures } from '../protocol/procedures.js';
import { reportedError } from '../protocol/types.js';
import { int } from '../wire/codec.js';
import { encodeFrame, FrameReader, type Header, type Message, MessageStatus, MessageType } from '../wire/frame.js';
import { type XdrWriter } from '../wire/xdr.js';

const table = { ...handshake, ...procedures };
type Table = typeof table;

/** An error for a handler to throw; it reaches the client as libvirt's own. */
export class FakeError extends Error {
  constructor(
    /** virErrorNumber */
    readonly number: number,
    message: string,
    /** virErrorDomain; default VIR_FROM_QEMU */
    readonly domain = 10,
    /** virErrorLevel; default VIR_ERR_ERROR */
    readonly level = 2,
  ) {
    super(message);
  }
}

/** A handler's answer for a call that never gets one. */
export const noReply = Symbol('no reply');

/** One client of the fake server. */
export interface FakeClient {
  /** Sends bytes as they are, right or wrong. */
  sendRaw(bytes: Uint8Array): void;
  /** Sends an event to the callback id that the client was given. */
  sendEvent<N extends EventName>(name: N, callbackID: number, event: EventOf<N>): void;
  /** Sends a frame with the header as given. */
  sendFrame(header: Header, writePayload?: (writer: XdrWriter) => void): void;
  /** Sends a keepalive ping, which the client answers with a pong. */
  sendPing(): void;
  /** Ends the connection as a crash would: at once. */
  destroy(): void;
}

type Handler = (args: never, context: { client: FakeClient; header: Header }) => unknown;

/** What the fake server received, in order. */
export interface ReceivedMessage {
  /** The call's name, `keepalive ping`, `keepalive pong` or `stream`. */
  readonly name: string;
  readonly header: Header;
}

/** A piece of a stream, or with the status OK the word that no more comes. */
export interface StreamMessage {
  readonly header: Header;
  readonly data: Buffer;
}

/** How a fake server listens. */
export interface FakeServerOptions {
  /** A UNIX socket's path; a free port on 127.0.0.1 when left out. */
  readonly path?: string;
  /** False: nothing is answered unless a handler says so. Default true: the usual handshake is answered. */
  readonly greets?: boolean;
}

/** A daemon for any number of clients. A call that no handler answers ends as `VIR_ERR_NO_SUPPORT`. */
export class FakeServer {
  /** Every message received, in order. */
  readonly received: ReceivedMessage[] = [];
  /** Stream frames received: their payloads, by the call's serial. */
  readonly streamed = new Map<number, Buffer[]>();
  readonly #handlers = new Map<string, Handler>();
  readonly #clients = new Set<Socket>();
  #streamListener: (message: StreamMessage, client: FakeClient) => void = () => undefined;
  readonly #waiting: Array<{
    matches: (message: ReceivedMessage) => boolean;
    resolve: (message: ReceivedMessage) => void;
  }> = [];
  #callbackID = 0;

  private constructor(private readonly server: Server) {}

  /** A server that listens. Close it at the end of the test. */
  static async listen({ path, greets = true }: FakeServerOptions = {}): Promise<FakeServer> {
    const server = createServer();
    const fake = new FakeServer(server);
    server.on('connection', (socket) => fake.#serve(socket));
    if (greets) fake.#greet();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      if (path === undefined) server.listen(0, '127.0.0.1', resolve);
      else server.listen(path, resolve);
    });
    return fake;
  }

  /** The URI under which `connect` reaches this server. */
  get uri(): string {
    const address = this.server.address();
    if (typeof address === 'string') return `test+unix:///default?socket=${address}`;
    return `test+tcp://127.0.0.1:${address?.port}/default`;
  }

  /** Answers calls of that name: with the handler's result, with libvirt's error when it throws a {@link FakeError}, or not at all. */
  on<K extends keyof Table>(
    name: K,
    handler: (
      args: ArgumentsOf<Table[K]>,
      context: { client: FakeClient; header: Header },
    ) => ResultOf<Table[K]> | typeof noReply | Promise<ResultOf<Table[K]> | typeof noReply>,
  ): this {
    this.#handlers.set(name, handler);
    return this;
  }

  /** Tells `listener` every stream message that clients send, with its data; one listener at a time. */
  onStream(listener: (message: StreamMessage, client: FakeClient) => void): this {
    this.#streamListener = listener;
    return this;
  }

  /** Resolves with the first message of that name, also when it came before. */
  async message(name: keyof Table | 'keepalive ping' | 'keepalive pong' | 'stream'): Promise<ReceivedMessage> {
    const matches = (message: ReceivedMessage): boolean => message.name === name;
    return this.received.find(matches) ?? new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    for (const socket of this.#clients) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  #greet(): void {
    this.on('authList', () => [0]);
    this.on('connectOpen', () => undefined);
    this.on('connectClose', () => undefined);
    this.on('connectGetLibVersion', () => 9_000_000);
    this.on('connectSupportsFeature', () => true);
    const register = (): number => this.#callbackID++;
    this.on('connectDomainEventCallbackRegisterAny', register);
    this.on('connectNetworkEventRegisterAny', register);
    this.on('connectStoragePoolEventRegisterAny', register);
    this.on('connectSecretEventRegisterAny', register);
    this.on('connectDomainEventCallbackDeregisterAny', () => undefined);
    this.on('connectNetworkEventDeregisterAny', () => undefined);
    this.on('connectStoragePoolEventDeregisterAny', () => undefined);
    this.on('connectSecretEventDeregisterAny', () => undefined);
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket);
    socket.on('close', () => this.#clients.delete(socket));
    // A client that vanishes is part of many tests.
    socket.on('error', () => undefined);
    const client = clientOf(socket);
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      for (const message of frames.push(chunk)) void this.#handle(message, client);
    });
  }

  async #handle({ header, payload }: Message, client: FakeClient): Promise<void> {
    const name = nameOf(header);
    if (header.type === MessageType.STREAM) {
      const pieces = this.streamed.get(header.serial) ?? [];
      const data = payload.rest();
      pieces.push(data);
      this.streamed.set(header.serial, pieces);
      this.#streamListener({ header, data }, client);
    }
    this.#note({ name: header.type === MessageType.STREAM ? 'stream' : name, header });
    if (header.type !== MessageType.CALL) return;
    const procedure = (table as Record<string, Procedure>)[name];
    const handler = this.#handlers.get(name);
    if (procedure === undefined || handler === undefined) {
      return client.sendFrame(
        ...errorReply(header, new FakeError(3, `this function is not supported by the fake server: ${name}`)),
      );
    }
    try {
      const args = procedure.args.decode(payload);
      const result = await handler(args as never, { client, header });
      if (result === noReply) return;
      client.sendFrame({ ...header, type: MessageType.REPLY, status: MessageStatus.OK }, (writer) =>
        procedure.result.encode(writer, procedure.counted === undefined ? result : countedAnswer(args, result)),
      );
    } catch (error) {
      if (!(error instanceof FakeError)) throw error;
      client.sendFrame(...errorReply(header, error));
    }
  }

  #note(message: ReceivedMessage): void {
    this.received.push(message);
    for (const waiter of this.#waiting.filter(({ matches }) => matches(message))) {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      waiter.resolve(message);
    }
  }
}

function clientOf(socket: Socket): FakeClient {
  const client: FakeClient = {
    sendRaw: (bytes) => void socket.write(bytes),
    sendFrame: (header, writePayload) => void socket.write(encodeFrame(header, writePayload)),
    sendEvent(name, callbackID, event) {
      const type: EventType = events[name];
      client.sendFrame(
        {
          program: programs.remote.number,
          version: 1,
          procedure: type.procedure,
          type: MessageType.EVENT,
          serial: 0,
          status: MessageStatus.OK,
        },
        (writer) => {
          int.encode(writer, callbackID);
          type.payload.encode(writer, event);
        },
      );
    },
    sendPing: () =>
      client.sendFrame({
        program: programs.keepalive.number,
        version: 1,
        procedure: 1,
        type: MessageType.EVENT,
        serial: 0,
        status: MessageStatus.OK,
      }),
    destroy: () => void socket.destroy(),
  };
  return client;
}

function errorReply(header: Header, error: FakeError): [Header, (writer: XdrWriter) => void] {
  return [
    { ...header, type: MessageType.REPLY, status: MessageStatus.ERROR },
    (writer) =>
      reportedError.encode(writer, {
        number: error.number,
        domain: error.domain,
        message: error.message,
        level: error.level,
        dom: null,
        str1: error.message,
        str2: null,
        str3: null,
        int1: 0,
        int2: 0,
        net: null,
      }),
  ];
}

/** A list as libvirt gives it: its length alone to a client that asks for no values, which then asks again. */
function countedAnswer(args: { readonly nparams?: number }, result: unknown): unknown {
  if (!Array.isArray(result)) return result;
  return { params: args.nparams === 0 ? [] : result, nparams: result.length };
}

function nameOf(header: Header): string {
  if (header.program === programs.keepalive.number) return header.procedure === 1 ? 'keepalive ping' : 'keepalive pong';
  const entry = Object.entries<Procedure>(table).find(
    ([, { program, number }]) => programs[program].number === header.program && number === header.procedure,
  );
  return entry?.[0] ?? String(header.procedure);
}
