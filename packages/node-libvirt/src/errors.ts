/**
 * Everything that can go wrong, as types. Callers decide by `code` and `mayHaveHappened`, never by message text.
 *
 * `mayHaveHappened` answers the one question that matters after a failure: may the host have carried the call out?
 */
import { errorCodes, errorDomains, errorLevels } from './constants/errors.js';

/** The stable code of each class of error, to switch on. */
export type LibvirtFailureCode =
  | 'LIBVIRT' // libvirt itself answered with an error
  | 'CONNECTION_LOST' // the connection ended while the call was queued or under way
  | 'CONNECT_FAILED' // no connection came about
  | 'DEADLINE' // the caller's deadline passed
  | 'ABORTED' // the caller's AbortSignal fired
  | 'QUEUE_FULL' // too many calls wait already
  | 'PROTOCOL' // the other side broke the protocol
  | 'BAD_ARGUMENT' // a value that cannot be sent, or a call that is not offered in this form
  | 'BAD_URI'; // a URI that names nothing we can connect to

/** The base of every error this library throws. */
export abstract class NodeLibvirtError extends Error {
  /** The same for every error of a class. */
  abstract readonly code: LibvirtFailureCode;
  /** True when the host may have carried the call out although no answer came. */
  readonly mayHaveHappened: boolean;

  constructor(message: string, options: { mayHaveHappened?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.mayHaveHappened = options.mayHaveHappened ?? false;
  }
}

/** What libvirt reports of an error (virNetMessageError in libvirt's virnetprotocol.x). The strings and numbers at the end differ per error. */
export interface ReportedError {
  /** virErrorNumber */
  readonly number: number;
  /** virErrorDomain */
  readonly domain: number;
  /** virErrorLevel */
  readonly level: number;
  readonly message: string | null;
  readonly str1: string | null;
  readonly str2: string | null;
  readonly str3: string | null;
  readonly int1: number;
  readonly int2: number;
}

/**
 * libvirt answered the call with an error. Most errors mean that nothing was done, and `mayHaveHappened` is false since
 * the outcome is told; but what had begun before the error is not always undone. An agent command that timed out may have
 * run in the guest, and a migration that failed at its end may have arrived: ask the host in such cases.
 */
export class LibvirtError extends NodeLibvirtError {
  readonly code = 'LIBVIRT';
  /** virErrorNumber, as a number. */
  readonly number: number;
  /** virErrorNumber by libvirt's own name, such as `VIR_ERR_NO_DOMAIN`; `VIR_ERR_<number>` when it is newer than this table. */
  readonly numberName: string;
  /** virErrorDomain by libvirt's own name, such as `VIR_FROM_QEMU`. */
  readonly domainName: string;
  /** virErrorLevel by libvirt's own name: `VIR_ERR_WARNING` or `VIR_ERR_ERROR`. */
  readonly levelName: string;

  constructor(
    /** The call that was refused, by libvirt's name without `vir`. */
    readonly call: string,
    readonly reported: ReportedError,
  ) {
    super(reported.message ?? 'libvirt gave no message');
    this.number = reported.number;
    this.numberName = errorCodes[reported.number] ?? `VIR_ERR_${reported.number}`;
    this.domainName = errorDomains[reported.domain] ?? `VIR_FROM_${reported.domain}`;
    this.levelName = errorLevels[reported.level] ?? `VIR_ERR_LEVEL_${reported.level}`;
  }

  /** libvirt's domain of the error, as a number. */
  get domain(): number {
    return this.reported.domain;
  }

  /** libvirt's level of the error, as a number. */
  get level(): number {
    return this.reported.level;
  }
}

/**
 * The connection ended before the answer came. When `mayHaveHappened` is true the call had left this side: ask the
 * host what is the case before doing it again. When it is false the call was still queued here and was never sent.
 */
export class ConnectionLost extends NodeLibvirtError {
  readonly code = 'CONNECTION_LOST';

  constructor(
    message: string,
    /** Why the connection ended, as far as this side can tell. */
    readonly reason: string,
    options: { mayHaveHappened: boolean; cause?: unknown },
  ) {
    super(message, options);
  }
}

/** No connection came about: an unknown host, a refused key, a socket that is not libvirt. The message names the mend. */
export class ConnectFailed extends NodeLibvirtError {
  readonly code = 'CONNECT_FAILED';
}

/** The deadline of the call passed. A call that was sent goes on at the host: libvirt has no way to take one back. */
export class DeadlinePassed extends NodeLibvirtError {
  readonly code = 'DEADLINE';
}

/** The caller's AbortSignal fired, or the caller aborted the stream. Like {@link DeadlinePassed}, it does not stop what the host already began. */
export class CallAborted extends NodeLibvirtError {
  readonly code = 'ABORTED';
}

/** The connection's queue is full; nothing was sent. */
export class QueueFull extends NodeLibvirtError {
  readonly code = 'QUEUE_FULL';
}

/** The other side sent what the protocol does not allow. The connection is given up, since its frames are out of step. */
export class ProtocolError extends NodeLibvirtError {
  readonly code = 'PROTOCOL';
}

/** A value that cannot be sent, named by its argument. Nothing was sent. */
export class BadArgument extends NodeLibvirtError {
  readonly code = 'BAD_ARGUMENT';
}

/** The URI is not one that this library can connect to. */
export class BadUri extends NodeLibvirtError {
  readonly code = 'BAD_URI';
}
