import type { BlockEndpoint } from '../block-endpoint.js';

/** What a metadata context says of a stretch of a disk, in bytes. */
type Extent = Awaited<ReturnType<BlockEndpoint['extents']>>[number];

/** A page that is written in parts is kept whole; bytes. */
const PAGE = 4096;

/**
 * A disk in memory whose writes are volatile until they are flushed, as those of a host that may lose power. What was
 * written since the last flush is gone after {@link crash}; nothing is put on stable storage earlier than a flush
 * demands, so that a flush that is forgotten or comes too early is always found out.
 */
export class VolatileEndpoint implements BlockEndpoint {
  readonly isReadOnly: boolean;
  readonly maxRequestBytes: number;
  /** What survives a crash. */
  readonly #stable: Buffer;
  /** What is read: the stable bytes under all that was written since. */
  readonly #current: Buffer;
  readonly #changedPages = new Set<number>();
  #isClosed = false;
  /** What `extents` tells of each context besides `base:allocation`, in order. */
  readonly #contexts: ReadonlyMap<string, readonly Extent[]>;

  constructor(options: {
    /** What the disk holds at first, on stable storage. */
    readonly content: Buffer;
    readonly isReadOnly?: boolean;
    /** Default 1 MiB. */
    readonly maxRequestBytes?: number;
    /** What contexts such as `qemu:dirty-bitmap:x` say of the whole disk; base:allocation is told of the content. */
    readonly contexts?: Readonly<Record<string, readonly Extent[]>>;
  }) {
    this.#stable = Buffer.from(options.content);
    this.#current = Buffer.from(options.content);
    this.isReadOnly = options.isReadOnly ?? false;
    this.maxRequestBytes = options.maxRequestBytes ?? 1_048_576;
    this.#contexts = new Map(Object.entries(options.contexts ?? {}));
  }

  get sizeBytes(): number {
    return this.#current.length;
  }

  /** What would be there after a loss of power now. */
  get stableBytes(): Buffer {
    return Buffer.from(this.#stable);
  }

  /** The host loses power: what was not flushed is gone, and nobody is connected any more. Returns the disk as it is found afterwards. */
  crash(): VolatileEndpoint {
    this.#isClosed = true;
    const { isReadOnly, maxRequestBytes } = this;
    const contexts = Object.fromEntries(this.#contexts);
    return new VolatileEndpoint({ content: this.#stable, isReadOnly, maxRequestBytes, contexts });
  }

  async read(offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
    this.#expect(offset, length, signal);
    return Buffer.from(this.#current.subarray(offset, offset + length));
  }

  async write(offset: number, data: Buffer, signal: AbortSignal): Promise<void> {
    this.#expectWritable(offset, data.length, signal);
    data.copy(this.#current, offset);
    this.#change(offset, data.length);
  }

  async writeZeroes(
    offset: number,
    length: number,
    _options: { readonly mayPunch: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.#expectWritable(offset, length, signal);
    this.#current.fill(0, offset, offset + length);
    this.#change(offset, length);
  }

  async flush(signal: AbortSignal): Promise<void> {
    this.#expectOpen(signal);
    for (const page of this.#changedPages) {
      this.#current.copy(this.#stable, page * PAGE, page * PAGE, (page + 1) * PAGE);
    }
    this.#changedPages.clear();
  }

  async extents(context: string, offset: number, length: number, signal: AbortSignal): Promise<readonly Extent[]> {
    this.#expect(offset, length, signal);
    if (context === 'base:allocation') return this.#allocation(offset, length);
    const told = this.#contexts.get(context);
    if (told === undefined) throw new RangeError(`the simulated disk has no metadata context "${context}"`);
    return told.flatMap((extent) => {
      const from = Math.max(extent.offset, offset);
      const to = Math.min(extent.offset + extent.length, offset + length);
      return from < to ? [{ offset: from, length: to - from, flags: extent.flags }] : [];
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Pages of zeroes are holes (flags 3), as in a sparse file. */
  #allocation(offset: number, length: number): { offset: number; length: number; flags: number }[] {
    const extents: { offset: number; length: number; flags: number }[] = [];
    for (let at = offset; at < offset + length; ) {
      const end = Math.min((Math.floor(at / PAGE) + 1) * PAGE, offset + length);
      const flags = this.#current.subarray(at, end).every((byte) => byte === 0) ? 3 : 0;
      const last = extents.at(-1);
      if (last?.flags === flags) last.length += end - at;
      else extents.push({ offset: at, length: end - at, flags });
      at = end;
    }
    return extents;
  }

  #change(offset: number, length: number): void {
    for (let page = Math.floor(offset / PAGE); page * PAGE < offset + length; page += 1) this.#changedPages.add(page);
  }

  #expectOpen(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.#isClosed) throw new Error('the simulated disk is not connected');
  }

  #expect(offset: number, length: number, signal: AbortSignal): void {
    this.#expectOpen(signal);
    if (!(offset >= 0 && length > 0 && offset + length <= this.sizeBytes)) {
      throw new RangeError(`${length} bytes at ${offset} are not in the simulated disk of ${this.sizeBytes} bytes`);
    }
  }

  #expectWritable(offset: number, length: number, signal: AbortSignal): void {
    this.#expect(offset, length, signal);
    if (this.isReadOnly) throw new Error('the simulated disk is read-only');
  }
}
