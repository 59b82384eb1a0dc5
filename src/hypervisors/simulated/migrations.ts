import type { Migration, MigrationState } from '../hypervisor.js';
import type { Call, Outcome } from './call.js';
import { allot, standStill } from './climbing.js';
import { after, type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { natureOf, obstacle } from './guests.js';
import { layersOver } from './holdings.js';
import { type Arrival, copiedBytes, makeFiles, storageProblem } from './incoming.js';
import { isMigration, type MigrationTransfer } from './migration-ends.js';
import { atSite, isMoveOf, progressEveryMs, resultKey } from './moves.js';
import { canSpeak, isReachable } from './network.js';
import { begin, share } from './transfers.js';
import type { HostState } from './world-state.js';

/** Begins a migration, or joins the same one under way, or finds that it has ended well. */
export function migrate(core: Core, call: Call, migration: Migration): Outcome | undefined {
  const { id, source, target } = migration;
  const from = core.state.hosts[source] as HostState;
  const to = core.state.hosts[target];
  if (to === undefined) {
    return failed('host-not-found', 'permanent', `There is no host ${target}`);
  }
  const underWay = migrationOf(core, id, source, target);
  if (underWay !== undefined) {
    return follow(core, call, underWay, migration);
  }
  const guest = from.guests[id];
  if (guest === undefined && to.guests[id]?.state === 'running') {
    return { value: core.state.migrationResults[resultKey(id, source, target)] ?? { downtimeMs: 0, bytes: 0 } };
  }
  if (guest === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${source} has no VM ${id}`);
  }
  const arrival = { guest, from, to, storage: migration };
  return refusal(core, migration, arrival) ?? follow(core, call, launch(core, migration, arrival), migration);
}

function follow(core: Core, call: Call, transfer: MigrationTransfer, { deadlineAt }: Migration): undefined {
  allot(core, transfer.purpose, deadlineAt);
  call.waitsFor = { transfer: transfer.id };
  after(core, progressEveryMs, { event: 'progress-due', call: call.id });
  share(core, transfer);
  return undefined;
}

function refusal(core: Core, migration: Migration, arrival: Arrival): Outcome | undefined {
  const { guest, from, to } = arrival;
  const { definition } = guest;
  const refuse = (reason: string, hint: string): Outcome =>
    failed('migration-refused', 'permanent', `${definition.name} cannot move to ${to.name}: ${reason}`, hint);
  if (guest.state !== 'running') {
    return refuse(`it is ${guest.state}`, 'Start it, or move it cold');
  }
  if (!canSpeak(core, from, to)) {
    return failed('migration-aborted', 'transient', `${from.name} cannot reach ${to.name}`, 'Check the link');
  }
  if (Object.values(core.state.transfers).some((other) => isMoveOf(other, migration.id))) {
    return refuse('another move of it is under way', 'Wait for it');
  }
  if (to.guests[migration.id]?.state === 'running') {
    return refuse('it runs there already', 'Find out which of the two is right');
  }
  if (definition.cpuModel !== undefined && !to.cpuModels.includes(definition.cpuModel)) {
    return refuse(`it needs the CPU ${definition.cpuModel}`, 'Choose another host');
  }
  if (migration.copyStorage === 'overlay' && moveOverlay(core, definition.name, to) === undefined) {
    return refuse(`no overlay for ${migration.id} waits there`, 'Sync the replica and make the overlay first');
  }
  return obstacle(to, atSite(core, definition, from, to)) ?? storageProblem(core, arrival);
}

function moveOverlay(core: Core, vm: string, to: HostState) {
  return layersOver(core, vm, to.name).find(({ purpose }) => purpose === 'move');
}

function launch(core: Core, migration: Migration, arrival: Arrival): MigrationTransfer {
  const { guest, from, to } = arrival;
  const nature = natureOf(core, guest.definition);
  const overlay = migration.copyStorage === 'overlay' ? moveOverlay(core, guest.definition.name, to) : undefined;
  const sinceOverlayMs = overlay === undefined ? 0 : core.clock.now() - overlay.writesSince;
  const diskBytes =
    overlay === undefined
      ? copiedBytes(core, arrival)
      : Math.round((nature.writeBytesPerSecond * sinceOverlayMs) / 1_000);
  makeFiles(core, arrival);
  const purpose: MigrationTransfer['purpose'] = {
    kind: 'migration',
    migration,
    phase: 'before-switch',
    climbed: [],
    diskBytes,
  };
  const transfer = begin(core, {
    source: migration.source,
    target: migration.target,
    purpose,
    totalBytes: guest.definition.memoryBytes + diskBytes,
    dirtyBytesPerSecond: nature.dirtyBytesPerSecond,
    ...(migration.bytesPerSecond === undefined ? {} : { capBytesPerSecond: migration.bytesPerSecond }),
  });
  if (migration.ladder[0] === 'pause') {
    standStill(core, purpose);
  }
  const replaced = to.guests[migration.id];
  to.guests[migration.id] = {
    definition: {
      ...atSite(core, guest.definition, from, to),
      disks: overlay?.disks ?? guest.definition.disks,
    },
    state: 'paused',
    boot: (replaced?.boot ?? 0) + 1,
    isBlocked: false,
    isShuttingDown: false,
    arrivesBy: transfer.id,
    ...(replaced === undefined ? {} : { replaces: replaced }),
  };
  delete core.state.migrationResults[resultKey(migration.id, migration.source, migration.target)];
  guestsChanged(core, migration.id);
  note(core, 'migrate-begin', {
    host: to.name,
    vm: guest.definition.name,
    detail: `from ${from.name}, ${migration.ladder.join(', ')}`,
  });
  return transfer;
}

/** What both hosts say of the VM. */
export function migrationState(core: Core, id: string, source: string, target: string): MigrationState {
  const ask = (name: string): MigrationState['source'] => {
    const host = core.state.hosts[name];
    if (host === undefined || !isReachable(core, host)) {
      return 'unreachable';
    }
    const guest = host.guests[id];
    return guest?.arrivesBy === undefined ? guest?.state : 'paused';
  };
  const result = core.state.migrationResults[resultKey(id, source, target)];
  const isUnderWay = ask(source) !== 'unreachable' && migrationOf(core, id, source, target) !== undefined;
  const atSource = core.state.hosts[source]?.guests[id];
  const hasStayed =
    (ask(source) === 'running' && atSource?.hasStoodStill !== true) ||
    (ask(source) === 'shut-off' && atSource?.hasShutDown === true);
  return {
    source: ask(source),
    target: ask(target),
    isUnderWay,
    ...(ask(target) === 'unreachable' && hasStayed && !isUnderWay ? { neverLeft: true } : {}),
    ...(result === undefined || ask(target) === 'unreachable' ? {} : { result }),
  };
}

function migrationOf(core: Core, id: string, source: string, target: string): MigrationTransfer | undefined {
  return Object.values(core.state.transfers)
    .filter(isMigration)
    .find(
      (transfer) => transfer.purpose.migration.id === id && transfer.source === source && transfer.target === target,
    );
}
