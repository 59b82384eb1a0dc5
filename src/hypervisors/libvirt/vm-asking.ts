import type { Domain, Libvirt } from 'node-libvirt';
import type { VmOnHost } from '../backups.js';
import type { Connections, Purpose } from './connections.js';
import { asked } from './failures.js';

interface Asking extends VmOnHost {
  /** What is asked, after "to". */
  readonly what: string;
  readonly purpose: Purpose;
  readonly signal: AbortSignal;
}

/** Asks a host about one of its VMs; rejects with a failure that names the host, also when it does not know the VM. */
export function askOfVm<Answer>(
  connections: Connections,
  { host, id, what, purpose, signal }: Asking,
  call: (libvirt: Libvirt, dom: Domain) => Promise<Answer>,
): Promise<Answer> {
  return asked({ host, what, signal }, async () => {
    const libvirt = await connections.to(host, purpose, signal);
    return await call(libvirt, await libvirt.domainLookupByUUID({ uuid: id }));
  });
}
