/**
 * The frames of libvirt's RPC (virnetprotocol.x): a length, a header of six words, a payload.
 */
import { ProtocolError } from '../errors.js';
import { XdrReader, XdrWriter } from './xdr.js';

/** The largest message, header included, the length word not: VIR_NET_MESSAGE_MAX. */
export const MESSAGE_MAX = 33_554_432;
const LENGTH_SIZE = 4;
const HEADER_SIZE = 24;
/** What one stream packet may carry, for servers of every age: VIR_NET_MESSAGE_LEGACY_PAYLOAD_MAX less the header. */
export const STREAM_CHUNK_MAX = 262_120;

/** virNetMessageType */
export const MessageType = { CALL: 0, REPLY: 1, EVENT: 2, STREAM: 3, STREAM_HOLE: 6 } as const;
const KNOWN_TYPES: ReadonlySet<number> = new Set(Object.values(MessageType));
/** virNetMessageStatus */
export const MessageStatus = { OK: 0, ERROR: 1, CONTINUE: 2 } as const;

/** virNetMessageHeader */
export interface Header {
  readonly program: number;
  readonly version: number;
  readonly procedure: number;
  readonly type: number;
  readonly serial: number;
  readonly status: number;
}

/** One message as it arrived. */
export interface Message {
  readonly header: Header;
  /** Stands at the first byte of the payload. */
  readonly payload: XdrReader;
}

/** One whole frame; `writePayload` adds what follows the header. Throws RangeError when it would be over the limit. */
export function encodeFrame(header: Header, writePayload?: (writer: XdrWriter) => void): Buffer {
  const writer = new XdrWriter(256);
  writer.uint(0);
  writer.uint(header.program);
  writer.uint(header.version);
  writer.int(header.procedure);
  writer.uint(header.type);
  writer.uint(header.serial);
  writer.uint(header.status);
  writePayload?.(writer);
  if (writer.length - LENGTH_SIZE > MESSAGE_MAX) {
    throw new RangeError(`a message of ${writer.length} bytes is over libvirt's limit of ${MESSAGE_MAX}`);
  }
  writer.patchUint(0, writer.length);
  return writer.written;
}

function decodeHeader(payload: XdrReader): Header {
  const header = {
    program: payload.uint(),
    version: payload.uint(),
    procedure: payload.int(),
    type: payload.uint(),
    serial: payload.uint(),
    status: payload.uint(),
  };
  if (!KNOWN_TYPES.has(header.type)) throw new ProtocolError(`${header.type} is not a type of message`);
  if (header.status > MessageStatus.CONTINUE) throw new ProtocolError(`${header.status} is not a status of a message`);
  return header;
}

/**
 * Cuts the byte stream into messages. It holds what has arrived and no more: a length word alone allocates nothing.
 * After it has thrown, the stream is out of step and the connection must end.
 */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;
  /** The length of the frame at the front, its length word included; 0 until that word is whole. */
  #frameLength = 0;

  /** Bytes held that do not make a whole frame yet. */
  get held(): number {
    return this.#held;
  }

  /** Takes what arrived and returns the messages it completes, in order. */
  *push(chunk: Buffer): Generator<Message, void, void> {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    for (;;) {
      if (this.#frameLength === 0) {
        if (this.#held < LENGTH_SIZE) return;
        this.#frameLength = this.#readLength();
      }
      if (this.#held < this.#frameLength) return;
      const bytes = this.#cut(this.#frameLength);
      this.#frameLength = 0;
      const payload = new XdrReader(bytes, LENGTH_SIZE);
      yield { header: decodeHeader(payload), payload };
    }
  }

  #readLength(): number {
    const length = this.#front(LENGTH_SIZE).readUInt32BE(0);
    if (length < LENGTH_SIZE + HEADER_SIZE) {
      throw new ProtocolError(`a frame of ${length} bytes is shorter than a header`);
    }
    if (length - LENGTH_SIZE > MESSAGE_MAX) {
      throw new ProtocolError(`a frame of ${length} bytes is over libvirt's limit of ${MESSAGE_MAX}`);
    }
    return length;
  }

  /** The first chunk, made at least `size` long. */
  #front(size: number): Buffer {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= size) return first;
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }

  #cut(size: number): Buffer {
    const front = this.#front(size);
    if (front.length === size) this.#chunks.shift();
    else this.#chunks[0] = front.subarray(size);
    this.#held -= size;
    return front.subarray(0, size);
  }
}
