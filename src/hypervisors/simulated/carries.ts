import type { Carrying } from '../hypervisor.js';
import type { Call, Outcome } from './call.js';
import { answerWaiting, isAwaited } from './calls.js';
import { after, type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { fileOf, hasMemory } from './guests.js';
import { type Arrival, copiedBytes, discardFiles, keepFiles, makeFiles, storageProblem } from './incoming.js';
import { atSite, followMove, isMoveOf, progressEveryMs } from './moves.js';
import { canSpeak } from './network.js';
import type { Transfer } from './transfer.js';
import { begin, remove } from './transfers.js';
import type { HostState } from './world-state.js';

type CarryTransfer = Transfer & { readonly purpose: Extract<Transfer['purpose'], { kind: 'carry' }> };

/** Whether the transfer carries a VM that is shut off. */
export function isCarry(transfer: Transfer): transfer is CarryTransfer {
  return transfer.purpose.kind === 'carry';
}

/** Begins to carry a VM, or joins that, or finds it done. The bytes pass through whoever asks: it ends with its caller. */
export function carry(core: Core, call: Call, carrying: Carrying): Outcome | undefined {
  const { id, source, target } = carrying;
  const from = core.state.hosts[source] as HostState;
  const to = core.state.hosts[target];
  if (to === undefined) {
    return failed('host-not-found', 'permanent', `There is no host ${target}`);
  }
  const moves = Object.values(core.state.transfers).filter((transfer) => isMoveOf(transfer, id));
  const same = moves.find((move) => isCarry(move) && move.source === source && move.target === target);
  if (same !== undefined) {
    return follow(core, call, same);
  }
  const guest = from.guests[id];
  if (guest === undefined) {
    return isShutOff(to, id)
      ? { value: { bytes: 0 } }
      : failed('vm-not-found', 'permanent', `Host ${source} has no VM ${id}`, 'Look where it is');
  }
  if (moves.length > 0) {
    return failed('migration-refused', 'precondition', `${guest.definition.name} is on its way already`, 'Wait for it');
  }
  const arrival = { guest, from, to, storage: carrying };
  return problem(core, arrival) ?? follow(core, call, launch(core, carrying, arrival));
}

function follow(core: Core, call: Call, transfer: Transfer): undefined {
  call.waitsFor = { transfer: transfer.id };
  after(core, progressEveryMs, { event: 'progress-due', call: call.id });
  return undefined;
}

function problem(core: Core, arrival: Arrival): Outcome | undefined {
  const { guest, from, to, storage } = arrival;
  const { id, name } = guest.definition;
  const live = [from, to].find((host) => host.guests[id] !== undefined && !isShutOff(host, id));
  if (live !== undefined) {
    return failed(
      'vm-running',
      'precondition',
      `${name} is not shut off on ${live.name}`,
      'Shut it down, or migrate it',
    );
  }
  if (!canSpeak(core, from, to)) {
    return failed('move-aborted', 'transient', `${from.name} cannot reach ${to.name}`, 'Check the link');
  }
  if (storage.copyStorage === 'overlay') {
    return failed(
      'migration-refused',
      'precondition',
      `Only a VM that runs is moved onto an overlay`,
      'Start it first',
    );
  }
  const missing = atSite(core, guest.definition, from, to).networks.find((network) => !to.networks.includes(network));
  return missing === undefined
    ? storageProblem(core, arrival)
    : failed('network-missing', 'permanent', `${to.name} has no network ${missing}`, 'Make it there');
}

function isShutOff(host: HostState, id: string): boolean {
  const guest = host.guests[id];
  return guest?.state === 'shut-off' && guest.arrivesBy === undefined;
}

function launch(core: Core, carrying: Carrying, arrival: Arrival): Transfer {
  makeFiles(core, arrival);
  return begin(core, {
    source: carrying.source,
    target: carrying.target,
    purpose: { kind: 'carry', carrying },
    totalBytes: copiedBytes(core, arrival),
    dirtyBytesPerSecond: 0,
    ...(carrying.bytesPerSecond === undefined ? {} : { capBytesPerSecond: carrying.bytesPerSecond }),
  });
}

/** All bytes are there: the target knows the VM, and the source forgets it. */
export function completeCarry(core: Core, transfer: CarryTransfer): void {
  const { id, source, target } = transfer.purpose.carrying;
  const from = core.state.hosts[source];
  const to = core.state.hosts[target];
  const guest = from?.guests[id];
  if (from === undefined || to === undefined || guest === undefined || isBroken(core, transfer)) {
    endBrokenCarries(core);
    return;
  }
  remove(core, transfer);
  const { hasStoodStill: _, hasShutDown: __, ...leaving } = guest;
  to.guests[id] = {
    ...leaving,
    definition: atSite(core, guest.definition, from, to),
    boot: to.guests[id]?.boot ?? 0,
  };
  keepFiles(to, guest.definition, (path) => fileOf(core, from, path)?.dataAt ?? 0);
  delete from.guests[id];
  followMove(core, transfer.purpose.carrying);
  guestsChanged(core, id);
  note(core, 'carry', { host: target, vm: guest.definition.name, detail: `from ${source}` });
  answerWaiting(core, (wait) => 'transfer' in wait && wait.transfer === transfer.id, {
    value: { bytes: Math.round(transfer.totalBytes) },
  });
}

/** Whether the VM is not shut off any more at one of the two. */
function isBroken(core: Core, { purpose: { carrying } }: CarryTransfer): boolean {
  const { id, source, target } = carrying;
  const there = core.state.hosts[target]?.guests[id];
  return core.state.hosts[source]?.guests[id]?.state !== 'shut-off' || (there !== undefined && hasMemory(there));
}

export function endBrokenCarries(core: Core): void {
  for (const transfer of Object.values(core.state.transfers)) {
    if (isCarry(transfer) && isBroken(core, transfer)) {
      abandonCarry(core, transfer, failed('vm-running', 'precondition', 'The VM was started while it was carried'));
    }
  }
}

/** Ends one that nobody awaits any more: its bytes went through a process that is gone. */
export function endOrphans(core: Core): void {
  for (const transfer of Object.values(core.state.transfers)) {
    if (isCarry(transfer) && !isAwaited(core, transfer.id)) {
      abandonCarry(core, transfer, failed('move-aborted', 'transient', 'Nobody carries it any more'));
    }
  }
}

/** The VM stays at its source, whole. Whoever asked removes what was copied, where the target can be asked. */
export function abandonCarry(core: Core, transfer: CarryTransfer, outcome: Outcome): void {
  const { id, target } = transfer.purpose.carrying;
  const to = core.state.hosts[target];
  if (to?.isUp === true && isAwaited(core, transfer.id)) {
    discardFiles(to, id);
  }
  remove(core, transfer);
  answerWaiting(core, (wait) => 'transfer' in wait && wait.transfer === transfer.id, outcome);
}
