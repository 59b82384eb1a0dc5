/** Cuts what arrives into replies (NBD protocol, "Simple reply message" and "Structured reply chunk message"). */
import { NbdProtocolError, type ReportedNbdError } from '../errors.js';
import {
  REPLY_FLAG_DONE,
  REPLY_TYPE_ERROR,
  ReplyType,
  readUInt64,
  SIMPLE_REPLY_MAGIC,
  STRING_MAX,
  STRUCTURED_REPLY_MAGIC,
} from '../protocol.js';
import type { ByteReceiver } from '../transports/transport.js';
import type { Pending, PendingTable } from './pending.js';
import { requestText } from './request.js';
import { isStatusLength } from './status-assembly.js';

/** From this many missing bytes on, a payload is read from the socket straight to its place. */
const DIRECT_MIN = 8192;
/** Memory for everything else: small enough that little of a payload arrives with the head before it. */
const ROOM_SIZE = 8192;
/** The longest error chunk that is taken, in bytes. */
const ERROR_CHUNK_MAX = 65_536;

const MAGIC_SIZE = 4;
const SIMPLE_SIZE = 16;
const CHUNK_SIZE = 20;

/** What the bytes are that are being collected. */
type Stage = 'magic' | 'simple' | 'chunk' | 'data-offset' | 'hole' | 'status' | 'error' | 'data';

/**
 * Reads replies from bytes that come in pieces of any size. Every length is checked before memory is made for it. When
 * it has thrown, the stream is out of step and the connection must end.
 */
export class ReplyReader implements ByteReceiver {
  readonly #room = Buffer.allocUnsafeSlow(ROOM_SIZE);
  readonly #head = Buffer.alloc(CHUNK_SIZE);
  #direct: Buffer | undefined;
  #stage: Stage = 'magic';
  /** Where the bytes of this stage go; undefined when nobody wants them. */
  #target: Buffer | undefined = this.#head;
  #filled = 0;
  #end = MAGIC_SIZE;
  #pending: Pending | undefined;
  #isDone = false;
  #payloadLength = 0;
  #errorType = 0;

  constructor(
    private readonly table: PendingTable,
    private readonly options: { readonly hasStructuredReplies: boolean },
  ) {}

  room(): Buffer {
    const missing = this.#end - this.#filled;
    if (this.#stage === 'data' && this.#target !== undefined && missing >= DIRECT_MIN) {
      this.#direct = this.#target.subarray(this.#filled, this.#end);
      return this.#direct;
    }
    this.#direct = undefined;
    return this.#room;
  }

  received(room: Buffer, length: number): void {
    if (room === this.#direct) {
      this.#filled += length;
      if (this.#filled === this.#end) this.#complete();
      return;
    }
    for (let at = 0; at < length; ) {
      const count = Math.min(length - at, this.#end - this.#filled);
      if (this.#target !== undefined) room.copy(this.#target, this.#filled, at, at + count);
      this.#filled += count;
      at += count;
      if (this.#filled === this.#end) this.#complete();
    }
  }

  #await(stage: Stage, target: Buffer | undefined, range: { readonly from: number; readonly to: number }): void {
    this.#stage = stage;
    this.#target = target;
    this.#filled = range.from;
    this.#end = range.to;
  }

  #awaitReply(): void {
    this.#pending = undefined;
    this.#await('magic', this.#head, { from: 0, to: MAGIC_SIZE });
  }

  #complete(): void {
    switch (this.#stage) {
      case 'magic':
        return this.#takeMagic(this.#head.readUInt32BE(0));
      case 'simple':
        return this.#takeSimple();
      case 'chunk':
        return this.#takeChunk();
      case 'data-offset':
        return this.#takeDataOffset();
      case 'hole':
        this.#expectPending().read?.claim('hole', readUInt64(this.#head, 0), this.#head.readUInt32BE(8));
        return this.#endChunk();
      case 'status':
        this.#expectPending().status?.add(this.#target as Buffer);
        return this.#endChunk();
      case 'error':
        this.#takeError(this.#target as Buffer);
        return this.#endChunk();
      case 'data':
        return this.#endChunk();
      default:
        return this.#stage satisfies never;
    }
  }

  #takeMagic(magic: number): void {
    if (magic === SIMPLE_REPLY_MAGIC) {
      return this.#await('simple', this.#head, { from: MAGIC_SIZE, to: SIMPLE_SIZE });
    }
    if (magic === STRUCTURED_REPLY_MAGIC && this.options.hasStructuredReplies) {
      return this.#await('chunk', this.#head, { from: MAGIC_SIZE, to: CHUNK_SIZE });
    }
    const reason = magic === STRUCTURED_REPLY_MAGIC ? 'structured, which was not agreed on' : 'of no kind';
    throw new NbdProtocolError(`a reply begins with the magic number 0x${magic.toString(16)}: it is ${reason}`);
  }

  #takeSimple(): void {
    const pending = this.#find(8);
    const { request, read } = pending;
    if (this.options.hasStructuredReplies && (request.kind === 'read' || request.kind === 'block-status')) {
      throw new NbdProtocolError(
        `a ${request.kind.replace('-', ' ')} gets a simple reply, where a structured one must come`,
      );
    }
    const errno = this.#head.readUInt32BE(4);
    this.#pending = pending;
    this.#isDone = true;
    if (errno !== 0) pending.error = { errno, message: '', offset: undefined };
    if (errno !== 0 || read === undefined) return this.#endChunk();
    read.claim('data', read.offset, read.length);
    this.#awaitData(pending, 0, read.length);
  }

  #takeChunk(): void {
    const flags = this.#head.readUInt16BE(4);
    const type = this.#head.readUInt16BE(6);
    const pending = this.#find(8);
    const length = this.#head.readUInt32BE(16);
    this.#pending = pending;
    this.#isDone = (flags & REPLY_FLAG_DONE) !== 0;
    this.#payloadLength = length;
    const isExpected = (isRight: boolean): void => {
      if (!isRight) {
        throw new NbdProtocolError(
          `a chunk of type ${type} with ${length} bytes does not fit a reply to a ${requestText(pending.request)}`,
        );
      }
    };
    if (type >= REPLY_TYPE_ERROR) {
      const least = type === ReplyType.ERROR_OFFSET ? 14 : 6;
      isExpected(length >= least && length <= ERROR_CHUNK_MAX);
      this.#errorType = type;
      return this.#await('error', Buffer.allocUnsafe(length), { from: 0, to: length });
    }
    switch (type) {
      case ReplyType.NONE:
        isExpected(length === 0 && this.#isDone);
        return this.#endChunk();
      case ReplyType.OFFSET_DATA:
        isExpected(pending.read !== undefined && length >= 9 && length - 8 <= pending.read.length);
        return this.#await('data-offset', this.#head, { from: 0, to: 8 });
      case ReplyType.OFFSET_HOLE:
        isExpected(pending.read !== undefined && length === 12);
        return this.#await('hole', this.#head, { from: 0, to: 12 });
      case ReplyType.BLOCK_STATUS:
        isExpected(pending.status !== undefined && isStatusLength(length));
        return this.#await('status', Buffer.allocUnsafe(length), { from: 0, to: length });
      default:
        return isExpected(false);
    }
  }

  #takeDataOffset(): void {
    const pending = this.#expectPending();
    const length = this.#payloadLength - 8;
    const start = pending.read?.claim('data', readUInt64(this.#head, 0), length) ?? 0;
    this.#awaitData(pending, start, length);
  }

  /** An abandoned read needs no memory any more, unless some of it has been read already. */
  #awaitData({ read, isAbandoned }: Pending, start: number, length: number): void {
    const target = read === undefined || (isAbandoned && !read.hasMemory) ? undefined : read.memory;
    this.#await('data', target, { from: start, to: start + length });
  }

  #takeError(payload: Buffer): void {
    const pending = this.#expectPending();
    pending.error ??= decodeError(payload, this.#errorType, pending);
  }

  #endChunk(): void {
    const pending = this.#expectPending();
    const isDone = this.#isDone;
    this.#awaitReply();
    if (isDone) this.table.finish(pending);
  }

  #expectPending(): Pending {
    if (this.#pending === undefined) throw new TypeError('a chunk without its request');
    return this.#pending;
  }

  #find(at: number): Pending {
    const handle = readUInt64(this.#head, at);
    const pending = handle === undefined ? undefined : this.table.find(handle);
    if (pending === undefined) {
      throw new NbdProtocolError(
        `a reply has the handle 0x${this.#head.toString('hex', at, at + 8)}, which no request in flight has`,
      );
    }
    return pending;
  }
}

function decodeError(payload: Buffer, type: number, { request, read, status }: Pending): ReportedNbdError {
  const errno = payload.readUInt32BE(0);
  const length = payload.readUInt16BE(4);
  const hasOffset = type === ReplyType.ERROR_OFFSET;
  if (errno === 0) throw new NbdProtocolError('an error chunk says that there is no error');
  if (length > STRING_MAX || length > payload.length - (hasOffset ? 14 : 6)) {
    throw new NbdProtocolError(`an error chunk of ${payload.length} bytes claims a message of ${length}`);
  }
  const message = payload.toString('utf8', 6, 6 + length);
  if (!hasOffset) return { errno, message, offset: undefined };
  const offset = readUInt64(payload, 6 + length);
  const range = read ?? status ?? ('offset' in request && 'length' in request ? request : undefined);
  if (
    range !== undefined &&
    !(offset !== undefined && offset >= range.offset && offset < range.offset + range.length)
  ) {
    throw new NbdProtocolError(`an error is told of an offset outside the ${requestText(request)}`);
  }
  return { errno, message, offset };
}
