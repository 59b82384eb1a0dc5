import type { Migration, MigrationState } from '../hypervisor.js';
import type { Call, Outcome } from './call.js';
import { after, type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { fileOf, natureOf, noteLastWrite, obstacle } from './guests.js';
import { layersOver } from './holdings.js';
import { canSpeak, isReachable } from './network.js';
import type { Transfer } from './transfer.js';
import { begin, share } from './transfers.js';
import type { Guest, HostState } from './world-state.js';

/** How often a caller hears how far a transfer is, ms. */
export const progressEveryMs = 1_000;

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
    return follow(core, call, underWay);
  }
  const guest = from.guests[id];
  if (guest === undefined && to.guests[id]?.state === 'running') {
    return { value: core.state.migrationResults[resultKey(id, source, target)] ?? { downtimeMs: 0, bytes: 0 } };
  }
  if (guest === undefined) {
    return failed('vm-not-found', 'permanent', `Host ${source} has no VM ${id}`);
  }
  const problem = refusal(core, migration, { guest, from, to });
  if (problem !== undefined) {
    return problem;
  }
  return follow(core, call, launch(core, migration, guest, to));
}

function follow(core: Core, call: Call, transfer: Transfer): undefined {
  call.waitsFor = { transfer: transfer.id };
  after(core, progressEveryMs, { event: 'progress-due', call: call.id });
  share(core, transfer);
  return undefined;
}

interface Parties {
  readonly guest: Guest;
  readonly from: HostState;
  readonly to: HostState;
}

function refusal(core: Core, migration: Migration, { guest, from, to }: Parties): Outcome | undefined {
  const { definition } = guest;
  const refuse = (reason: string, hint: string): Outcome =>
    failed('migration-refused', 'permanent', `${definition.name} cannot move to ${to.name}: ${reason}`, hint);
  if (guest.state !== 'running') {
    return refuse(`it is ${guest.state}`, 'Start it, or move it cold');
  }
  if (!canSpeak(core, from, to)) {
    return failed('migration-aborted', 'transient', `${from.name} cannot reach ${to.name}`, 'Check the link');
  }
  if (Object.values(core.state.transfers).some((other) => isMigrationOf(other, migration.id))) {
    return refuse('another migration of it is under way', 'Wait for it');
  }
  if (to.guests[migration.id]?.state === 'running') {
    return refuse('it runs there already', 'Find out which of the two is right');
  }
  if (definition.cpuModel !== undefined && !to.cpuModels.includes(definition.cpuModel)) {
    return refuse(`it needs the CPU ${definition.cpuModel}`, 'Choose another host');
  }
  return (
    obstacle(to, onSite(core, definition, from, to)) ?? storageRefusal(core, migration, { guest, from, to }, refuse)
  );
}

function storageRefusal(
  core: Core,
  { copyStorage, id }: Migration,
  { guest, from, to }: Parties,
  refuse: (reason: string, hint: string) => Outcome,
): Outcome | undefined {
  const { disks, name } = guest.definition;
  switch (copyStorage) {
    case 'none':
      return disks.every(({ path }) => fileOf(core, to, path) !== undefined)
        ? undefined
        : refuse('its disks are not there', 'Copy them with the migration');
    case 'all':
      return usedBytes(core, from, guest) > to.diskFreeBytes
        ? failed('no-space', 'permanent', `${to.name} has too little disk space for ${name}`, 'Free some')
        : undefined;
    case 'overlay':
      return moveOverlay(core, name, to) === undefined
        ? refuse(`no overlay for ${id} waits there`, 'Sync the replica and make the overlay first')
        : undefined;
  }
}

/** The VM as the target will know it: the same networks by their names there. */
function onSite(core: Core, definition: Guest['definition'], from: HostState, to: HostState): Guest['definition'] {
  const names = core.state.estate.sites[from.site]?.networks ?? {};
  const there = core.state.estate.sites[to.site]?.networks ?? {};
  const networks = definition.networks.map((network) => {
    const logical = Object.keys(names).find((name) => names[name] === network);
    return (logical === undefined ? undefined : there[logical]) ?? network;
  });
  return { ...definition, networks };
}

function moveOverlay(core: Core, vm: string, to: HostState) {
  return layersOver(core, vm, to.name).find(({ purpose }) => purpose === 'move');
}

function launch(core: Core, migration: Migration, guest: Guest, to: HostState): Transfer {
  const nature = natureOf(core, guest.definition);
  const from = core.state.hosts[migration.source] as HostState;
  const overlay = migration.copyStorage === 'overlay' ? moveOverlay(core, guest.definition.name, to) : undefined;
  const sinceOverlayMs = overlay === undefined ? 0 : core.clock.now() - overlay.writesSince;
  const diskBytes =
    migration.copyStorage === 'all'
      ? usedBytes(core, from, guest)
      : Math.round((nature.writeBytesPerSecond * sinceOverlayMs) / 1_000);
  const disks = overlay?.disks ?? guest.definition.disks;
  const transfer = begin(core, {
    source: migration.source,
    target: migration.target,
    purpose: { kind: 'migration', migration, phase: 'before-switch' },
    totalBytes: guest.definition.memoryBytes + diskBytes,
    dirtyBytesPerSecond: nature.dirtyBytesPerSecond,
    ...(migration.bytesPerSecond === undefined ? {} : { capBytesPerSecond: migration.bytesPerSecond }),
  });
  if (migration.ladder[0] === 'pause') {
    noteLastWrite(core, from, guest);
    guest.state = 'paused';
  }
  const replaced = to.guests[migration.id];
  to.guests[migration.id] = {
    definition: { ...onSite(core, guest.definition, from, to), disks },
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

function usedBytes(core: Core, host: HostState, { definition }: Guest): number {
  return definition.disks.reduce((sum, { path }) => sum + (fileOf(core, host, path)?.usedBytes ?? 0), 0);
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
  return {
    source: ask(source),
    target: ask(target),
    isUnderWay: ask(source) !== 'unreachable' && migrationOf(core, id, source, target) !== undefined,
    ...(result === undefined || ask(target) === 'unreachable' ? {} : { result }),
  };
}

function migrationOf(core: Core, id: string, source: string, target: string): Transfer | undefined {
  return Object.values(core.state.transfers).find(
    (transfer) => isMigrationOf(transfer, id) && transfer.source === source && transfer.target === target,
  );
}

function isMigrationOf({ purpose }: Transfer, id: string): boolean {
  return purpose.kind === 'migration' && purpose.migration.id === id;
}

/** Under which the result of a migration is remembered. */
export function resultKey(id: string, source: string, target: string): string {
  return `${id} ${source} ${target}`;
}
