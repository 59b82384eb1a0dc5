import { type Domain, DomainMigrateFlags } from 'node-libvirt';
import type { Carrying } from '../../hypervisor.js';
import { note } from './errand.js';
import { ask, type Tools } from './tools.js';

/**
 * Hands the definition of a VM that is shut off over to the target, all at once: libvirt defines it there and forgets it
 * here, and what is left to do travels with it.
 */
export async function handOver(
  tools: Tools,
  { source, target }: Carrying,
  { dom, hasMarkers, signal }: { readonly dom: Domain; readonly hasMarkers: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { peerUri } = tools.connections.host(target);
  const flags =
    DomainMigrateFlags.OFFLINE |
    DomainMigrateFlags.PEER2PEER |
    DomainMigrateFlags.PERSIST_DEST |
    DomainMigrateFlags.UNDEFINE_SOURCE;
  await ask(
    tools,
    { host: source, what: `hand ${dom.name} over to ${target}`, purpose: 'work', signal },
    async (libvirt) => {
      await note(libvirt, dom, { hasAutostart: await libvirt.domainGetAutostart({ dom }), hasMarkers });
      await libvirt.domainMigrateToURI3({ dom, dconnuri: peerUri, flags });
    },
  );
}
