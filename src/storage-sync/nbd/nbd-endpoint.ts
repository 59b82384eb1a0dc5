/** An NBD export as a {@link BlockEndpoint}. */
import type { BlockEndpoint } from '../block-endpoint.js';
import { type NbdClient, type NbdClientOptions, openNbd } from './client.js';
import { NbdNotOffered } from './errors.js';
import { pieces } from './ranges.js';
import { ReconnectingNbdClient, type ReconnectOptions } from './reconnecting-client.js';
import { warmServerMemory } from './server-memory.js';

export interface NbdEndpointOptions extends NbdClientOptions {
  /**
   * Replaces a lost connection: reads and extents are asked again, writes are not, and a flush that cannot cover all
   * writes rejects with `NbdWritesUncertain`. Default: a lost connection ends the endpoint.
   */
  readonly reconnect?: ReconnectOptions;
}

const BASE_ALLOCATION = 'base:allocation';
/** The most bytes of zeroes that are kept to be written where the server does not offer zeroing. */
const ZEROES_MAX = 1_048_576;

/**
 * Opens an export. `contexts` are those that `extents` may be asked for; default `base:allocation`. Where the server
 * lacks that one, all is told as data, which the protocol always allows ("Metadata contexts", flags 0). Where it does
 * not offer zeroing, zeroes are written. Rejects as `connectNbd` does or with an `NbdError`, as requests do.
 */
export async function openNbdEndpoint(options: NbdEndpointOptions): Promise<BlockEndpoint> {
  const settings = { contexts: [BASE_ALLOCATION], ...options };
  const client =
    options.reconnect === undefined
      ? await openNbd(settings)
      : await ReconnectingNbdClient.open({ ...settings, ...options.reconnect });
  const { sizeBytes, isReadOnly, blockSizes, canWriteZeroes, canFlush } = client.description;
  if (!isReadOnly) await warm(client, options.signal);
  const zeroes = (): Buffer => Buffer.alloc(Math.min(ZEROES_MAX, blockSizes.maximum));

  const writeAllZeroes = async (offset: number, length: number, signal: AbortSignal): Promise<void> => {
    const bytes = zeroes();
    for (const piece of pieces({ offset, length }, bytes.length)) {
      await client.write(piece.offset, bytes.subarray(0, piece.length), { signal });
    }
  };

  return {
    sizeBytes,
    isReadOnly,
    maxRequestBytes: Math.min(blockSizes.maximum, 33_554_432),
    read: (offset, length, signal, into) => client.read(offset, length, { signal, ...(into && { into }) }),
    write: (offset, data, signal) => client.write(offset, data, { signal }),
    writeZeroes: (offset, length, { mayPunch }, signal) =>
      canWriteZeroes
        ? client.writeZeroes(offset, length, { mayPunch, signal })
        : writeAllZeroes(offset, length, signal),
    async flush(signal) {
      // What cannot be written needs no flush.
      if (isReadOnly && !canFlush) return;
      await client.flush({ signal });
    },
    async extents(context, offset, length, signal) {
      if (!client.contexts.includes(context)) {
        if (context === BASE_ALLOCATION) return [{ offset, length, flags: 0 }];
        throw new NbdNotOffered(
          `the metadata context "${context}" was not asked for or is not there: name it when the export is opened, and check that its bitmap exists`,
        );
      }
      return (await client.blockStatus(offset, length, { signal })).get(context) ?? [];
    },
    close: () => client.close(),
  };
}

async function warm(client: NbdClient | ReconnectingNbdClient, signal: AbortSignal | undefined): Promise<void> {
  try {
    await warmServerMemory(client, signal);
  } catch (error) {
    await client.close();
    throw error;
  }
}
