import { setMaxListeners } from 'node:events';
import { type CopyKind, requestsOf } from '../copy-plan.js';
import { type Extent, endOf, intersect, type KindExtent, totalBytes } from '../extent.js';
import { readMeter, sample, startMeter, type TransferMeter } from '../transfer-meter.js';
import { contentRuns } from './content-runs.js';
import { type CopyAct, copyFailure } from './copy-failure.js';
import type { CopyLimits, CopyRequest, CopyResult } from './copy-request.js';
import { keepMemory, takeMemory } from './request-memory.js';

/** A slot of which nothing is under way. */
const idle = Number.POSITIVE_INFINITY;

/** Listeners that one request may have at its signal, such as of its rate and of its endpoint, before it counts as a leak. */
const listenersPerRequest = 4;

/** Clock time between two reports of progress. */
const reportMs = 500;

/**
 * One attempt at a plan. As many loops as there may be requests each take the next request, read, write, and take another;
 * so while some read others write, and no more is held than a request for each loop.
 */
export class Copying {
  readonly #request: CopyRequest;
  readonly #limits: CopyLimits;
  readonly #next: Generator<KindExtent<CopyKind>>;
  readonly #slots: number;
  /** Offset of the request that each slot has under way. */
  readonly #underWay: Float64Array;
  readonly #requestBytes: number;
  /** Memory of each slot, which all its requests are read into and written from; made when the first one needs it. */
  readonly #memory: Buffer[] = [];
  readonly #controller = new AbortController();
  #error: { readonly reason: unknown } | undefined;
  /** Everything planned before it was handed to a slot. */
  #handedOut: number;
  #durable: number;
  #unflushedBytes = 0;
  #flushing: Promise<void> | undefined;
  #readBytes = 0;
  #writtenBytes = 0;
  #zeroedBytes = 0;
  #doneBytes: number;
  #meter: TransferMeter;
  #reportedAt: number;

  constructor(request: CopyRequest, limits: CopyLimits) {
    const { plan, source, target, from = 0, clock } = request;
    const requestBytes = Math.min(limits.requestBytes, source.maxRequestBytes, target.maxRequestBytes);
    const zeroBytes = Math.min(limits.zeroRequestBytes, target.maxRequestBytes);
    this.#request = request;
    this.#limits = limits;
    this.#requestBytes = requestBytes;
    this.#next = requestsOf(plan, { copyBytes: requestBytes, zeroBytes, from });
    this.#slots = Math.max(1, Math.min(limits.requestsInFlight, Math.floor(limits.bytesInFlight / requestBytes)));
    setMaxListeners(listenersPerRequest * this.#slots, this.#controller.signal);
    this.#underWay = new Float64Array(this.#slots).fill(idle);
    this.#handedOut = from;
    this.#durable = from;
    this.#doneBytes = totalBytes(intersect(plan.extents, from > 0 ? [{ offset: 0, length: from }] : []));
    this.#reportedAt = clock.now();
    this.#meter = startMeter(plan.copyBytes + plan.zeroBytes, this.#doneBytes, this.#reportedAt);
  }

  /** Once only. */
  async run(): Promise<CopyResult> {
    const { signal } = this.#request;
    const onAbort = (): void => this.#end(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) {
        onAbort();
      }
      const slots = Array.from({ length: this.#slots }, (_, slot) => slot);
      await Promise.all(slots.map((slot) => this.#serve(slot).catch((error: unknown) => this.#end(error))));
      if (this.#error === undefined) {
        await this.#flush(this.#request.plan.sizeBytes);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    if (this.#error !== undefined) {
      throw this.#error.reason;
    }
    this.#memory.forEach(keepMemory);
    this.#report();
    return { readBytes: this.#readBytes, writtenBytes: this.#writtenBytes, zeroedBytes: this.#zeroedBytes };
  }

  /** Rejects only when a caller's callback has thrown. */
  async #serve(slot: number): Promise<void> {
    for (let extent = this.#take(slot); extent !== undefined; extent = this.#take(slot)) {
      // A slot carries one extent at a time; the slots are what runs side by side.
      // oxlint-disable-next-line no-await-in-loop
      if (!(await this.#carry(extent, slot))) {
        return;
      }
      this.#underWay[slot] = idle;
      this.#count(extent.length);
      if (this.#unflushedBytes >= this.#limits.flushBytes) {
        // While a flush takes longer than the bytes of the next one, nobody runs further ahead of what is durable.
        this.#flushing ??= this.#flush(this.#settledUpTo());
        // oxlint-disable-next-line no-await-in-loop
        await this.#flushing;
      }
    }
  }

  #take(slot: number): KindExtent<CopyKind> | undefined {
    if (this.#error !== undefined) {
      return undefined;
    }
    const { value } = this.#next.next() as IteratorResult<KindExtent<CopyKind>, undefined>;
    if (value !== undefined) {
      this.#underWay[slot] = value.offset;
      this.#handedOut = endOf(value);
    }
    return value;
  }

  async #carry({ offset, length, kind }: KindExtent<CopyKind>, slot: number): Promise<boolean> {
    const { source, rate, detectsZeroes = true } = this.#request;
    const { signal } = this.#controller;
    let act: CopyAct = 'writing';
    try {
      if (kind === 'zero') {
        await this.#zero(offset, length);
        return true;
      }
      act = 'pacing';
      const pacing = rate?.take(length, signal);
      if (pacing !== undefined) {
        await pacing;
      }
      act = 'reading';
      const data = await source.read(offset, length, signal, this.#memoryOf(slot, length));
      if (data.length !== length) {
        throw new Error(`the source has sent ${data.length} bytes where ${length} were asked for`);
      }
      this.#readBytes += length;
      act = 'writing';
      const runs = detectsZeroes ? contentRuns(data, offset) : [{ offset, length, kind }];
      for (const run of runs) {
        // One after the other, since a slot is one request at a time.
        // oxlint-disable-next-line no-await-in-loop
        await (run.kind === 'zero' ? this.#zero(run.offset, run.length) : this.#write(run, data, offset));
      }
      return true;
    } catch (error) {
      this.#fail(act, offset, error);
      return false;
    }
  }

  /** Writes a part of the data that begins at `begin`. */
  async #write({ offset, length }: Extent, data: Buffer, begin: number): Promise<void> {
    const at = offset - begin;
    await this.#request.target.write(offset, data.subarray(at, at + length), this.#controller.signal);
    this.#writtenBytes += length;
  }

  /** A fresh target reads as zeroes, also where an attempt before this one has written what the same source holds. */
  async #zero(offset: number, length: number): Promise<void> {
    const { target, plan } = this.#request;
    if (!plan.isTargetFresh) {
      await target.writeZeroes(offset, length, { mayPunch: false }, this.#controller.signal);
    }
    this.#zeroedBytes += length;
  }

  /** Once a request of the slot has failed, it takes no other, so that this memory is not used again. */
  #memoryOf(slot: number, length: number): Buffer {
    this.#memory[slot] ??= takeMemory(this.#requestBytes);
    return this.#memory[slot].subarray(0, length);
  }

  /** `settled`: everything planned before it was acknowledged by now, so that this flush makes it durable. */
  async #flush(settled: number): Promise<void> {
    this.#unflushedBytes = 0;
    try {
      await this.#request.target.flush(this.#controller.signal);
    } catch (error) {
      this.#fail('flushing', settled, error);
      return;
    } finally {
      this.#flushing = undefined;
    }
    if (settled > this.#durable) {
      this.#durable = settled;
      this.#request.onDurable?.(settled);
    }
  }

  #settledUpTo(): number {
    return this.#underWay.reduce((least, offset) => Math.min(least, offset), this.#handedOut);
  }

  #count(bytes: number): void {
    this.#unflushedBytes += bytes;
    this.#doneBytes += bytes;
    if (this.#request.onProgress !== undefined && this.#request.clock.now() - this.#reportedAt >= reportMs) {
      this.#report();
    }
  }

  #report(): void {
    this.#reportedAt = this.#request.clock.now();
    this.#meter = sample(this.#meter, this.#doneBytes, this.#reportedAt);
    this.#request.onProgress?.(readMeter(this.#meter));
  }

  #fail(act: CopyAct, offset: number, error: unknown): void {
    if (this.#error === undefined) {
      const { subject } = this.#request;
      this.#end(copyFailure({ subject, act, offset, durable: this.#durable, error }));
    }
  }

  /** Only the first reason counts. All that is under way is asked to end. */
  #end(reason: unknown): void {
    if (this.#error === undefined) {
      this.#error = { reason };
      this.#controller.abort(reason);
    }
  }
}
