import type { BlockEndpoint } from '../../src/storage-sync/block-endpoint.js';

export interface EndpointRequest {
  readonly kind: 'read' | 'write' | 'zero' | 'flush' | 'extents';
  readonly offset: number;
  readonly length: number;
  /** From 0 on, over all kinds. */
  readonly index: number;
}

/** `fail` with an error · `hang` until it is aborted · `crash`: the power fails, and nothing is answered any more. */
export type Fault = 'hang' | 'crash' | Error;

export interface MemoryOptions {
  readonly isReadOnly?: boolean;
  readonly maxRequestBytes?: number;
  readonly faultAt?: (request: EndpointRequest) => Fault | undefined;
  /** Turns of the event loop that a request takes, so that answers come in any order. Default 0. */
  readonly turns?: (request: EndpointRequest) => number;
}

interface Pending {
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * A disk in memory whose writes last only once they are flushed, as on a host whose power may fail: a flush covers the
 * writes that were acknowledged before it was asked for, and no other.
 */
export class MemoryEndpoint implements BlockEndpoint {
  readonly sizeBytes: number;
  readonly isReadOnly: boolean;
  readonly maxRequestBytes: number;
  readonly requests: EndpointRequest[] = [];
  readonly punched: boolean[] = [];
  underWay = 0;
  mostUnderWay = 0;
  isDead = false;
  #content: Buffer;
  #durable: Buffer;
  #pending: Pending[] = [];
  readonly #options: MemoryOptions;

  constructor(content: Buffer, options: MemoryOptions = {}) {
    this.#content = Buffer.from(content);
    this.#durable = Buffer.from(content);
    this.#options = options;
    this.sizeBytes = content.length;
    this.isReadOnly = options.isReadOnly ?? false;
    this.maxRequestBytes = options.maxRequestBytes ?? 2 ** 25;
  }

  /** What a reader sees now. */
  content(): Buffer {
    return Buffer.from(this.#content);
  }

  /** What is there after the power failed; of what was not flushed, whatever `survives` names has reached the disk. */
  afterCrash(survives: (index: number) => boolean = () => false): Buffer {
    const left = Buffer.from(this.#durable);
    for (const [index, { offset, data }] of this.#pending.entries()) {
      if (survives(index)) {
        data.copy(left, offset);
      }
    }
    return left;
  }

  read(offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
    return this.#serve({ kind: 'read', offset, length }, signal, () =>
      Buffer.from(this.#content.subarray(offset, offset + length)),
    );
  }

  write(offset: number, data: Buffer, signal: AbortSignal): Promise<void> {
    return this.#serve({ kind: 'write', offset, length: data.length }, signal, () => this.#put(offset, data));
  }

  writeZeroes(
    offset: number,
    length: number,
    options: { readonly mayPunch: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    this.punched.push(options.mayPunch);
    return this.#serve({ kind: 'zero', offset, length }, signal, () => this.#put(offset, Buffer.alloc(length)));
  }

  flush(signal: AbortSignal): Promise<void> {
    const covered = this.#pending.length;
    const flushed = this.#pending;
    return this.#serve({ kind: 'flush', offset: 0, length: 0 }, signal, () => {
      for (const { offset, data } of flushed.slice(0, covered)) {
        data.copy(this.#durable, offset);
      }
    });
  }

  extents(
    context: string,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): Promise<readonly { readonly offset: number; readonly length: number; readonly flags: number }[]> {
    const flags = context === 'base:allocation' ? 0 : 1;
    return this.#serve({ kind: 'extents', offset, length }, signal, () => [{ offset, length, flags }]);
  }

  close(): Promise<void> {
    this.isDead = true;
    return Promise.resolve();
  }

  #put(offset: number, data: Buffer): void {
    if (this.isReadOnly || offset < 0 || offset + data.length > this.sizeBytes) {
      throw new Error(`a write of ${data.length} bytes at ${offset} is refused`);
    }
    data.copy(this.#content, offset);
    this.#pending.push({ offset, data: Buffer.from(data) });
  }

  async #serve<Result>(
    asked: Omit<EndpointRequest, 'index'>,
    signal: AbortSignal,
    answer: () => Result,
  ): Promise<Result> {
    const request = { ...asked, index: this.requests.length };
    this.requests.push(request);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      const fault = this.isDead ? new Error('the connection is gone') : this.#options.faultAt?.(request);
      if (fault === 'crash') {
        this.isDead = true;
      }
      if (fault === 'hang') {
        await aborted(signal);
      }
      for (let turn = this.#options.turns?.(request) ?? 0; turn > 0; turn -= 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (fault instanceof Error || this.isDead) {
        throw fault instanceof Error ? fault : new Error('the connection is gone');
      }
      if (signal.aborted) {
        throw signal.reason as Error;
      }
      if (request.length > this.maxRequestBytes) {
        throw new Error(`a request of ${request.length} bytes is too large`);
      }
      return answer();
    } finally {
      this.underWay -= 1;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
    }
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
