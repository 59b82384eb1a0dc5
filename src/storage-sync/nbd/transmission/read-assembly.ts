import { NbdProtocolError } from '../errors.js';

/** A piece of what was read: bytes, or a hole that reads as zeroes. Offsets are those of the export. */
export type ReadPart =
  | { readonly kind: 'data'; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'hole'; readonly offset: number; readonly length: number };

/** The most pieces of one reply that are kept apart; neighbours of one kind become one. */
const PARTS_MAX = 8192;

interface Piece {
  kind: 'data' | 'hole';
  /** From the beginning of the read, in bytes. */
  start: number;
  end: number;
}

/**
 * Puts one read together from the pieces in which the server sends it, in any order
 * (NBD protocol, `NBD_REPLY_TYPE_OFFSET_DATA` and `NBD_REPLY_TYPE_OFFSET_HOLE`). The memory for the whole read is
 * made when the first data comes, and every byte is put there once.
 */
export class ReadAssembly {
  readonly #pieces: Piece[] = [];
  #memory: Buffer | undefined;

  /** `memory`: of the read's length, for a read that is a part of a larger one. */
  constructor(
    readonly offset: number,
    readonly length: number,
    memory?: Buffer,
  ) {
    this.#memory = memory;
  }

  /** The memory of the whole read. */
  get memory(): Buffer {
    this.#memory ??= Buffer.allocUnsafeSlow(this.length);
    return this.#memory;
  }

  get hasMemory(): boolean {
    return this.#memory !== undefined;
  }

  /** Notes that a piece comes; returns where it begins in {@link memory}. */
  claim(kind: Piece['kind'], offset: number | undefined, length: number): number {
    if (offset === undefined || length === 0 || offset < this.offset || offset + length > this.offset + this.length) {
      throw new NbdProtocolError(
        `${length} bytes at ${offset ?? 'over 8 PiB'} come where ${this.length} at ${this.offset} were asked for`,
      );
    }
    const start = offset - this.offset;
    this.#insert({ kind, start, end: start + length });
    return start;
  }

  /** Throws when something is missing. */
  expectWhole(): void {
    const [only] = this.#pieces;
    const isWhole =
      only?.start === 0 &&
      this.#pieces.every((piece, index) => piece.end === (this.#pieces[index + 1]?.start ?? this.length));
    if (!isWhole) {
      throw new NbdProtocolError(
        `a reply to a read of ${this.length} bytes at ${this.offset} ends before all of it has come`,
      );
    }
  }

  /** What was read, in order and without gaps; data stands in one memory. */
  parts(): readonly ReadPart[] {
    return this.#pieces.map(({ kind, start, end }) =>
      kind === 'data'
        ? { kind, offset: this.offset + start, data: this.memory.subarray(start, end) }
        : { kind, offset: this.offset + start, length: end - start },
    );
  }

  /** All bytes, holes as zeroes. */
  bytes(): Buffer {
    if (this.#memory === undefined) return Buffer.alloc(this.length);
    for (const { kind, start, end } of this.#pieces) {
      if (kind === 'hole') this.#memory.fill(0, start, end);
    }
    return this.#memory;
  }

  #insert(piece: Piece): void {
    const pieces = this.#pieces;
    let at = pieces.length;
    while (at > 0 && (pieces[at - 1] as Piece).start >= piece.start) at -= 1;
    const before = pieces[at - 1];
    const after = pieces[at];
    if ((before !== undefined && before.end > piece.start) || (after !== undefined && after.start < piece.end)) {
      throw new NbdProtocolError(`bytes from ${this.offset + piece.start} on come twice in one reply`);
    }
    if (before !== undefined && before.end === piece.start && before.kind === piece.kind) {
      before.end = piece.end;
      return;
    }
    if (pieces.length === PARTS_MAX) {
      throw new NbdProtocolError(`a reply to a read comes in more than ${PARTS_MAX} scattered pieces`);
    }
    pieces.splice(at, 0, piece);
  }
}
