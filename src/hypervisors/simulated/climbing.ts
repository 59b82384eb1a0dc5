import type { Core } from './core.js';
import { guestsChanged } from './core.js';
import { noteLastWrite } from './guests.js';
import type { MigrationPurpose, Transfer } from './transfer.js';
import { share, update } from './transfers.js';

/** Gives the rung that a migration is on its share of the time until the deadline of whoever follows it now. */
export function allot(core: Core, purpose: MigrationPurpose, deadlineAt: number | undefined): void {
  delete purpose.deadlineAt;
  delete purpose.rungUntil;
  if (deadlineAt !== undefined) {
    const now = core.clock.now();
    const rungsLeft = purpose.migration.ladder.length - purpose.climbed.length;
    purpose.deadlineAt = deadlineAt;
    purpose.rungUntil = now + Math.max(0, deadlineAt - now) / rungsLeft;
  }
}

/** Goes on to the next rung, with what was sent so far; false when there is none. */
export function climb(core: Core, transfer: Transfer & { readonly purpose: MigrationPurpose }): boolean {
  const { purpose } = transfer;
  const rung = purpose.migration.ladder[purpose.climbed.length + 1];
  if (rung === undefined) {
    return false;
  }
  const isLate = purpose.rungUntil !== undefined && core.clock.now() >= purpose.rungUntil;
  const reason = isLate ? 'its share of the time is over' : 'the VM writes memory faster than it can be sent';
  update(core, transfer);
  purpose.climbed.push({ rung, reason });
  allot(core, purpose, purpose.deadlineAt);
  if (rung === 'pause') {
    standStill(core, purpose);
  }
  share(core, transfer);
  return true;
}

/** Stops the guest at its source until the migration has ended. */
export function standStill(core: Core, purpose: MigrationPurpose): void {
  const { id, source } = purpose.migration;
  const host = core.state.hosts[source];
  const guest = host?.guests[id];
  if (host !== undefined && guest?.state === 'running') {
    noteLastWrite(core, host, guest);
    guest.state = 'paused';
    guest.hasStoodStill = true;
    purpose.pausedAt = core.clock.now();
    guestsChanged(core, id);
  }
}
