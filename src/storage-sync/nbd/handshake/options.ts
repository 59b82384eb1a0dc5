/** Options of the handshake and the replies to them (NBD protocol, "Fixed newstyle negotiation"). */
import { NbdConnectFailed, NbdProtocolError, printable } from '../errors.js';
import { OPTION_MAGIC, OPTION_REPLY_ERROR, OPTION_REPLY_MAGIC, OptionReply } from '../protocol.js';
import type { HandshakeReader } from './handshake-reader.js';

/** The longest reply to an option that is taken, in bytes. */
const REPLY_MAX = 65_536;
/** The most replies to one option that are taken. */
const REPLIES_MAX = 16_384;
const REPLY_HEAD_SIZE = 20;

/** What the handshake goes over. */
export interface HandshakeStream {
  readonly reader: HandshakeReader;
  write(bytes: Buffer): void;
}

/** One reply to an option that is neither the last one nor an error. */
export interface PartialReply {
  readonly type: number;
  readonly data: Buffer;
}

/** How the server answered an option. */
export type OptionAnswer =
  | { readonly isGranted: true; readonly parts: readonly PartialReply[] }
  | { readonly isGranted: false; readonly type: number; readonly message: string };

/** Sends an option and reads all replies to it. Rejects with `NbdProtocolError` when they are not replies to it. */
export async function askOption(stream: HandshakeStream, option: number, data?: Buffer): Promise<OptionAnswer> {
  sendOption(stream, option, data);
  const parts: PartialReply[] = [];
  for (;;) {
    const reply = await readReply(stream.reader, option);
    if (reply.type === OptionReply.ACK) {
      if (reply.data.length > 0) throw new NbdProtocolError(`an acknowledgement carries ${reply.data.length} bytes`);
      return { isGranted: true, parts };
    }
    if (reply.type >= OPTION_REPLY_ERROR) {
      return { isGranted: false, type: reply.type, message: printable(reply.data.toString('utf8')) };
    }
    if (parts.length === REPLIES_MAX) {
      throw new NbdProtocolError(`more than ${REPLIES_MAX} replies come to the option ${option}`);
    }
    parts.push(reply);
  }
}

export function sendOption(stream: HandshakeStream, option: number, data: Buffer = Buffer.alloc(0)): void {
  const head = Buffer.alloc(16);
  head.write(OPTION_MAGIC, 'latin1');
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(data.length, 12);
  stream.write(Buffer.concat([head, data]));
}

async function readReply(reader: HandshakeReader, option: number): Promise<PartialReply> {
  const head = await reader.take(REPLY_HEAD_SIZE);
  if (!head.subarray(0, 8).equals(OPTION_REPLY_MAGIC)) {
    throw new NbdProtocolError('what should be a reply to an option begins with another magic number');
  }
  const answered = head.readUInt32BE(8);
  if (answered !== option) {
    throw new NbdProtocolError(`a reply is for the option ${answered} where ${option} was sent`);
  }
  const type = head.readUInt32BE(12);
  const length = head.readUInt32BE(16);
  if (length > REPLY_MAX) {
    throw new NbdProtocolError(`a reply to an option has ${length} bytes, over the limit of ${REPLY_MAX}`);
  }
  return { type, data: length === 0 ? Buffer.alloc(0) : await reader.take(length) };
}

/** Refusals in words that say what to do. */
export function refusal(what: string, answer: { readonly type: number; readonly message: string }): NbdConnectFailed {
  const words = answer.message === '' ? '' : ` (${answer.message})`;
  return new NbdConnectFailed(`the server refuses ${what}${words}: ${refusalAdvice(answer.type)}`);
}

function refusalAdvice(type: number): string {
  switch (type) {
    case OptionReply.ERR_UNSUP:
      return 'it does not know this; upgrade it or do without';
    case OptionReply.ERR_POLICY:
      return 'its settings forbid it; change how it was started';
    case OptionReply.ERR_INVALID:
      return 'it takes the request for malformed; check its version';
    case OptionReply.ERR_PLATFORM:
      return 'its platform cannot do it';
    case OptionReply.ERR_TLS_REQD:
      return 'it wants TLS; give certificates or the shared key';
    case OptionReply.ERR_UNKNOWN:
      return 'it has no export of that name; list its exports';
    case OptionReply.ERR_SHUTDOWN:
      return 'it is being shut down; start it again';
    case OptionReply.ERR_BLOCK_SIZE_REQD:
      return 'it wants its block sizes to be kept, which it should then tell; check its version';
    case OptionReply.ERR_TOO_BIG:
      return 'it takes the request for too long; use shorter names';
    case OptionReply.ERR_EXT_HEADER_REQD:
      return 'it wants the extended headers, which are not spoken here';
    default:
      return `it says no more than the number 0x${type.toString(16)}; look into its log`;
  }
}
