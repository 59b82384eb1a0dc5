import type { BlockEndpoint } from '../block-endpoint.js';

/** What a metadata context says of a stretch of a disk, in bytes. */
type Extent = Awaited<ReturnType<BlockEndpoint['extents']>>[number];

/** In base:allocation, zeroes are told by pages; bytes. */
const PAGE = 4096;

export interface VolatileDisk {
  /** What the disk holds at first, on stable storage. */
  readonly content: Buffer;
  readonly isReadOnly?: boolean;
  /** Default 1 MiB. */
  readonly maxRequestBytes?: number;
  /** What contexts such as `qemu:dirty-bitmap:x` say of the whole disk; base:allocation is told of the content. */
  readonly contexts?: Readonly<Record<string, readonly Extent[]>>;
}

/** A request as it arrives; a flush is about no bytes. */
export interface VolatileRequest {
  readonly kind: 'read' | 'write' | 'zero' | 'flush' | 'extents';
  readonly offset: number;
  readonly length: number;
}

/**
 * A disk in memory whose writes are volatile until they are flushed, as those of a host that may lose power. A flush covers
 * the writes that were answered before it was asked for, and no other; nothing else is put on stable storage before a
 * {@link crash}, so that a flush that is forgotten or comes too early is always found out.
 */
export class VolatileEndpoint implements BlockEndpoint {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly maxRequestBytes: number;
  readonly #disk: VolatileDisk;
  /** What survives a crash. */
  readonly #stable: Buffer;
  /** What is read: the stable bytes under all that was written since. */
  readonly #current: Buffer;
  /** What no flush has covered, oldest first. */
  #unflushed: { readonly offset: number; readonly data: Buffer }[] = [];
  #isClosed = false;

  constructor(disk: VolatileDisk) {
    this.#disk = disk;
    this.#stable = Buffer.from(disk.content);
    this.#current = Buffer.from(disk.content);
    this.sizeBytes = disk.content.length;
    this.isReadOnly = disk.isReadOnly ?? false;
    this.maxRequestBytes = disk.maxRequestBytes ?? 1_048_576;
  }

  /** What would be there after a loss of power now. */
  get stableBytes(): Buffer {
    return Buffer.from(this.#stable);
  }

  /**
   * The host loses power, and nobody is connected any more. Returns the disk as it is found afterwards: without what was
   * not flushed, but for those writes, oldest first from 0 on, that have reached it all the same (default: none).
   */
  crash(survives: (index: number) => boolean = () => false): VolatileEndpoint {
    this.#isClosed = true;
    const content = this.stableBytes;
    for (const { offset, data } of this.#unflushed.filter((_, index) => survives(index))) data.copy(content, offset);
    return new VolatileEndpoint({ ...this.#disk, content });
  }

  async read(offset: number, length: number, signal: AbortSignal, into = Buffer.alloc(length)): Promise<Buffer> {
    await this.#take({ kind: 'read', offset, length }, signal);
    this.#current.copy(into, 0, offset, offset + length);
    return into;
  }

  async write(offset: number, data: Buffer, signal: AbortSignal): Promise<void> {
    await this.#take({ kind: 'write', offset, length: data.length }, signal);
    this.#put(offset, Buffer.from(data));
  }

  async writeZeroes(
    offset: number,
    length: number,
    _options: { readonly mayPunch: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    await this.#take({ kind: 'zero', offset, length }, signal);
    this.#put(offset, Buffer.alloc(length));
  }

  async flush(signal: AbortSignal): Promise<void> {
    const covered = new Set(this.#unflushed);
    await this.#take({ kind: 'flush', offset: 0, length: 0 }, signal);
    for (const { offset, data } of covered) data.copy(this.#stable, offset);
    this.#unflushed = this.#unflushed.filter((write) => !covered.has(write));
  }

  async extents(context: string, offset: number, length: number, signal: AbortSignal): Promise<readonly Extent[]> {
    await this.#take({ kind: 'extents', offset, length }, signal);
    if (context === 'base:allocation') return this.#allocation(offset, length);
    const told = this.#disk.contexts?.[context];
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

  /** A request has arrived. Nothing of it has happened yet, and nothing will when this throws; it may also take its time. */
  protected async arrived(_request: VolatileRequest, _signal: AbortSignal): Promise<void> {
    return undefined;
  }

  async #take(request: VolatileRequest, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await this.arrived(request, signal);
    signal.throwIfAborted();
    if (this.#isClosed) throw new Error('the simulated disk is not connected');
    const { kind, offset, length } = request;
    if (kind === 'flush') return;
    if (!(offset >= 0 && length > 0 && offset + length <= this.sizeBytes)) {
      throw new RangeError(`${length} bytes at ${offset} are not in the simulated disk of ${this.sizeBytes} bytes`);
    }
    if (kind === 'extents') return;
    if (length > this.maxRequestBytes) throw new RangeError(`a request of ${length} bytes is too long for it`);
    if (kind !== 'read' && this.isReadOnly) throw new Error('the simulated disk is read-only');
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

  #put(offset: number, data: Buffer): void {
    data.copy(this.#current, offset);
    this.#unflushed.push({ offset, data });
  }
}
