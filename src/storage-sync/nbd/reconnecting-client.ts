/** An export whose connection is replaced when it is lost, as far as that is safe. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type NbdClient,
  type NbdClientOptions,
  openNbd,
  type ReadOptions,
  type RequestOptions,
  type WriteOptions,
} from './client.js';
import { NbdAborted, NbdConnectFailed, NbdConnectionLost, NbdWritesUncertain } from './errors.js';
import type { ExportDescription } from './handshake/export-description.js';
import type { ReadPart } from './transmission/read-assembly.js';
import type { StatusExtent } from './transmission/status-assembly.js';

export interface ReconnectOptions {
  /** Attempts to connect anew before a request gives up. Default 5. */
  readonly attempts?: number;
  /** The pause before each further attempt, in milliseconds. Default 500. */
  readonly pauseMs?: number;
}

/**
 * Repeats what may be repeated: reads and block status change nothing, so they are asked again on a new connection.
 * Writes, zeroes and trims are not: the server may have died with what it had answered but not put on stable storage,
 * and only the caller knows what that was. They fail as on a single connection, and the next request connects anew.
 *
 * After a replacement a flush covers only what was written since. So when anything had been asked to be written since
 * the last good flush, the next flush rejects, once, with `NbdWritesUncertain`: write all of that again, and flush.
 */
export class ReconnectingNbdClient {
  readonly #closing = new AbortController();
  /** Counts what was asked to be written. */
  #written = 0;
  /** What of it a flush has covered, or is told to be uncertain. */
  #settled = 0;
  /** Something that no flush had covered was asked of a connection that is gone. */
  #isUncertain = false;
  #current: Promise<NbdClient>;

  private constructor(
    first: NbdClient,
    readonly description: ExportDescription,
    /** Names of the metadata contexts that the server had at first of those that were asked for. */
    readonly contexts: readonly string[],
    private readonly options: {
      readonly open: (signal: AbortSignal) => Promise<NbdClient>;
    } & Required<ReconnectOptions>,
  ) {
    this.#current = Promise.resolve(first);
    this.#watch(first);
  }

  /** Opens the export. Rejects as `openNbd` does; the first connection is not tried again. */
  static async open(options: NbdClientOptions & ReconnectOptions): Promise<ReconnectingNbdClient> {
    const open = (signal: AbortSignal): Promise<NbdClient> => openNbd({ ...options, signal });
    const first = await openNbd(options);
    const { attempts = 5, pauseMs = 500 } = options;
    return new ReconnectingNbdClient(first, first.description, first.contexts, { open, attempts, pauseMs });
  }

  /** As `NbdClient.read`, repeated on a new connection when this one is lost. */
  read(offset: number, length: number, options: ReadOptions = {}): Promise<Buffer> {
    return this.#repeat((client) => client.read(offset, length, options), options.signal);
  }

  /** As `NbdClient.readSparse`, repeated on a new connection when this one is lost. */
  readSparse(offset: number, length: number, options: RequestOptions = {}): Promise<readonly ReadPart[]> {
    return this.#repeat((client) => client.readSparse(offset, length, options), options.signal);
  }

  /** As `NbdClient.blockStatus`, repeated on a new connection when this one is lost. */
  blockStatus(
    offset: number,
    length: number,
    options: RequestOptions & { readonly isOne?: boolean } = {},
  ): Promise<ReadonlyMap<string, readonly StatusExtent[]>> {
    return this.#repeat((client) => client.blockStatus(offset, length, options), options.signal);
  }

  /** As `NbdClient.write`; never repeated. */
  write(offset: number, data: Buffer, options: WriteOptions = {}): Promise<void> {
    return this.#change((client) => client.write(offset, data, options), options.signal);
  }

  /** As `NbdClient.writeZeroes`; never repeated. */
  writeZeroes(...[offset, length, options = {}]: Parameters<NbdClient['writeZeroes']>): Promise<void> {
    return this.#change((client) => client.writeZeroes(offset, length, options), options.signal);
  }

  /** As `NbdClient.trim`; never repeated. */
  trim(offset: number, length: number, options: WriteOptions = {}): Promise<void> {
    return this.#change((client) => client.trim(offset, length, options), options.signal);
  }

  /** As `NbdClient.flush`, and rejects with `NbdWritesUncertain` when it cannot cover all that was written. */
  async flush(options: RequestOptions = {}): Promise<void> {
    const client = await this.#connected(options.signal);
    this.#expectCertain();
    const covered = this.#written;
    await client.flush(options);
    this.#settled = Math.max(this.#settled, covered);
  }

  /** Parts from the server, for good. May be called again. */
  async close(): Promise<void> {
    this.#closing.abort();
    const client = await this.#current.catch(() => undefined);
    await client?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #expectCertain(): void {
    if (!this.#isUncertain) return;
    this.#isUncertain = false;
    throw new NbdWritesUncertain(
      'the connection was replaced after writes that were not flushed: what was written since the last good flush may be lost; write it again, then flush',
    );
  }

  async #change(ask: (client: NbdClient) => Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    const client = await this.#connected(signal);
    this.#written += 1;
    await ask(client);
  }

  async #repeat<Answer>(ask: (client: NbdClient) => Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const client = await this.#connected(signal);
      try {
        return await ask(client);
      } catch (error) {
        const isLost = error instanceof NbdConnectionLost && !this.#isClosed && attempt <= this.options.attempts;
        if (!isLost) throw error;
        await client.closed;
      }
    }
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** The current connection, or a new one when that is gone. One caller's abort ends its waiting and nobody else's. */
  async #connected(signal: AbortSignal | undefined): Promise<NbdClient> {
    if (this.#isClosed) throw new NbdConnectionLost('this side closed it: open the export again');
    const current = this.#current;
    try {
      return await unlessAborted(current, signal);
    } catch (error) {
      if (error instanceof NbdAborted) throw error;
      if (this.#current === current) {
        this.#current = this.#reopen();
        this.#current.catch(() => undefined);
      }
      return await unlessAborted(this.#current, signal);
    }
  }

  #watch(client: NbdClient): void {
    void client.closed.then(() => {
      if (this.#isClosed) return;
      this.#isUncertain ||= this.#written > this.#settled;
      this.#settled = this.#written;
      // The next request connects anew.
      this.#current = Promise.reject(new NbdConnectionLost('the connection was lost: connect anew'));
      this.#current.catch(() => undefined);
    });
  }

  async #reopen(): Promise<NbdClient> {
    const { signal } = this.#closing;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#openSame(signal);
      } catch (error) {
        if (signal.aborted || attempt >= this.options.attempts) throw error;
        await pause(this.options.pauseMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #openSame(signal: AbortSignal): Promise<NbdClient> {
    const client = await this.options.open(signal);
    if (client.description.sizeBytes !== this.description.sizeBytes) {
      await client.close();
      throw new NbdConnectFailed(
        `the export had ${this.description.sizeBytes} bytes and now has ${client.description.sizeBytes}: it is another one; check the server, then open it anew`,
      );
    }
    this.#watch(client);
    return client;
  }
}

async function unlessAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await promise;
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new NbdAborted('waiting for a connection: aborted; the request was never sent'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
