import type { TransferProgress } from '../../hypervisors/hypervisor.js';
import type { Clock } from '../../model/clock.js';
import type { BlockEndpoint } from '../block-endpoint.js';
import type { CopyPlan } from '../copy-plan.js';
import type { TransferRate } from '../link-rate.js';

export interface CopyRequest {
  /** Whose disk it is, for messages: `disk vda of web-1`. */
  readonly subject: string;
  readonly plan: CopyPlan;
  /** It must show the same moment of the disk in all attempts at one plan. */
  readonly source: BlockEndpoint;
  readonly target: BlockEndpoint;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Durable position of the attempt before. Default 0. */
  readonly from?: number;
  /** Part of the link's rate. Default: no limit. */
  readonly rate?: TransferRate;
  /**
   * Whether blocks of data that are all zeroes are written as zeroes, which moves nothing to the target; a fresh target has
   * them already, and they are left out. Default true.
   */
  readonly detectsZeroes?: boolean;
  readonly limits?: Partial<CopyLimits>;
  /** Twice a second at most, and at the end. What was done by earlier attempts counts as done. */
  readonly onProgress?: (progress: TransferProgress) => void;
  /** A restart may begin here: everything of the plan before it is flushed. Only ever grows. */
  readonly onDurable?: (position: number) => void;
}

export interface CopyLimits {
  /** Bytes of a read and of a write, where both endpoints take as much. Default 1 MiB. */
  readonly requestBytes: number;
  /** Bytes of a request for zeroes, where the target takes as much. Default 32 MiB. */
  readonly zeroRequestBytes: number;
  /** Requests at once, reads and writes together. Default 16. */
  readonly requestsInFlight: number;
  /** Bytes that requests hold at once; there are fewer requests where they would hold more. Default 64 MiB. */
  readonly bytesInFlight: number;
  /**
   * Bytes written between two flushes. Default 512 MiB, which a link of 1 Gbit/s carries in five seconds, while a flush as
   * rare as that costs nothing that the last one would not. A restart repeats twice as much at most, and the requests that
   * were under way.
   */
  readonly flushBytes: number;
}

export const copyLimits: CopyLimits = {
  requestBytes: 2 ** 20,
  zeroRequestBytes: 2 ** 25,
  requestsInFlight: 16,
  bytesInFlight: 2 ** 26,
  flushBytes: 2 ** 29,
};

export interface CopyResult {
  /** Bytes read from the source by this attempt. */
  readonly readBytes: number;
  /** Bytes written as data. */
  readonly writtenBytes: number;
  /** Bytes that are zeroes, planned or found, whether they were written so or left out. */
  readonly zeroedBytes: number;
}
