import { DomainState } from 'node-libvirt';
import type { VmState } from '../../model/inventory.js';

/** libvirt's state of a domain (virDomainState) as Lifeboat calls it. */
export function vmStateOf(state: number): VmState {
  switch (state) {
    case DomainState.RUNNING:
    case DomainState.BLOCKED:
      return 'running';
    case DomainState.PAUSED:
    case DomainState.PMSUSPENDED:
      return 'paused';
    // The guest has switched itself off, and QEMU has not ended yet.
    case DomainState.SHUTDOWN:
    case DomainState.SHUTOFF:
      return 'shut-off';
    case DomainState.CRASHED:
      return 'crashed';
    default:
      return 'unknown';
  }
}
