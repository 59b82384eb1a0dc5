/** The handshake from the greeting to the chosen export (NBD protocol, "Handshake"). */
import { NbdConnectFailed, NbdProtocolError, printable } from '../errors.js';
import {
  DEFAULT_BLOCK_SIZES,
  GREETING_MAGIC,
  HandshakeFlag,
  Information,
  OPTION_MAGIC,
  Option,
  OptionReply,
  STRING_MAX,
} from '../protocol.js';
import { describeExport, describeFlags, type ExportDescription, sizeOf } from './export-description.js';
import { chosenContexts, contextNames, encodeQueries, encodeString } from './metadata-contexts.js';
import { askOption, type HandshakeStream, refusal, sendOption } from './options.js';

/** What the client wants of the export. */
export interface ExportWish {
  readonly exportName: string;
  /** Metadata contexts; one that ends in a colon stands for all that begin with it. */
  readonly contexts: readonly string[];
}

/** What was agreed on. */
export interface Agreement {
  readonly export: ExportDescription;
  readonly hasStructuredReplies: boolean;
  /** Names of the metadata contexts by their ids on the wire; without those that the server does not have. */
  readonly contexts: ReadonlyMap<number, string>;
}

/** An export as a server lists it. */
export interface ListedExport {
  readonly name: string;
  /** What the server adds for people to read; often empty. */
  readonly description: string;
}

/** "Newstyle negotiation": the greeting of both sides. Returns whether zeroes follow an export chosen the old way. */
export async function greet(stream: HandshakeStream): Promise<{ readonly sendsZeroes: boolean }> {
  const magic = await stream.reader.take(16);
  if (magic.toString('latin1', 0, 8) !== GREETING_MAGIC) {
    throw new NbdProtocolError('what answers there is not an NBD server');
  }
  if (magic.toString('latin1', 8) !== OPTION_MAGIC) {
    throw new NbdConnectFailed('the server speaks only the oldstyle handshake: use one of this decade');
  }
  const flags = (await stream.reader.take(2)).readUInt16BE();
  if ((flags & HandshakeFlag.FIXED_NEWSTYLE) === 0) {
    throw new NbdConnectFailed('the server does not speak the fixed newstyle handshake: use one of this decade');
  }
  const sendsZeroes = (flags & HandshakeFlag.NO_ZEROES) === 0;
  const reply = Buffer.alloc(4);
  reply.writeUInt32BE(HandshakeFlag.FIXED_NEWSTYLE | (sendsZeroes ? 0 : HandshakeFlag.NO_ZEROES));
  stream.write(reply);
  return { sendsZeroes };
}

/** `NBD_OPT_STARTTLS`; after it the stream must be encrypted. What arrived in clear text after the consent is refused. */
export async function agreeOnTls(stream: HandshakeStream): Promise<void> {
  const answer = await askOption(stream, Option.STARTTLS);
  if (!answer.isGranted) throw refusal('TLS', answer);
  if (stream.reader.held > 0) {
    throw new NbdProtocolError('bytes in clear text follow the consent to TLS; somebody may have put them there');
  }
}

/** Structured replies, metadata contexts, then the export. */
export async function chooseExport(
  stream: HandshakeStream,
  wish: ExportWish,
  options: { readonly sendsZeroes: boolean },
): Promise<Agreement> {
  const hasStructuredReplies = await agreeOnStructuredReplies(stream);
  const contexts =
    hasStructuredReplies && wish.contexts.length > 0 ? await setContexts(stream, wish) : new Map<number, string>();
  const description = await go(stream, wish.exportName, options.sendsZeroes);
  if (stream.reader.held > 0) throw new NbdProtocolError('it sends replies before any request');
  return { export: description, hasStructuredReplies, contexts };
}

/** `NBD_OPT_LIST` */
export async function listExports(stream: HandshakeStream): Promise<readonly ListedExport[]> {
  const answer = await askOption(stream, Option.LIST);
  if (!answer.isGranted) throw refusal('to list its exports', answer);
  return answer.parts.map(({ type, data }) => {
    const length = type === OptionReply.SERVER && data.length >= 4 ? data.readUInt32BE(0) : Number.NaN;
    if (!(length <= STRING_MAX && length <= data.length - 4)) {
      throw new NbdProtocolError('a reply to the listing of exports names none');
    }
    return {
      name: data.toString('utf8', 4, 4 + length),
      description: printable(data.toString('utf8', 4 + length)),
    };
  });
}

/** `NBD_OPT_LIST_META_CONTEXT`; without queries all contexts of the export. */
export async function listContexts(stream: HandshakeStream, wish: ExportWish): Promise<readonly string[]> {
  if (!(await agreeOnStructuredReplies(stream))) return [];
  const answer = await askOption(stream, Option.LIST_META_CONTEXT, encodeQueries(wish.exportName, wish.contexts));
  if (!answer.isGranted) throw refusal(`to list the metadata contexts of "${wish.exportName}"`, answer);
  return contextNames(answer.parts);
}

/** `NBD_OPT_ABORT`: leaves without an export. The server may answer or just close. */
export function abortHandshake(stream: HandshakeStream): void {
  sendOption(stream, Option.ABORT);
}

async function agreeOnStructuredReplies(stream: HandshakeStream): Promise<boolean> {
  const answer = await askOption(stream, Option.STRUCTURED_REPLY);
  if (answer.isGranted) return true;
  if (answer.type === OptionReply.ERR_TLS_REQD || answer.type === OptionReply.ERR_SHUTDOWN) {
    throw refusal('to go on', answer);
  }
  return false;
}

async function setContexts(stream: HandshakeStream, wish: ExportWish): Promise<ReadonlyMap<number, string>> {
  const answer = await askOption(stream, Option.SET_META_CONTEXT, encodeQueries(wish.exportName, wish.contexts));
  if (answer.isGranted) return chosenContexts(answer.parts, wish.contexts);
  if (answer.type === OptionReply.ERR_UNSUP) return new Map();
  throw refusal(`the metadata contexts ${wish.contexts.join(', ')} of "${wish.exportName}"`, answer);
}

async function go(stream: HandshakeStream, exportName: string, sendsZeroes: boolean): Promise<ExportDescription> {
  const requests = Buffer.alloc(4);
  requests.writeUInt16BE(1);
  requests.writeUInt16BE(Information.BLOCK_SIZE, 2);
  const answer = await askOption(stream, Option.GO, Buffer.concat([encodeString(exportName), requests]));
  if (answer.isGranted) return describeExport(answer.parts);
  if (answer.type !== OptionReply.ERR_UNSUP) throw refusal(`the export "${exportName}"`, answer);
  sendOption(stream, Option.EXPORT_NAME, Buffer.from(exportName, 'utf8'));
  const data = await stream.reader.take(sendsZeroes ? 134 : 10);
  return describeFlags(sizeOf(data, 0), data.readUInt16BE(8), DEFAULT_BLOCK_SIZES);
}
