import type { ReportedNbdError } from '../errors.js';
import type { ReadAssembly } from './read-assembly.js';
import type { NbdRequest } from './request.js';
import type { StatusAssembly } from './status-assembly.js';

/** A request that has no answer yet. */
export interface Pending {
  readonly request: NbdRequest;
  /** Where a read is put together. */
  readonly read: ReadAssembly | undefined;
  /** Where a block status is put together. */
  readonly status: StatusAssembly | undefined;
  readonly signal: AbortSignal | undefined;
  resolve(): void;
  reject(error: unknown): void;
  handle: number;
  isSent: boolean;
  /** The caller was told already that it ended; the reply is read and dropped. */
  isAbandoned: boolean;
  /** The first error that a chunk of the reply told. */
  error: ReportedNbdError | undefined;
}

/** Where replies find their requests. */
export interface PendingTable {
  /** The request of that handle; undefined when none is in flight. */
  find(handle: number): Pending | undefined;
  /** Its reply is complete. Throws `NbdProtocolError` when the reply claims success and lacks something. */
  finish(pending: Pending): void;
}
