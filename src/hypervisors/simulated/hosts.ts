import type { HostFacts } from '../../model/inventory.js';
import { loseUnanswerable } from './calls.js';
import { abandonCarry, isCarry } from './carries.js';
import { linkChanged } from './copies.js';
import { after, type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { halt, memoryFreeBytes, start } from './guests.js';
import { abandon, forgetArrival, isMigration } from './migration-ends.js';
import { share } from './transfers.js';
import type { HostState } from './world-state.js';

/** What the host says of itself. */
export function hostFacts(core: Core, host: HostState): HostFacts {
  return {
    name: host.name,
    site: host.site,
    observedAt: core.clock.now(),
    cpuModel: host.cpuModel,
    cpuModels: host.cpuModels,
    cpuThreads: host.cpuThreads,
    memoryBytes: host.memoryBytes,
    memoryFreeBytes: memoryFreeBytes(host),
    networks: host.networks,
    diskFreeBytes: host.diskFreeBytes,
    isCordoned: host.isCordoned,
  };
}

/** The host is gone at once: what runs there dies, what is on its disks stays. Nothing happens when it is dead. */
export function die(core: Core, host: HostState): void {
  if (!host.isUp) {
    return;
  }
  host.isUp = false;
  host.boot += 1;
  for (const [id, guest] of Object.entries(host.guests)) {
    if (guest.arrivesBy !== undefined) {
      forgetArrival(host, id);
      continue;
    }
    halt(core, host, guest);
  }
  guestsChanged(core);
  endMoves(core, host);
  connectionsChanged(core);
}

function endMoves(core: Core, host: HostState): void {
  for (const transfer of Object.values(core.state.transfers)) {
    if (transfer.source !== host.name && transfer.target !== host.name) {
      continue;
    }
    const because = (code: string) =>
      failed(code, 'transient', `${host.name} died during the move`, 'Look where the VM is');
    if (isMigration(transfer)) {
      abandon(core, transfer, because('migration-aborted'));
    } else if (isCarry(transfer)) {
      abandonCarry(core, transfer, because('move-aborted'));
    }
  }
}

/** Power comes back, and the host boots. Nothing happens when it is up. */
export function powerOn(core: Core, host: HostState): void {
  if (!host.isUp) {
    host.hasPower = true;
    host.boot += 1;
    after(core, host.bootMs, { event: 'host-up', host: host.name, boot: host.boot });
  }
}

/** The host has booted: libvirt starts what has autostart, whatever has become of the VM elsewhere meanwhile. */
export function come(core: Core, host: HostState, boot: number): void {
  if (host.isUp || host.boot !== boot || !host.hasPower) {
    return;
  }
  host.isUp = true;
  for (const guest of Object.values(host.guests)) {
    if (guest.definition.hasAutostart && !guest.isBlocked) {
      start(core, host, guest);
    }
  }
  guestsChanged(core);
  connectionsChanged(core);
}

/** Cuts the power. Its success is what `off` promises, not what a device that lies does. */
export function cutPower(core: Core, host: HostState): void {
  if (host.hasPower) {
    note(core, 'fence-off', { host: host.name });
  }
  host.hasPower = false;
  // A host that was about to come up does not.
  host.boot += 1;
  die(core, host);
}

/** Something can be reached that could not, or the other way round. */
export function connectionsChanged(core: Core): void {
  core.touched.hasChanged = true;
  share(core);
  loseUnanswerable(core);
  linkChanged(core);
}
