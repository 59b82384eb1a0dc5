import type { TransferProgress } from '../hypervisor.js';
import { after, type Core, nextId } from './core.js';
import { canSpeak, linkOf } from './network.js';
import { type MigrationPurpose, rungOf, type Transfer, type TransferPurpose } from './transfer.js';
import type { HostState } from './world-state.js';

/** A transfer that nothing carries any more is given up after this long, ms. */
const patienceMs = 5_000;

/** A migration that gets no nearer to its end for this long has stalled, ms. */
const stallMs = 10_000;

type NewTransfer<Purpose> = Pick<
  Transfer,
  'source' | 'target' | 'totalBytes' | 'dirtyBytesPerSecond' | 'capBytesPerSecond'
> & { readonly purpose: Purpose };

/** Begins to send. Its speed is a fair share of the link and of both hosts' network cards. */
export function begin<Purpose extends TransferPurpose>(
  core: Core,
  transfer: NewTransfer<Purpose>,
): Transfer & { readonly purpose: Purpose } {
  const now = core.clock.now();
  const begun = {
    ...transfer,
    id: nextId(core),
    startedAt: now,
    leftBytes: transfer.totalBytes,
    sentBytes: 0,
    updatedAt: now,
    bytesPerSecond: 0,
    enoughBytes: 0,
    revision: 0,
  };
  core.state.transfers[begun.id] = begun;
  core.touched.hasChanged = true;
  share(core, begun);
  return begun;
}

/** Ends a transfer, whatever has come of it; the others get faster. */
export function remove(core: Core, transfer: Transfer): void {
  delete core.state.transfers[transfer.id];
  core.dueTransfers.get(transfer.id)?.();
  core.dueTransfers.delete(transfer.id);
  core.touched.hasChanged = true;
  share(core);
}

/** Brings the counts of a transfer up to now. */
export function update(core: Core, transfer: Transfer): void {
  const now = core.clock.now();
  const seconds = (now - transfer.updatedAt) / 1_000;
  const net = transfer.bytesPerSecond - dirtyRate(transfer);
  transfer.sentBytes += transfer.bytesPerSecond * seconds;
  transfer.leftBytes = Math.min(transfer.totalBytes, Math.max(0, transfer.leftBytes - net * seconds));
  transfer.updatedAt = now;
}

/** Shares the links out anew, as after a change of what is sent or of the links. `changed` has new needs of its own. */
export function share(core: Core, changed?: Transfer): void {
  const transfers = Object.values(core.state.transfers);
  const users = new Map<string, number>();
  for (const transfer of transfers) {
    for (const { name } of channels(core, transfer)) {
      users.set(name, (users.get(name) ?? 0) + 1);
    }
  }
  for (const transfer of transfers) {
    const rate = Math.min(
      transfer.capBytesPerSecond ?? Number.POSITIVE_INFINITY,
      ...channels(core, transfer).map(({ name, bytesPerSecond }) => bytesPerSecond / (users.get(name) ?? 1)),
    );
    if (rate !== transfer.bytesPerSecond || transfer === changed) {
      update(core, transfer);
      transfer.bytesPerSecond = rate;
      reckon(core, transfer);
    }
  }
}

/** Works out when something will next happen to the transfer, and what. */
function reckon(core: Core, transfer: Transfer): void {
  transfer.revision += 1;
  transfer.enoughBytes = enoughBytes(transfer);
  const about = { transfer: transfer.id, revision: transfer.revision };
  if (transfer.bytesPerSecond === 0) {
    after(core, patienceMs, { event: 'transfer-broken', ...about });
    return;
  }
  const leftMs = expectedMs(transfer);
  const graceMs = Math.min(leftMs === undefined ? stallMs : Number.POSITIVE_INFINITY, rungLeftMs(core, transfer));
  if (leftMs !== undefined && leftMs <= graceMs) {
    after(core, leftMs, { event: 'transfer-due', ...about });
  } else {
    after(core, graceMs, { event: 'transfer-stalled', ...about });
  }
}

/** How long it will take at this speed, ms; undefined when it gets no nearer to its end. */
function expectedMs(transfer: Transfer): number | undefined {
  const net = transfer.bytesPerSecond - dirtyRate(transfer);
  if (transfer.leftBytes <= transfer.enoughBytes) {
    return 0;
  }
  return net > 0 ? (1_000 * (transfer.leftBytes - transfer.enoughBytes)) / net : undefined;
}

/** How long the rung of a migration may still take: after a switch there is no other any more. */
function rungLeftMs(core: Core, { purpose }: Transfer): number {
  return purpose.kind === 'migration' && purpose.phase === 'before-switch' && purpose.rungUntil !== undefined
    ? Math.max(0, purpose.rungUntil - core.clock.now())
    : Number.POSITIVE_INFINITY;
}

/** What a running guest may be stopped for: half of the pause that is allowed, and at most a small part of it all. */
function enoughBytes({ purpose, bytesPerSecond, totalBytes }: Transfer): number {
  if (purpose.kind !== 'migration' || !['live', 'throttle'].includes(rungOf(purpose))) {
    return 0;
  }
  return Math.min((bytesPerSecond * purpose.migration.maxDowntimeMs) / 2_000, totalBytes / 20);
}

/** What has to be sent again each second; throttling and pausing keep a guest below what the link carries. */
function dirtyRate({ purpose, dirtyBytesPerSecond, bytesPerSecond }: Transfer): number {
  if (purpose.kind !== 'migration') {
    return 0;
  }
  switch (rungOf(purpose)) {
    case 'live':
      return dirtyBytesPerSecond;
    case 'throttle':
      return Math.min(dirtyBytesPerSecond, bytesPerSecond / 2);
    case 'post-copy':
    case 'pause':
      return 0;
  }
}

function channels(core: Core, transfer: Transfer): readonly { name: string; bytesPerSecond: number }[] {
  const source = core.state.hosts[transfer.source] as HostState;
  const target = core.state.hosts[transfer.target] as HostState;
  if (!canSpeak(core, source, target)) {
    return [{ name: 'nothing', bytesPerSecond: 0 }];
  }
  const link = linkOf(core, source.site, target.site);
  const cards = [source, target].map(({ name, bytesPerSecond }) => ({ name: `host/${name}`, bytesPerSecond }));
  return link === undefined ? cards : [...cards, { name: `link/${link.name}`, bytesPerSecond: link.bytesPerSecond }];
}

/** The transfer that an event is about; undefined when it has ended or its speed has changed since. */
export function current(core: Core, id: number, revision: number): Transfer | undefined {
  const transfer = core.state.transfers[id];
  return transfer?.revision === revision ? transfer : undefined;
}

/** How far the transfer is now. */
export function progressOf(core: Core, transfer: Transfer): TransferProgress {
  update(core, transfer);
  const doneBytes = Math.round(Math.max(0, transfer.totalBytes - transfer.leftBytes));
  const leftMs = transfer.bytesPerSecond === 0 ? undefined : expectedMs(transfer);
  return {
    doneBytes,
    totalBytes: Math.round(transfer.totalBytes),
    bytesPerSecond: Math.round(transfer.bytesPerSecond),
    ...(leftMs === undefined ? {} : { leftMs: Math.round(leftMs) }),
    ...(transfer.purpose.kind === 'migration' ? standOf(transfer.purpose, doneBytes) : {}),
  };
}

function standOf(purpose: MigrationPurpose, doneBytes: number): Pick<TransferProgress, 'phase' | 'rung' | 'reason'> {
  const reason = purpose.climbed.at(-1)?.reason;
  const before = doneBytes < purpose.diskBytes ? 'disks' : 'memory';
  return {
    phase: purpose.phase === 'after-switch' ? 'post-copy' : before,
    rung: rungOf(purpose),
    ...(reason === undefined ? {} : { reason }),
  };
}
