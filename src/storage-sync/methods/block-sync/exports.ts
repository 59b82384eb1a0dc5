import type { HostSocket } from '../../../hypervisors/host-socket.js';
import { FailureError } from '../../../model/failure.js';
import type { BlockEndpoint } from '../../block-endpoint.js';
import { NbdError } from '../../nbd/errors.js';
import { openNbdEndpoint } from '../../nbd/nbd-endpoint.js';

/** An export behind a unix socket of a host. */
export interface HostExport {
  readonly sockets: HostSocket;
  readonly on: string;
  readonly path: string;
  /** Its name there; empty for a server's only one. */
  readonly name: string;
  /** Contexts besides `base:allocation`. */
  readonly contexts?: readonly string[];
  readonly signal: AbortSignal;
}

/** ssh alone may need ten seconds to a host that is far or busy. */
const connectWithinMs = 30_000;

export async function openExport({
  sockets,
  on,
  path,
  name,
  contexts = [],
  signal,
}: HostExport): Promise<BlockEndpoint> {
  return await told(`export "${name}" on ${on}`, async () =>
    openNbdEndpoint({
      address: {
        open: async (connecting) => await sockets.connect(on, path, connecting),
        name: `${path} on ${on}`,
        isSecure: true,
      },
      exportName: name,
      contexts: ['base:allocation', ...contexts],
      connectDeadlineMs: connectWithinMs,
      signal,
    }),
  );
}

/** What talks to exports outside of the copier, with NBD's errors as a transfer that broke. */
export async function told<Answer>(subject: string, talk: () => Promise<Answer>): Promise<Answer> {
  try {
    return await talk();
  } catch (error) {
    if (!(error instanceof NbdError)) {
      throw error;
    }
    if (error.cause instanceof FailureError) {
      throw error.cause;
    }
    throw new FailureError(
      {
        code: 'transfer-broken',
        kind: 'transient',
        message: `${subject}: ${error.message}`,
        hint: 'it is tried again; then look at the link and at both hosts',
      },
      { cause: error },
    );
  }
}
