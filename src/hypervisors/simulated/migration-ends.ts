import type { Migration, MigrationResult } from '../hypervisor.js';
import type { Outcome } from './call.js';
import { answerWaiting } from './calls.js';
import { drawBetween } from './chance.js';
import { type Core, guestsChanged, note } from './core.js';
import { failed } from './failures.js';
import { fileOf, requestShutdown } from './guests.js';
import { copiesOf } from './holdings.js';
import { resultKey } from './migrations.js';
import type { Transfer } from './transfer.js';
import { remove, share, update } from './transfers.js';
import type { Guest, HostState, ImageFile } from './world-state.js';

type MigrationTransfer = Transfer & { readonly purpose: Extract<Transfer['purpose'], { kind: 'migration' }> };

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

/** Migrations whose VM was stopped at one of its ends are over. */
export function endBroken(core: Core): void {
  for (const transfer of Object.values(core.state.transfers)) {
    if (isMigration(transfer) && endsOf(core, transfer) === undefined) {
      abandon(core, transfer, failed('migration-aborted', 'transient', 'The VM was stopped during its migration'));
    }
  }
}

/** Enough has arrived: the VM runs on the target from now on. After a post-copy switch the rest of it follows. */
export function arrived(core: Core, transfer: MigrationTransfer): void {
  const { purpose } = transfer;
  const ends = endsOf(core, transfer);
  update(core, transfer);
  if (ends === undefined) {
    endBroken(core);
  } else if (purpose.migration.ladder[0] === 'post-copy' && purpose.phase === 'before-switch') {
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
  run(core, transfer.purpose.migration, ends);
  ends.leaving.state = 'paused';
  share(core, transfer);
}

function run(core: Core, migration: Migration, { to, leaving, arriving }: Ends): void {
  moveFiles(core, { migration, leaving, arriving });
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
  const { migration, phase } = transfer.purpose;
  const { id, source, target } = migration;
  const { from, arriving } = ends;
  const downtimeMs = downtimeOf(core, transfer, migration);
  const result: MigrationResult = { downtimeMs, bytes: Math.round(transfer.sentBytes) };
  remove(core, transfer);
  if (phase === 'before-switch') {
    run(core, migration, ends);
  }
  delete from.guests[id];
  const left = failed('vm-not-found', 'permanent', `${arriving.definition.name} has moved to ${target}`, 'Ask there');
  answerWaiting(core, (wait) => 'off' in wait && wait.off === id && wait.host === source, left);
  for (const copy of copiesOf(core, id)) {
    if (copy.source === source && copy.host !== target) {
      copy.source = target;
    } else if (copy.host === target && migration.copyStorage === 'overlay') {
      copy.isClosed = true;
      copy.isLive = false;
    }
  }
  core.state.migrationResults[resultKey(id, source, target)] = result;
  guestsChanged(core, migration.id);
  note(core, 'migrate', { host: target, vm: arriving.definition.name, detail: `from ${source}` });
  answerWaiting(core, (wait) => 'transfer' in wait && wait.transfer === transfer.id, { value: result });
}

function downtimeOf(core: Core, transfer: Transfer, { ladder: [rung], maxDowntimeMs }: Migration): number {
  const handOverMs = drawBetween(core.state, 20, 60);
  switch (rung) {
    case 'pause':
      return core.clock.now() - transfer.startedAt + handOverMs;
    case 'post-copy':
      return handOverMs;
    default:
      return Math.min(maxDowntimeMs, handOverMs + Math.round((1_000 * transfer.leftBytes) / transfer.bytesPerSecond));
  }
}

function moveFiles(
  core: Core,
  { migration, leaving, arriving }: { migration: Migration; leaving: Guest; arriving: Guest },
): void {
  if (migration.copyStorage === 'none') {
    return;
  }
  const from = core.state.hosts[migration.source] as HostState;
  const to = core.state.hosts[migration.target] as HostState;
  const now = core.clock.now();
  for (const [index, { path, sizeBytes }] of arriving.definition.disks.entries()) {
    const old = fileOf(core, from, leaving.definition.disks[index]?.path ?? path);
    const newBytes = to.files[path] === undefined ? (old?.usedBytes ?? sizeBytes) : 0;
    const file: ImageFile = {
      of: migration.id,
      sizeBytes,
      usedBytes: old?.usedBytes ?? sizeBytes,
      isShared: false,
      dataAt: now,
    };
    to.files[path] = file;
    to.diskFreeBytes -= newBytes;
    if (old !== undefined) {
      old.dataAt = now;
    }
  }
}

/**
 * Ends a migration that will not arrive. Before the switch the VM stays at the source and the target forgets what it
 * has. After a post-copy switch the VM is in two halves, and can run on neither side: only its disks are whole.
 */
export function abandon(core: Core, transfer: MigrationTransfer, outcome: Outcome): void {
  const { migration, phase } = transfer.purpose;
  const leaving = core.state.hosts[migration.source]?.guests[migration.id];
  const to = core.state.hosts[migration.target];
  const arriving = to?.guests[migration.id];
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
