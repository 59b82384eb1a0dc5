/** An export, over as many connections as it allows. */
import { connectNbd, type NbdConnectOptions } from './connect.js';
import { NbdBadArgument, NbdConnectFailed, type NbdError } from './errors.js';
import type { ExportDescription } from './handshake/export-description.js';
import { type ByteRange, pieces } from './ranges.js';
import type { NbdConnection } from './transmission/connection.js';
import type { ReadPart } from './transmission/read-assembly.js';
import type { NbdRequest } from './transmission/request.js';
import type { StatusExtent } from './transmission/status-assembly.js';

/** Requests without a payload are cut into pieces of this many bytes, so that none of them takes the server long. */
const ZEROES_MAX = 134_217_728;
const STATUS_MAX = 1_073_741_824;
/** How long further connections may take; without them there are fewer. In milliseconds. */
const FURTHER_DEADLINE_MS = 2000;

export interface NbdClientOptions extends NbdConnectOptions {
  /**
   * Connections to open. Default 1. There is only one when the export does not say that a flush covers all of them
   * (`NBD_FLAG_CAN_MULTI_CONN`), and fewer when the server does not take so many.
   */
  readonly connections?: number;
}

/** What each request may be given. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** What a read may be given. */
export interface ReadOptions extends RequestOptions {
  /**
   * Memory of the read's length that takes the bytes, instead of new memory: for large copies that is about a quarter
   * of the work. After a rejection it must not be used again, since what is under way may still be put there.
   */
  readonly into?: Buffer;
}

/** What requests that change the export may be given. */
export interface WriteOptions extends RequestOptions {
  /** Answer only when it is on stable storage (`NBD_CMD_FLAG_FUA`). Default false. */
  readonly isForced?: boolean;
}

/**
 * An export of an NBD server. Offsets and lengths are bytes; requests longer than the server takes are cut into pieces
 * that run together, and a rejection comes when all of these have ended.
 *
 * Rejects with an `NbdError`: `SERVER`, `CONNECTION_LOST`, `ABORTED`, `QUEUE_FULL`, `PROTOCOL`, `NOT_OFFERED`,
 * `BAD_ARGUMENT`. When one connection is lost all of them end, since what the server still knows is then unknown.
 */
export class NbdClient {
  /** Resolves when the first connection has ended: with the reason, or with `null` when this side closed it. */
  readonly closed: Promise<NbdError | null>;

  constructor(private readonly connections: readonly [NbdConnection, ...NbdConnection[]]) {
    this.closed = Promise.race(connections.map((connection) => connection.closed));
    void this.closed.then((reason) => {
      if (reason === null) return;
      for (const connection of connections) connection.destroy(`another connection to it ended: ${reason.message}`);
    });
  }

  get description(): ExportDescription {
    return this.connections[0].agreement.export;
  }

  /** Names of the metadata contexts that the server has of those that were asked for. */
  get contexts(): readonly string[] {
    return [...this.connections[0].agreement.contexts.values()];
  }

  /** How many connections there are. */
  get width(): number {
    return this.connections.length;
  }

  /** The bytes of a range; holes read as zeroes. */
  async read(offset: number, length: number, options: ReadOptions = {}): Promise<Buffer> {
    const reads = await this.#read({ offset, length }, options);
    const parts = reads.map(({ read }) => read.bytes());
    return reads[0]?.whole ?? (parts[0] as Buffer);
  }

  /** A range as the server tells it: data and holes, in order and without gaps. */
  async readSparse(offset: number, length: number, options: RequestOptions = {}): Promise<readonly ReadPart[]> {
    const reads = await this.#read({ offset, length }, options);
    return reads.flatMap(({ read }) => read.parts());
  }

  /**
   * Writes `data`, which must not be changed until it is answered; after an abort, not until the connection has ended.
   * Answered is not stable: that takes {@link flush} or `isForced`.
   */
  async write(offset: number, data: Buffer, options: WriteOptions = {}): Promise<void> {
    const { isForced = false, signal } = options;
    await this.#each({ offset, length: data.length }, this.description.blockSizes.maximum, (connection, piece) => {
      const at = piece.offset - offset;
      const part = piece.length === data.length ? data : data.subarray(at, at + piece.length);
      return connection.perform({ kind: 'write', offset: piece.offset, data: part, isForced }, signal);
    });
  }

  /**
   * Makes a range read as zeroes. `mayPunch`: whether it may become a hole (default false). `isFast`: whether to fail
   * with `ENOTSUP` where it would be no faster than writing (default false).
   */
  async writeZeroes(
    offset: number,
    length: number,
    options: WriteOptions & { readonly mayPunch?: boolean; readonly isFast?: boolean } = {},
  ): Promise<void> {
    const { mayPunch = false, isFast = false, isForced = false, signal } = options;
    await this.#each({ offset, length }, ZEROES_MAX, (connection, piece) =>
      connection.perform({ kind: 'write-zeroes', ...piece, mayPunch, isFast, isForced }, signal),
    );
  }

  /** Says that a range is not needed any more; what it reads as afterwards is unknown. */
  async trim(offset: number, length: number, options: WriteOptions = {}): Promise<void> {
    const { isForced = false, signal } = options;
    await this.#each({ offset, length }, ZEROES_MAX, (connection, piece) =>
      connection.perform({ kind: 'trim', ...piece, isForced }, signal),
    );
  }

  /** Says that a range will be read soon. */
  async cache(offset: number, length: number, options: RequestOptions = {}): Promise<void> {
    await this.#each({ offset, length }, this.description.blockSizes.maximum, (connection, piece) =>
      connection.perform({ kind: 'cache', ...piece }, options.signal),
    );
  }

  /**
   * Puts everything on stable storage that was answered before this call, on whichever connection
   * ("Ordering of messages and writes"). Writes that are still in flight may or may not be covered.
   */
  async flush(options: RequestOptions = {}): Promise<void> {
    await this.#leastLoaded().perform({ kind: 'flush' }, options.signal);
  }

  /**
   * What each metadata context says of a range, in order and without gaps, from `offset` on and as far as the server
   * told, which is at least one extent. `isOne`: only the first extent of each context (default false).
   */
  async blockStatus(
    offset: number,
    length: number,
    options: RequestOptions & { readonly isOne?: boolean } = {},
  ): Promise<ReadonlyMap<string, readonly StatusExtent[]>> {
    const { isOne = false, signal } = options;
    const asked = Math.min(length, STATUS_MAX);
    return await this.#leastLoaded().blockStatus({ kind: 'block-status', offset, length: asked, isOne }, signal);
  }

  /** Waits for what is in flight and parts from the server. May be called again. */
  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }

  /** Lets `await using` close it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read(range: ByteRange, { signal, into }: ReadOptions) {
    if (into !== undefined && into.length !== range.length) {
      throw new NbdBadArgument(`memory of ${into.length} bytes for a read of ${range.length}: give as much as is read`);
    }
    const { maximum } = this.description.blockSizes;
    const isSplit = range.length > maximum && range.offset + range.length <= this.description.sizeBytes;
    const whole = into ?? (isSplit ? Buffer.allocUnsafeSlow(range.length) : undefined);
    return await this.#each(range, isSplit ? maximum : range.length, async (connection, piece) => {
      const request: NbdRequest & { kind: 'read' } = { kind: 'read', ...piece, isUnfragmented: false };
      const at = piece.offset - range.offset;
      return { read: await connection.read(request, signal, whole?.subarray(at, at + piece.length)), whole };
    });
  }

  async #each<Answer>(
    range: ByteRange,
    longest: number,
    ask: (connection: NbdConnection, piece: ByteRange) => Promise<Answer>,
  ): Promise<readonly Answer[]> {
    if (range.length <= longest || range.offset + range.length > this.description.sizeBytes) {
      return [await ask(this.#leastLoaded(), range)];
    }
    const answers = await Promise.allSettled(pieces(range, longest).map((piece) => ask(this.#leastLoaded(), piece)));
    return answers.map((answer) => {
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    });
  }

  #leastLoaded(): NbdConnection {
    let [best] = this.connections;
    for (const connection of this.connections) {
      if (weight(connection) < weight(best)) best = connection;
    }
    return best;
  }
}

/** Requests in flight and waiting decide; bytes where these are even. */
function weight(connection: NbdConnection): number {
  const { inFlight, queued, bytesInFlight } = connection.load;
  return inFlight + queued + bytesInFlight / Number.MAX_SAFE_INTEGER;
}

/** Opens an export. Rejects as `connectNbd` does. */
export async function openNbd(options: NbdClientOptions): Promise<NbdClient> {
  const first = await connectNbd(options);
  const { export: description } = first.agreement;
  if (!description.canMultiConnect) return new NbdClient([first]);
  const further = await Promise.allSettled(
    Array.from({ length: (options.connections ?? 1) - 1 }, () =>
      connectNbd({
        ...options,
        connectDeadlineMs: Math.min(options.connectDeadlineMs || FURTHER_DEADLINE_MS, FURTHER_DEADLINE_MS),
      }),
    ),
  );
  const opened = further.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const client = new NbdClient([first, ...opened]);
  if (opened.some((each) => each.agreement.export.sizeBytes !== description.sizeBytes)) {
    await client.close();
    throw new NbdConnectFailed(
      `export "${options.exportName ?? ''}": its connections tell different sizes: it changes while it is opened; try again`,
    );
  }
  return client;
}
