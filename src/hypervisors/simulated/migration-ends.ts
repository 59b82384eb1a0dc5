import type { MigrationResult } from '../hypervisor.js';
import type { Outcome } from './call.js';
import { answerWaiting, isAwaited } from './calls.js';
import { endBrokenCarries } from './carries.js';
import { drawBetween } from './chance.js';
import { type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { fileOf, requestShutdown } from './guests.js';
import { discardFiles, keepFiles } from './incoming.js';
import { followMove, resultKey } from './moves.js';
import { type MigrationPurpose, rungOf, type Transfer } from './transfer.js';
import { remove, share, update } from './transfers.js';
import type { Guest, HostState } from './world-state.js';

export type MigrationTransfer = Transfer & { readonly purpose: MigrationPurpose };

/** Whether the transfer moves a VM. */
export function isMigration(transfer: Transfer): transfer is MigrationTransfer {
  return transfer.purpose.kind === 'migration';
}

interface Ends {
  readonly from: HostState;
  readonly to: HostState;
  readonly leaving: Guest;
  readonly arriving: Guest;
}

/** Both hosts' sides of it; undefined when one of them is not what it was when the migration began. */
function endsOf(core: Core, { id, purpose }: MigrationTransfer): Ends | undefined {
  const { migration, phase } = purpose;
  const from = core.state.hosts[migration.source];
  const to = core.state.hosts[migration.target];
  const leaving = from?.guests[migration.id];
  const arriving = to?.guests[migration.id];
  if (from === undefined || to === undefined || leaving === undefined || arriving === undefined) {
    return undefined;
  }
  const isWhole =
    phase === 'before-switch'
      ? leaving.state !== 'shut-off' && arriving.arrivesBy === id && arriving.state === 'paused'
      : leaving.state === 'paused' && arriving.state === 'running';
  return isWhole ? { from, to, leaving, arriving } : undefined;
}

/** Migrations whose VM was stopped at one of its ends are over, and carries whose VM was started. */
export function endBroken(core: Core): void {
  for (const transfer of Object.values(core.state.transfers)) {
    if (isMigration(transfer) && endsOf(core, transfer) === undefined) {
      abandon(core, transfer, failed('migration-aborted', 'transient', 'The VM was stopped during its migration'));
    }
  }
  endBrokenCarries(core);
}

/** Enough has arrived: the VM runs on the target from now on. After a post-copy switch the rest of it follows. */
export function arrived(core: Core, transfer: MigrationTransfer): void {
  const { purpose } = transfer;
  const ends = endsOf(core, transfer);
  update(core, transfer);
  if (ends === undefined) {
    endBroken(core);
  } else if (rungOf(purpose) === 'post-copy' && purpose.phase === 'before-switch') {
    switchOver(core, transfer, ends);
  } else {
    complete(core, transfer, ends);
  }
}

function switchOver(core: Core, transfer: MigrationTransfer, ends: Ends): void {
  const seconds = (core.clock.now() - transfer.startedAt) / 1_000;
  const { memoryBytes } = ends.arriving.definition;
  transfer.purpose.phase = 'after-switch';
  transfer.leftBytes = Math.min(memoryBytes, transfer.dirtyBytesPerSecond * seconds);
  run(core, transfer.purpose, ends);
  ends.leaving.state = 'paused';
  ends.leaving.hasStoodStill = true;
  share(core, transfer);
}

function run(core: Core, { migration }: MigrationPurpose, ends: Ends): void {
  const { to, leaving, arriving } = ends;
  moveFiles(core, migration.copyStorage, ends);
  delete arriving.arrivesBy;
  delete arriving.replaces;
  arriving.state = 'running';
  delete core.state.lastWriteAt[migration.id];
  arriving.readyAt = leaving.readyAt ?? core.clock.now();
  if (leaving.isShuttingDown) {
    requestShutdown(core, to, arriving);
  }
  guestsChanged(core, migration.id);
}

function complete(core: Core, transfer: MigrationTransfer, ends: Ends): void {
  const { migration, phase, climbed } = transfer.purpose;
  const { id, source, target } = migration;
  const { from, arriving } = ends;
  const result: MigrationResult = {
    downtimeMs: downtimeOf(core, transfer),
    bytes: Math.round(transfer.sentBytes),
    ...(climbed.length === 0 ? {} : { climbed }),
  };
  remove(core, transfer);
  if (phase === 'before-switch') {
    run(core, transfer.purpose, ends);
  }
  delete from.guests[id];
  const left = failed('vm-not-found', 'permanent', `${arriving.definition.name} has moved to ${target}`, 'Ask there');
  answerWaiting(core, (wait) => 'off' in wait && wait.off === id && wait.host === source, left);
  followMove(core, migration);
  core.state.migrationResults[resultKey(id, source, target)] = result;
  guestsChanged(core, migration.id);
  note(core, 'migrate', { host: target, vm: arriving.definition.name, detail: `from ${source}` });
  answerWaiting(core, (wait) => 'transfer' in wait && wait.transfer === transfer.id, { value: result });
}

function downtimeOf(core: Core, transfer: MigrationTransfer): number {
  const { purpose } = transfer;
  const handOverMs = drawBetween(core.state, 20, 60);
  if (purpose.pausedAt !== undefined) {
    return core.clock.now() - purpose.pausedAt + handOverMs;
  }
  const restMs = Math.round((1_000 * transfer.leftBytes) / transfer.bytesPerSecond);
  return purpose.phase === 'after-switch' ? handOverMs : Math.min(purpose.migration.maxDowntimeMs, handOverMs + restMs);
}

/** The target's disks hold from now on what the guest has written at its source. */
function moveFiles(
  core: Core,
  copyStorage: 'none' | 'all' | 'overlay',
  { from, to, leaving, arriving }: Pick<Ends, 'from' | 'to' | 'leaving' | 'arriving'>,
): void {
  const now = core.clock.now();
  keepFiles(to, arriving.definition, () => now);
  for (const [index, { path }] of arriving.definition.disks.entries()) {
    const old = fileOf(core, from, leaving.definition.disks[index]?.path ?? path);
    const file = to.files[path];
    if (copyStorage === 'overlay' && file !== undefined) {
      to.files[path] = { ...file, usedBytes: old?.usedBytes ?? file.sizeBytes, dataAt: now };
    }
    if (old !== undefined) {
      old.dataAt = now;
    }
  }
}

/**
 * Ends a migration that will not arrive. Before the switch the VM stays at the source and the target forgets what it
 * has; files that were made for its disks stay when nobody who asked for it is left. After a post-copy switch the VM is in two halves, and can run on neither side: only its disks are whole.
 */
export function abandon(core: Core, transfer: MigrationTransfer, outcome: Outcome): void {
  const { migration, phase } = transfer.purpose;
  const leaving = core.state.hosts[migration.source]?.guests[migration.id];
  const to = core.state.hosts[migration.target];
  const arriving = to?.guests[migration.id];
  if (phase === 'before-switch' && to?.isUp === true && isAwaited(core, transfer.id)) {
    discardFiles(to, migration.id);
  }
  remove(core, transfer);
  if (phase === 'before-switch') {
    if (leaving?.state === 'paused') {
      leaving.state = 'running';
      delete core.state.lastWriteAt[migration.id];
    }
    if (to !== undefined) {
      forgetArrival(to, migration.id);
    }
  } else if (arriving?.state === 'running') {
    arriving.state = 'paused';
  }
  guestsChanged(core, migration.id);
  answerWaiting(
    core,
    (wait) => 'transfer' in wait && wait.transfer === transfer.id,
    phase === 'before-switch'
      ? outcome
      : failed(
          'post-copy-broken',
          'permanent',
          `The VM ${migration.id} lost its memory between the hosts`,
          'Start it again',
        ),
  );
}

/** The host gives up what a migration was bringing, and knows the VM as it did before. */
export function forgetArrival(host: HostState, id: string): void {
  const guest = host.guests[id];
  if (guest?.arrivesBy === undefined) {
    return;
  }
  if (guest.replaces === undefined) {
    delete host.guests[id];
  } else {
    host.guests[id] = guest.replaces;
  }
}
