/** What a server sends, field by field. Handles are below 2^32. */
import {
  GREETING_MAGIC,
  OPTION_MAGIC,
  OPTION_REPLY_MAGIC,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from '../protocol.js';

export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export const u64 = (value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};

/** The greeting: two magic words and the handshake flags. */
export const greeting = (flags = 3): Buffer =>
  Buffer.concat([Buffer.from(GREETING_MAGIC), Buffer.from(OPTION_MAGIC), u16(flags)]);

/** A reply to an option: magic, option, type, length, data. */
export const optionReply = (option: number, type: number, ...data: readonly Buffer[]): Buffer => {
  const payload = Buffer.concat(data);
  return Buffer.concat([OPTION_REPLY_MAGIC, u32(option), u32(type), u32(payload.length), payload]);
};

/** A simple reply: magic, error, handle, and the data of a read. */
export const simpleReply = (handle: number, errno = 0, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([u32(SIMPLE_REPLY_MAGIC), u32(errno), u64(handle), data]);

/** A chunk that is not the last one: magic, flags, type, handle, length, payload. */
export const chunk = (handle: number, type: number, ...payload: readonly Buffer[]): Buffer =>
  chunkWithFlags(0, handle, type, payload);

/** The last chunk of a reply. */
export const lastChunk = (handle: number, type: number, ...payload: readonly Buffer[]): Buffer =>
  chunkWithFlags(1, handle, type, payload);

/** A chunk's head alone, which claims a payload of any length. */
export const chunkHead = (flags: number, handle: number, type: number, length: number): Buffer =>
  Buffer.concat([u32(STRUCTURED_REPLY_MAGIC), u16(flags), u16(type), u64(handle), u32(length)]);

function chunkWithFlags(flags: number, handle: number, type: number, payload: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(payload);
  return Buffer.concat([chunkHead(flags, handle, type, bytes.length), bytes]);
}
