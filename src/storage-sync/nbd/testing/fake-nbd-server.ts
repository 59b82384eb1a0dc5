/** An NBD server for tests: it serves bytes in memory by the rules, but for what a test has it do otherwise. */
import { createServer, type Server, type Socket } from 'node:net';
import { HandshakeReader } from '../handshake/handshake-reader.js';
import { Command, Option, OptionReply, REQUEST_SIZE, ReplyType, readUInt64, TransmissionFlag } from '../protocol.js';
import { greeting, lastChunk, optionReply, simpleReply, u16, u32, u64 } from './wire-bytes.js';

/** One request as it arrived. */
export interface ReceivedRequest {
  readonly flags: number;
  readonly command: number;
  readonly handle: number;
  readonly offset: number;
  readonly length: number;
  /** Empty for all but writes. */
  readonly data: Buffer;
}

/** One client of the fake server. */
export interface FakeNbdClient {
  /** Sends bytes as they are, right or wrong. */
  send(...bytes: readonly Buffer[]): void;
  /** Answers a request by the rules. */
  answer(request: ReceivedRequest): void;
  /** Ends the connection as a crash would. */
  destroy(): void;
}

export interface FakeNbdOptions {
  /** Default 1 MiB, all zeroes. */
  readonly content?: Buffer;
  /** Transmission flags. Default: all that the server can do. */
  readonly flags?: number;
  /** Minimum, preferred and maximum, in bytes. Default: not told. */
  readonly blockSizes?: readonly [number, number, number];
}

type AnswerOption = (data: Buffer, client: FakeNbdClient) => void;
type AnswerRequest = (request: ReceivedRequest, client: FakeNbdClient) => void;

/** All that a server can do. */
export const ALL_FLAGS =
  Object.values(TransmissionFlag).reduce((all, flag) => all | flag, 0) & ~TransmissionFlag.READ_ONLY;

/** Serves one export of any name to any number of clients. Close it at the end of the test. */
export class FakeNbdServer {
  /** What the export holds. */
  readonly content: Buffer;
  /** Every request received, in order, also those to part. */
  readonly received: ReceivedRequest[] = [];
  /** Options received, in order. */
  readonly options: number[] = [];
  /** How many clients have come. */
  clientCount = 0;
  /** What each client is greeted with. */
  greeting = greeting();
  readonly #sockets = new Set<Socket>();
  readonly #optionAnswers = new Map<number, AnswerOption>();
  readonly #requestAnswers = new Map<number, AnswerRequest>();
  readonly #waiting: Array<{ readonly count: number; resolve(): void }> = [];

  private constructor(
    private readonly server: Server,
    private readonly settings: FakeNbdOptions,
  ) {
    this.content = settings.content ?? Buffer.alloc(1_048_576);
  }

  static async listen(options: FakeNbdOptions = {}): Promise<FakeNbdServer> {
    const server = createServer();
    const fake = new FakeNbdServer(server, options);
    server.on('connection', (socket) => void fake.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return fake;
  }

  get address(): { readonly host: string; readonly port: number } {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new TypeError('it does not listen on a port');
    return { host: '127.0.0.1', port: address.port };
  }

  /** Answers an option otherwise than by the rules. */
  onOption(option: number, answer: AnswerOption): this {
    this.#optionAnswers.set(option, answer);
    return this;
  }

  /** Answers a command otherwise than by the rules; nothing is answered that `answer` does not send. */
  onRequest(command: number, answer: AnswerRequest): this {
    this.#requestAnswers.set(command, answer);
    return this;
  }

  /** Resolves once so many requests have been received. */
  async requests(count: number): Promise<void> {
    if (this.received.length >= count) return;
    await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Ends every connection, and goes on listening. */
  dropClients(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.dropClients();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  async #serve(socket: Socket): Promise<void> {
    this.clientCount += 1;
    this.#sockets.add(socket);
    const reader = new HandshakeReader(Number.MAX_SAFE_INTEGER);
    const end = (): void => reader.fail(new Error('the client has gone'));
    socket.on('data', (bytes: Buffer) => reader.received(bytes, bytes.length));
    socket.on('close', () => {
      this.#sockets.delete(socket);
      end();
    });
    // A client that vanishes is part of many tests.
    socket.on('error', end);
    const client = this.#clientOf(socket);
    client.send(this.greeting);
    // It rejects when the client has gone, as each of them does in the end.
    await this.#converse(reader, client).catch(() => undefined);
  }

  #clientOf(socket: Socket): FakeNbdClient {
    let isStructured = false;
    const client: FakeNbdClient = {
      send: (...bytes) => {
        const all = Buffer.concat(bytes);
        // The acknowledgement of structured replies decides how later requests are answered.
        if (all.equals(optionReply(Option.STRUCTURED_REPLY, OptionReply.ACK))) isStructured = true;
        if (!socket.destroyed) socket.write(all);
      },
      answer: (request) => client.send(...this.#answer(request, isStructured)),
      destroy: () => void socket.destroy(),
    };
    return client;
  }

  async #converse(reader: HandshakeReader, client: FakeNbdClient): Promise<void> {
    await reader.take(4);
    for (let isChosen = false; !isChosen; ) {
      const head = await reader.take(16);
      const option = head.readUInt32BE(8);
      const length = head.readUInt32BE(12);
      const data = length === 0 ? Buffer.alloc(0) : await reader.take(length);
      this.options.push(option);
      const answer = this.#optionAnswers.get(option);
      if (answer === undefined) this.#answerOption(option, data, client);
      else answer(data, client);
      isChosen = (option === Option.GO && answer === undefined) || option === Option.EXPORT_NAME;
    }
    for (;;) await this.#serveRequest(reader, client);
  }

  async #serveRequest(reader: HandshakeReader, client: FakeNbdClient): Promise<void> {
    const head = await reader.take(REQUEST_SIZE);
    const command = head.readUInt16BE(6);
    const length = head.readUInt32BE(24);
    const request: ReceivedRequest = {
      flags: head.readUInt16BE(4),
      command,
      handle: readUInt64(head, 8) as number,
      offset: readUInt64(head, 16) as number,
      length,
      data: command === Command.WRITE ? Buffer.from(await reader.take(length)) : Buffer.alloc(0),
    };
    this.received.push(request);
    for (const waiting of this.#waiting) if (waiting.count <= this.received.length) waiting.resolve();
    const answer = this.#requestAnswers.get(command);
    if (answer !== undefined) answer(request, client);
    else if (command === Command.DISC) client.destroy();
    else client.answer(request);
  }

  #answerOption(option: number, data: Buffer, client: FakeNbdClient): void {
    switch (option) {
      case Option.STRUCTURED_REPLY:
      case Option.ABORT:
        return client.send(optionReply(option, OptionReply.ACK));
      case Option.LIST:
        return client.send(
          optionReply(option, OptionReply.SERVER, u32(4), Buffer.from('disk'), Buffer.from('the only one')),
          optionReply(option, OptionReply.ACK),
        );
      case Option.LIST_META_CONTEXT:
      case Option.SET_META_CONTEXT:
        return client.send(
          ...queriesOf(data).map((name, index) =>
            optionReply(option, OptionReply.META_CONTEXT, u32(index + 1), Buffer.from(name)),
          ),
          optionReply(option, OptionReply.ACK),
        );
      case Option.GO:
        return client.send(...this.goReplies(), optionReply(option, OptionReply.ACK));
      case Option.EXPORT_NAME:
        return client.send(u64(this.content.length), u16(this.settings.flags ?? ALL_FLAGS));
      default:
        return client.send(optionReply(option, OptionReply.ERR_UNSUP));
    }
  }

  /** What is told of the export before it is granted. */
  goReplies(): readonly Buffer[] {
    const { flags = ALL_FLAGS, blockSizes } = this.settings;
    const about = (...data: readonly Buffer[]): Buffer => optionReply(Option.GO, OptionReply.INFO, ...data);
    const identity = about(u16(0), u64(this.content.length), u16(flags));
    return blockSizes === undefined ? [identity] : [identity, about(u16(3), ...blockSizes.map(u32))];
  }

  #answer({ command, handle, offset, length, data }: ReceivedRequest, isStructured: boolean): readonly Buffer[] {
    switch (command) {
      case Command.READ: {
        const bytes = this.content.subarray(offset, offset + length);
        if (!isStructured) return [simpleReply(handle, 0, bytes)];
        return [lastChunk(handle, ReplyType.OFFSET_DATA, u64(offset), bytes)];
      }
      case Command.WRITE:
        data.copy(this.content, offset);
        return [simpleReply(handle)];
      case Command.WRITE_ZEROES:
        this.content.fill(0, offset, offset + length);
        return [simpleReply(handle)];
      case Command.BLOCK_STATUS:
        return [lastChunk(handle, ReplyType.BLOCK_STATUS, u32(1), u32(length), u32(0))];
      default:
        return [simpleReply(handle)];
    }
  }
}

function queriesOf(data: Buffer): readonly string[] {
  const queries: string[] = [];
  let at = 4 + data.readUInt32BE(0);
  const count = data.readUInt32BE(at);
  at += 4;
  for (let index = 0; index < count; index += 1) {
    const length = data.readUInt32BE(at);
    queries.push(data.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return queries;
}
