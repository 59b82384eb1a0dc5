/**
 * The numbers of the NBD protocol, by the names that its document gives them
 * (doc/proto.md of the NetworkBlockDevice project; each group names its section).
 */

/** "Newstyle negotiation": what the server says first. */
export const GREETING_MAGIC = 'NBDMAGIC';
/** "Newstyle negotiation": marks the newstyle greeting, and begins every option of the client. */
export const OPTION_MAGIC = 'IHAVEOPT';
/** "Fixed newstyle negotiation": begins every reply to an option. */
export const OPTION_REPLY_MAGIC = Buffer.from('0003e889045565a9', 'hex');

/** "Request message" */
export const REQUEST_MAGIC = 0x25609513;
/** "Simple reply message" */
export const SIMPLE_REPLY_MAGIC = 0x67446698;
/** "Structured reply chunk message" */
export const STRUCTURED_REPLY_MAGIC = 0x668e33ef;
/** A request's bytes before its payload: magic, flags, type, handle, offset, length. */
export const REQUEST_SIZE = 28;

/** "Handshake flags", and with the same bits "Client flags". */
export const HandshakeFlag = { FIXED_NEWSTYLE: 1 << 0, NO_ZEROES: 1 << 1 } as const;

/** "Option types" */
export const Option = {
  EXPORT_NAME: 1,
  ABORT: 2,
  LIST: 3,
  STARTTLS: 5,
  GO: 7,
  STRUCTURED_REPLY: 8,
  LIST_META_CONTEXT: 9,
  SET_META_CONTEXT: 10,
} as const;

/** "Option reply types" */
export const OptionReply = {
  ACK: 1,
  SERVER: 2,
  INFO: 3,
  META_CONTEXT: 4,
  ERR_UNSUP: 0x80000001,
  ERR_POLICY: 0x80000002,
  ERR_INVALID: 0x80000003,
  ERR_PLATFORM: 0x80000004,
  ERR_TLS_REQD: 0x80000005,
  ERR_UNKNOWN: 0x80000006,
  ERR_SHUTDOWN: 0x80000007,
  ERR_BLOCK_SIZE_REQD: 0x80000008,
  ERR_TOO_BIG: 0x80000009,
  ERR_EXT_HEADER_REQD: 0x8000000a,
} as const;
/** "Option reply types": an error has this bit. */
export const OPTION_REPLY_ERROR = 0x80000000;

/** "Option types", `NBD_OPT_INFO` and `NBD_OPT_GO`: kinds of information. */
export const Information = { EXPORT: 0, NAME: 1, DESCRIPTION: 2, BLOCK_SIZE: 3 } as const;

/** "Transmission flags" */
export const TransmissionFlag = {
  HAS_FLAGS: 1 << 0,
  READ_ONLY: 1 << 1,
  SEND_FLUSH: 1 << 2,
  SEND_FUA: 1 << 3,
  ROTATIONAL: 1 << 4,
  SEND_TRIM: 1 << 5,
  SEND_WRITE_ZEROES: 1 << 6,
  SEND_DF: 1 << 7,
  CAN_MULTI_CONN: 1 << 8,
  SEND_CACHE: 1 << 10,
  SEND_FAST_ZERO: 1 << 11,
} as const;

/** "Request types" */
export const Command = {
  READ: 0,
  WRITE: 1,
  DISC: 2,
  FLUSH: 3,
  TRIM: 4,
  CACHE: 5,
  WRITE_ZEROES: 6,
  BLOCK_STATUS: 7,
} as const;

/** "Command flags" */
export const CommandFlag = {
  FUA: 1 << 0,
  NO_HOLE: 1 << 1,
  DF: 1 << 2,
  REQ_ONE: 1 << 3,
  FAST_ZERO: 1 << 4,
} as const;

/** "Structured reply flags": the last chunk of a reply. */
export const REPLY_FLAG_DONE = 1 << 0;

/** "Structured reply types" */
export const ReplyType = {
  NONE: 0,
  OFFSET_DATA: 1,
  OFFSET_HOLE: 2,
  BLOCK_STATUS: 5,
  ERROR: 0x8001,
  ERROR_OFFSET: 0x8002,
} as const;
/** "Structured reply types": an error has this bit. */
export const REPLY_TYPE_ERROR = 0x8000;

/** "Error values": the server is being shut down, and the client must leave. */
export const ESHUTDOWN = 108;

/** "Conventions": no string is longer, in bytes. */
export const STRING_MAX = 4096;

/** "Block size constraints": what holds when the server names none, in bytes. */
export const DEFAULT_BLOCK_SIZES = { minimum: 1, preferred: 4096, maximum: 33_554_432 } as const;

const HIGH = 4_294_967_296;

/** A 64-bit number of the wire; undefined when it is too large to be exact here (over 8 PiB). */
export function readUInt64(bytes: Buffer, at: number): number | undefined {
  const value = bytes.readUInt32BE(at) * HIGH + bytes.readUInt32BE(at + 4);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function writeUInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / HIGH), at);
  bytes.writeUInt32BE(value % HIGH, at + 4);
}
