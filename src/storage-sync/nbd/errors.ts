/**
 * Everything that can go wrong with an NBD export, as types. Callers decide by `code`, `errnoName` and
 * `mayHaveHappened`, never by message text.
 *
 * `mayHaveHappened` answers the one question that matters after a failure: may the server have carried the request out?
 */

/** The stable code of each class of error, to switch on. */
export type NbdFailureCode =
  | 'SERVER' // the server answered the request with an error
  | 'CONNECTION_LOST' // the connection ended while the request was queued or under way
  | 'CONNECT_FAILED' // no connection came about, or no such export
  | 'ABORTED' // the caller's AbortSignal fired
  | 'QUEUE_FULL' // too many requests wait already
  | 'PROTOCOL' // the other side broke the protocol
  | 'NOT_OFFERED' // the server does not offer this for the export
  | 'BAD_ARGUMENT' // a value that cannot be sent
  | 'WRITES_UNCERTAIN'; // the connection was replaced while writes were not flushed

/** The base of every error of the NBD client. */
export abstract class NbdError extends Error {
  /** The same for every error of a class. */
  abstract readonly code: NbdFailureCode;
  /** True when the server may have carried the request out although no answer came. */
  readonly mayHaveHappened: boolean;

  constructor(message: string, options: { readonly mayHaveHappened?: boolean; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/** What the server said of a request that it could not carry out. */
export interface ReportedNbdError {
  /** The number on the wire (NBD protocol, "Error values"). */
  readonly errno: number;
  /** What the server says in its own words; empty when it says nothing. */
  readonly message: string;
  /** Where in the export it happened, in bytes, when the server told. */
  readonly offset: number | undefined;
}

/**
 * The server answered with an error. A write, a zeroing or a trim that failed may have changed a part of its range, so
 * `mayHaveHappened` is true for these; it is false for reads, block status and flush. After a failed flush nothing is
 * known of the writes before it: they must be written again.
 */
export class NbdServerError extends NbdError {
  readonly code = 'SERVER';
  /** The error by its name in the protocol, such as `ENOSPC`; `ERRNO_<number>` for one that it does not name. */
  readonly errnoName: string;

  constructor(
    /** The request in words, with the export. */
    readonly subject: string,
    readonly reported: ReportedNbdError,
    options: { readonly mayHaveHappened: boolean },
  ) {
    const name = errnoNames[reported.errno] ?? `ERRNO_${reported.errno}`;
    const words = reported.message === '' ? '' : ` (${printable(reported.message)})`;
    const place = reported.offset === undefined ? '' : ` at byte ${reported.offset}`;
    super(`${subject}: the server answers ${name}${place}${words}: ${adviceOf(name)}`, options);
    this.errnoName = name;
  }
}

/**
 * The connection ended before the answer came. When `mayHaveHappened` is true the request had left this side. Reads may
 * be repeated on another connection; of writes and zeroing nothing is known until they are written again and flushed.
 */
export class NbdConnectionLost extends NbdError {
  readonly code = 'CONNECTION_LOST';
}

/** No connection came about: nobody listens, TLS is refused, there is no such export. The message names the mend. */
export class NbdConnectFailed extends NbdError {
  readonly code = 'CONNECT_FAILED';
}

/**
 * The caller's AbortSignal fired. A request that was sent goes on at the server, which has no way to take one back, and
 * keeps its place among those in flight until it is answered.
 */
export class NbdAborted extends NbdError {
  readonly code = 'ABORTED';
}

/** Too many requests wait for their turn; nothing was sent. */
export class NbdQueueFull extends NbdError {
  readonly code = 'QUEUE_FULL';
}

/** The other side sent what the protocol does not allow. The connection is given up, since nothing it says can be trusted. */
export class NbdProtocolError extends NbdError {
  readonly code = 'PROTOCOL';
}

/** The server does not offer this for the export. Nothing was sent. */
export class NbdNotOffered extends NbdError {
  readonly code = 'NOT_OFFERED';
}

/** A value that cannot be sent, such as a range beyond the end of the export. Nothing was sent. */
export class NbdBadArgument extends NbdError {
  readonly code = 'BAD_ARGUMENT';
}

/**
 * A flush that cannot promise what it should: since the last one the connection was replaced, and writes that had been
 * answered before may be lost with a server that died. Told once; a later flush covers what was written since the
 * replacement. Write everything since the last good flush again.
 */
export class NbdWritesUncertain extends NbdError {
  readonly code = 'WRITES_UNCERTAIN';
}

/** NBD protocol, "Error values"; `ENOTSUP` comes with fast zeroes. */
const errnoNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
};

function adviceOf(name: string): string {
  switch (name) {
    case 'EPERM':
      return 'the export may be read-only; check how it was exported';
    case 'EIO':
      return 'look for errors of the storage under it in the log of its host';
    case 'ENOMEM':
      return 'free memory on its host, or keep fewer and smaller requests in flight';
    case 'EINVAL':
      return 'the server does not take such a request; check its version';
    case 'ENOSPC':
      return 'make room where the image lies, then write again';
    case 'EOVERFLOW':
      return 'ask for less at once';
    case 'ENOTSUP':
      return 'do it without asking for speed';
    case 'ESHUTDOWN':
      return 'the server is being shut down; start it again, then connect anew';
    default:
      return 'look into the log of its host';
  }
}

/** Text of the other side, fit for a terminal: no control characters, and no longer than a line may be. */
export function printable(text: string): string {
  const clean = text.replaceAll(/\p{Cc}/gu, ' ');
  return clean.length > 200 ? `${clean.slice(0, 200)}…` : clean;
}
