/**
 * External Data Representation, the encoding of libvirt's messages (RFC 4506): its words, read and written.
 *
 * Nothing that comes from the wire is trusted: every count is held against its declared maximum *and* against the bytes
 * that are really there before anything of that size is allocated.
 */
import { ProtocolError } from '../errors.js';

/** Reads values from one message. It never looks beyond the message's end. */
export class XdrReader {
  #offset: number;
  readonly #view: DataView;

  constructor(
    readonly message: Buffer,
    start = 0,
    readonly end: number = message.length,
  ) {
    this.#offset = start;
    this.#view = new DataView(message.buffer, message.byteOffset, message.length);
  }

  /** Bytes not read yet. */
  get remaining(): number {
    return this.end - this.#offset;
  }

  take(size: number): number {
    const at = this.#offset;
    if (size > this.end - at) {
      throw new ProtocolError(`the message ends ${size - (this.end - at)} bytes too early`);
    }
    this.#offset = at + size;
    return at;
  }

  int(): number {
    return this.#view.getInt32(this.take(4));
  }

  uint(): number {
    return this.#view.getUint32(this.take(4));
  }

  hyper(): bigint {
    return this.#view.getBigInt64(this.take(8));
  }

  uhyper(): bigint {
    return this.#view.getBigUint64(this.take(8));
  }

  double(): number {
    return this.#view.getFloat64(this.take(8));
  }

  /** Opaque bytes of a known length with their padding (RFC 4506 section 4.9). The result is a view, not a copy. */
  opaque(length: number): Buffer {
    const at = this.take(padded(length));
    return this.message.subarray(at, at + length);
  }

  /** All bytes that are left, as a copy that outlives the message. */
  rest(): Buffer {
    const size = this.remaining;
    const at = this.take(size);
    return Buffer.from(this.message.subarray(at, at + size));
  }

  /** The length of what follows, held against `max` (RFC 4506 sections 4.10 to 4.13). */
  length(max: number, minBytesEach: number): number {
    const count = this.uint();
    if (count > max) throw new ProtocolError(`a length of ${count} is over the protocol's limit of ${max}`);
    if (count * minBytesEach > this.remaining) {
      throw new ProtocolError(`a length of ${count} does not fit in the ${this.remaining} bytes that are left`);
    }
    return count;
  }
}

/** Collects one outgoing message. */
export class XdrWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(initialSize = 512) {
    this.#bytes = Buffer.allocUnsafe(initialSize);
  }

  get length(): number {
    return this.#length;
  }

  /** The message so far: a view that the next write may change. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(size: number): number {
    const at = this.#length;
    const needed = at + size;
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }

  int(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(value, at);
  }

  uint(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeUInt32BE(value, at);
  }

  hyper(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigInt64BE(value, at);
  }

  uhyper(value: bigint): void {
    const at = this.#grow(8);
    this.#bytes.writeBigUInt64BE(value, at);
  }

  double(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  opaque(value: Uint8Array): void {
    const at = this.#grow(padded(value.length));
    this.#bytes.set(value, at);
    this.#bytes.fill(0, at + value.length, this.#length);
  }

  /** Bytes as they are, without length or padding. */
  raw(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  string(value: string): void {
    const size = Buffer.byteLength(value);
    this.uint(size);
    const at = this.#grow(padded(size));
    this.#bytes.write(value, at, 'utf8');
    this.#bytes.fill(0, at + size, this.#length);
  }

  /** Overwrites four bytes written before, for a length known only at the end. */
  patchUint(at: number, value: number): void {
    this.#bytes.writeUInt32BE(value, at);
  }
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
