/** What the server says of an export (NBD protocol, `NBD_OPT_GO` and "Block size constraints"). */
import { NbdProtocolError } from '../errors.js';
import { DEFAULT_BLOCK_SIZES, Information, OptionReply, readUInt64, TransmissionFlag } from '../protocol.js';
import type { PartialReply } from './options.js';

/** Lengths and offsets of requests, in bytes. */
export interface BlockSizes {
  /** Offsets and lengths must be multiples of it. A power of two, 1 to 65536. */
  readonly minimum: number;
  /** Requests of it and its multiples go fastest. A power of two. */
  readonly preferred: number;
  /** No read or write may be longer. */
  readonly maximum: number;
}

/** One export, as the server described it when the connection was made. */
export interface ExportDescription {
  readonly sizeBytes: number;
  readonly blockSizes: BlockSizes;
  readonly isReadOnly: boolean;
  readonly canFlush: boolean;
  /** Whether a write may ask to be on stable storage before it is answered. */
  readonly canForceUnitAccess: boolean;
  readonly canTrim: boolean;
  readonly canWriteZeroes: boolean;
  /** Whether zeroing may be refused where it would be no faster than writing. */
  readonly canZeroFast: boolean;
  readonly canCache: boolean;
  /** Whether a read may ask for one piece. */
  readonly canReadUnfragmented: boolean;
  /** Whether a flush on one connection covers what others wrote. */
  readonly canMultiConnect: boolean;
  readonly isRotational: boolean;
}

/** Of the replies to `NBD_OPT_GO`. */
export function describeExport(parts: readonly PartialReply[]): ExportDescription {
  let identity: { readonly sizeBytes: number; readonly flags: number } | undefined;
  let blockSizes: BlockSizes = DEFAULT_BLOCK_SIZES;
  for (const { type, data } of parts) {
    if (type !== OptionReply.INFO || data.length < 2) {
      throw new NbdProtocolError('a reply to the choice of an export is no information about it');
    }
    const kind = data.readUInt16BE(0);
    if (kind === Information.EXPORT) {
      expectLength('the size and flags of an export', data, 12);
      identity = { sizeBytes: sizeOf(data, 2), flags: data.readUInt16BE(10) };
    } else if (kind === Information.BLOCK_SIZE) {
      expectLength('the block sizes of an export', data, 14);
      blockSizes = blockSizesOf(data);
    }
  }
  if (identity === undefined) throw new NbdProtocolError('it grants an export without saying how large it is');
  return describeFlags(identity.sizeBytes, identity.flags, blockSizes);
}

/** Of a size and flags, as they stand on the wire. */
export function describeFlags(sizeBytes: number, flags: number, blockSizes: BlockSizes): ExportDescription {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (!has(TransmissionFlag.HAS_FLAGS)) {
    throw new NbdProtocolError('the flags of an export lack the bit that must always be set');
  }
  return {
    sizeBytes,
    blockSizes,
    isReadOnly: has(TransmissionFlag.READ_ONLY),
    canFlush: has(TransmissionFlag.SEND_FLUSH),
    canForceUnitAccess: has(TransmissionFlag.SEND_FUA),
    canTrim: has(TransmissionFlag.SEND_TRIM),
    canWriteZeroes: has(TransmissionFlag.SEND_WRITE_ZEROES),
    canZeroFast: has(TransmissionFlag.SEND_FAST_ZERO),
    canCache: has(TransmissionFlag.SEND_CACHE),
    canReadUnfragmented: has(TransmissionFlag.SEND_DF),
    canMultiConnect: has(TransmissionFlag.CAN_MULTI_CONN),
    isRotational: has(TransmissionFlag.ROTATIONAL),
  };
}

/** A size on the wire. */
export function sizeOf(data: Buffer, at: number): number {
  const size = readUInt64(data, at);
  if (size === undefined) throw new NbdProtocolError('an export claims to be larger than 8 PiB');
  return size;
}

function blockSizesOf(data: Buffer): BlockSizes {
  const minimum = data.readUInt32BE(2);
  const preferred = data.readUInt32BE(6);
  const maximum = data.readUInt32BE(10);
  const isPossible =
    isPowerOfTwo(minimum) && minimum <= 65_536 && isPowerOfTwo(preferred) && preferred >= minimum && maximum >= minimum;
  if (!isPossible) {
    throw new NbdProtocolError(`the block sizes ${minimum}, ${preferred} and ${maximum} cannot go together`);
  }
  return { minimum, preferred, maximum: maximum - (maximum % minimum) };
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

function expectLength(what: string, data: Buffer, length: number): void {
  if (data.length !== length) {
    throw new NbdProtocolError(`${what} come in ${data.length} bytes where ${length} are the rule`);
  }
}
