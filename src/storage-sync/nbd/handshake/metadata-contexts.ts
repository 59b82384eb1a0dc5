/** Metadata contexts (NBD protocol, "Metadata querying", `NBD_OPT_LIST_META_CONTEXT` and `NBD_OPT_SET_META_CONTEXT`). */
import { NbdBadArgument, NbdProtocolError } from '../errors.js';
import { OptionReply, STRING_MAX } from '../protocol.js';
import type { PartialReply } from './options.js';

/** The most contexts of one export. */
const CONTEXTS_MAX = 1024;

/** The data of either option: the export, and what is asked for. */
export function encodeQueries(exportName: string, queries: readonly string[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(queries.length);
  return Buffer.concat([encodeString(exportName), count, ...queries.map(encodeString)]);
}

/** A string with its length before it. */
export function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > STRING_MAX || text.includes('\0')) {
    throw new NbdBadArgument(
      `"${text.slice(0, 40)}" cannot be sent: a name has at most ${STRING_MAX} bytes and no NUL; shorten it`,
    );
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** The contexts that the server set up: the id of each on the wire, and its name. Others than those asked for are refused. */
export function chosenContexts(
  parts: readonly PartialReply[],
  queries: readonly string[],
): ReadonlyMap<number, string> {
  const chosen = new Map<number, string>();
  for (const { id, name } of contextsOf(parts)) {
    if (!queries.some((query) => answers(name, query))) {
      throw new NbdProtocolError(`it sets up the metadata context "${name}", which was not asked for`);
    }
    if (chosen.has(id) || [...chosen.values()].includes(name)) {
      throw new NbdProtocolError(`it sets up the metadata context "${name}" with an id or a name that is taken`);
    }
    chosen.set(id, name);
  }
  return chosen;
}

/** The names of the contexts in the replies. */
export function contextNames(parts: readonly PartialReply[]): readonly string[] {
  return contextsOf(parts).map(({ name }) => name);
}

/** A query is a name, or one that ends in a colon and stands for all names that begin with it. */
function answers(name: string, query: string): boolean {
  return name === query || (query.endsWith(':') && name.startsWith(query));
}

function contextsOf(parts: readonly PartialReply[]): ReadonlyArray<{ readonly id: number; readonly name: string }> {
  if (parts.length > CONTEXTS_MAX) throw new NbdProtocolError(`it has more than ${CONTEXTS_MAX} metadata contexts`);
  return parts.map(({ type, data }) => {
    if (type !== OptionReply.META_CONTEXT || data.length < 5 || data.length > 4 + STRING_MAX) {
      throw new NbdProtocolError('a reply to the choice of metadata contexts names none');
    }
    return { id: data.readUInt32BE(0), name: data.toString('utf8', 4) };
  });
}
