import type { Domain } from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { Bell } from './bell.js';
import { ask, never, type Tools } from './tools.js';

/**
 * Stops a migration, and returns once it is over. It is asked again until then: an order that comes before libvirt has
 * begun finds nothing to stop, and libvirt keeps none for later; and the connection may be lost on the way. In post-copy
 * libvirt refuses, and the migration goes on to its end, since the guest's memory is on both hosts.
 */
export async function stop(
  tools: Tools,
  host: string,
  { dom, bell }: { readonly dom: Domain; readonly bell: Bell },
): Promise<void> {
  while (!bell.isOver) {
    await bell.rest((await order(tools, host, dom)) ? 1_000 : 100);
  }
}

async function order(tools: Tools, host: string, dom: Domain): Promise<boolean> {
  try {
    const asking = { host, what: 'stop the migration', purpose: 'stop', signal: never } as const;
    await ask(tools, asking, (libvirt) => libvirt.domainAbortJob({ dom }));
    return true;
  } catch (error) {
    if (error instanceof FailureError && error.failure.kind !== 'bug') {
      return false;
    }
    throw error;
  }
}
