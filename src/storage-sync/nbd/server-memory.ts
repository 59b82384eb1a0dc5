import type { NbdClient } from './client.js';
import type { ReconnectingNbdClient } from './reconnecting-client.js';

/** The largest piece that glibc ever keeps is 32 MiB, with its own few bytes. */
const WARM_BYTES = 16_777_216;
/** `base:allocation`: it reads as zeroes. */
const ZERO_FLAG = 2;

/**
 * Makes a server that is going to be written to keep the memory of its requests, by one long read of a hole at the end of
 * the export. Of a hole almost nothing travels; where there is none, or the server does not tell, nothing is asked.
 *
 * QEMU takes new memory for each request, and glibc's malloc gives pieces larger than any it has seen freed back to the
 * system at once (mallopt(3), `M_MMAP_THRESHOLD`), so that every page of every write is faulted in and cleared anew: about a
 * quarter of the time that a copy takes. Afterwards it keeps up to twice as much as was read.
 */
export async function warmServerMemory(
  client: Pick<NbdClient | ReconnectingNbdClient, 'description' | 'contexts' | 'blockStatus' | 'readSparse'>,
  signal?: AbortSignal,
): Promise<void> {
  const { sizeBytes, blockSizes } = client.description;
  const offset = Math.floor(sizeBytes / WARM_BYTES - 1) * WARM_BYTES;
  if (offset < 0 || blockSizes.maximum < WARM_BYTES || !client.contexts.includes('base:allocation')) return;
  const options = signal === undefined ? {} : { signal };
  const told = await client.blockStatus(offset, WARM_BYTES, { ...options, isOne: true });
  const [first] = told.get('base:allocation') ?? [];
  if (first !== undefined && (first.flags & ZERO_FLAG) !== 0 && first.length === WARM_BYTES) {
    await client.readSparse(offset, WARM_BYTES, options);
  }
}
