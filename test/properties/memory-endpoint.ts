import { VolatileEndpoint, type VolatileRequest } from '../../src/storage-sync/simulated/volatile-endpoint.js';

export interface EndpointRequest extends VolatileRequest {
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

/** The simulated disk, with what it was asked for, and with faults and delays. */
export class MemoryEndpoint extends VolatileEndpoint {
  readonly requests: EndpointRequest[] = [];
  readonly punched: boolean[] = [];
  underWay = 0;
  mostUnderWay = 0;
  #isDead = false;
  readonly #options: MemoryOptions;

  constructor(content: Buffer, options: MemoryOptions = {}) {
    super({ maxRequestBytes: 2 ** 25, ...options, content });
    this.#options = options;
  }

  /** What is there after the power failed; of what was not flushed, whatever `survives` names has reached the disk. */
  afterCrash(survives?: (index: number) => boolean): Buffer {
    return this.crash(survives).stableBytes;
  }

  override writeZeroes(...args: Parameters<VolatileEndpoint['writeZeroes']>): Promise<void> {
    this.punched.push(args[2].mayPunch);
    return super.writeZeroes(...args);
  }

  protected override async arrived(asked: VolatileRequest, signal: AbortSignal): Promise<void> {
    const request = { ...asked, index: this.requests.length };
    this.requests.push(request);
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    try {
      await this.#suffer(request, signal);
    } finally {
      this.underWay -= 1;
    }
  }

  async #suffer(request: EndpointRequest, signal: AbortSignal): Promise<void> {
    const fault = this.#isDead ? undefined : this.#options.faultAt?.(request);
    this.#isDead ||= fault === 'crash';
    if (fault === 'hang') {
      await aborted(signal);
    }
    for (let turn = this.#options.turns?.(request) ?? 0; turn > 0; turn -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (fault instanceof Error || this.#isDead) {
      throw fault instanceof Error ? fault : new Error('the connection is gone');
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
