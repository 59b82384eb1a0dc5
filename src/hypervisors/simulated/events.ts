import { answer, arrive, deliver, isAwaited, lose } from './calls.js';
import { abandonCarry, completeCarry, endOrphans, isCarry } from './carries.js';
import { climb } from './climbing.js';
import { cycle, linkChanged } from './copies.js';
import { after, asAsked, type Core, letObserve } from './core.js';
import { failed } from './failures.js';
import { strike } from './faults.js';
import { stop } from './guests.js';
import { perform } from './handlers.js';
import { come } from './hosts.js';
import { abandon, arrived, endBroken, isMigration } from './migration-ends.js';
import { progressEveryMs } from './moves.js';
import { breakSync, completeReverse, completeSync } from './syncs.js';
import type { Transfer } from './transfer.js';
import { current, progressOf, share } from './transfers.js';
import type { WorldEvent } from './world-event.js';

/** Lets an event happen, and then the observer look. */
export function handle(core: Core, event: WorldEvent): void {
  happen(core, event);
  if (core.touched.haveGuestsChanged) {
    endBroken(core);
    linkChanged(core, core.touched.guests);
  }
  letObserve(core);
}

function happen(core: Core, event: WorldEvent): void {
  switch (event.event) {
    case 'call-arrives':
      arrive(core, event.call, (call) => perform(core, call));
      return;
    case 'call-answered':
      deliver(core, event.call, event.outcome);
      return;
    case 'call-lost':
      lose(core, event.call);
      endOrphans(core);
      return;
    case 'call-aborted':
      abortOperation(core, event.call);
      return;
    case 'progress-due':
      tellProgress(core, event.call);
      return;
    case 'guest-off':
      turnOff(core, event);
      return;
    case 'host-up':
      whenDefined(core.state.hosts[event.host], (host) => come(core, host, event.boot));
      return;
    case 'transfer-due':
      whenDefined(current(core, event.transfer, event.revision), (transfer) => finish(core, transfer));
      return;
    case 'transfer-stalled':
      whenDefined(current(core, event.transfer, event.revision), (transfer) => giveUp(core, transfer));
      return;
    case 'transfer-broken':
      whenDefined(current(core, event.transfer, event.revision), (transfer) => end(core, transfer));
      return;
    case 'cycle-due':
      cycle(core, event.copy);
      return;
    case 'fault':
      strike(core, event.fault);
      return;
  }
}

function whenDefined<Value>(value: Value | undefined, then: (value: Value) => void): void {
  if (value !== undefined) {
    then(value);
  }
}

function turnOff(core: Core, { host: name, id, boot }: Extract<WorldEvent, { event: 'guest-off' }>): void {
  const host = core.state.hosts[name];
  const guest = host?.guests[id];
  if (host !== undefined && guest?.boot === boot && guest.isShuttingDown) {
    asAsked(core, () => stop(core, host, guest));
    guest.hasShutDown = true;
  }
}

function finish(core: Core, transfer: Transfer): void {
  const { purpose } = transfer;
  if (isMigration(transfer)) {
    asAsked(core, () => arrived(core, transfer));
  } else if (isCarry(transfer)) {
    asAsked(core, () => completeCarry(core, transfer));
  } else if (purpose.kind === 'reverse') {
    asAsked(core, () => completeReverse(core, transfer, purpose.vm, purpose.asOf));
  } else if (purpose.kind === 'sync' && purpose.isAsked) {
    asAsked(core, () => completeSync(core, transfer, purpose));
  } else if (purpose.kind === 'sync') {
    completeSync(core, transfer, purpose);
  }
}

/**
 * Whoever asked for a migration watches it: one that stalls goes on on the next rung of its ladder, and is stopped after
 * the last. One that nobody watches goes on as it is, for ever if need be.
 */
function giveUp(core: Core, transfer: Transfer): void {
  if (!isMigration(transfer)) {
    return;
  }
  const { purpose } = transfer;
  if (isAwaited(core, transfer.id)) {
    if (!climb(core, transfer)) {
      abandon(core, transfer, stalled(purpose.migration.ladder));
    }
  } else if (purpose.rungUntil !== undefined) {
    delete purpose.rungUntil;
    share(core, transfer);
  }
}

function stalled(ladder: readonly string[]) {
  return failed(
    'migration-stalled',
    'permanent',
    `The VM did not move on any rung of its ladder (${ladder.join(', ')})`,
    'Allow more time, a longer downtime, or a further rung',
  );
}

function end(core: Core, transfer: Transfer): void {
  const because = (code: string) =>
    failed(code, 'transient', `${transfer.source} lost ${transfer.target}`, 'Check the link');
  if (isMigration(transfer)) {
    abandon(core, transfer, because('migration-aborted'));
  } else if (isCarry(transfer)) {
    abandonCarry(core, transfer, because('move-aborted'));
  } else {
    breakSync(core, transfer, because('transfer-broken'));
  }
}

function abortOperation(core: Core, id: number): void {
  const call = core.state.calls[id];
  if (call !== undefined && !call.isWorking) {
    // The abort has overtaken the call: what is ended before it began never begins.
    call.fate = 'call-hangs';
    answer(
      core,
      call,
      failed('call-aborted', 'precondition', `The ${call.request.method} was stopped before it began`),
    );
    return;
  }
  const wait = call?.waitsFor;
  const transfer = wait !== undefined && 'transfer' in wait ? core.state.transfers[wait.transfer] : undefined;
  if (call === undefined || transfer === undefined) {
    return;
  }
  const subject = call.request.method;
  if (isMigration(transfer)) {
    if (transfer.purpose.phase === 'before-switch') {
      abandon(core, transfer, failed('migration-aborted', 'precondition', `The ${subject} was stopped, the VM stays`));
    }
  } else if (isCarry(transfer)) {
    abandonCarry(core, transfer, failed('move-aborted', 'precondition', `The ${subject} was stopped, the VM stays`));
  } else {
    breakSync(core, transfer, failed('call-aborted', 'precondition', `The ${subject} was stopped`));
  }
}

function tellProgress(core: Core, id: number): void {
  const call = core.state.calls[id];
  const transfer = call?.waitsFor !== undefined && 'transfer' in call.waitsFor ? call.waitsFor.transfer : undefined;
  const under = transfer === undefined ? undefined : core.state.transfers[transfer];
  const waiter = core.waiters.get(id);
  if (under !== undefined && waiter?.progress !== undefined) {
    core.clock.calledOut();
    waiter.progress(progressOf(core, under));
    after(core, progressEveryMs, { event: 'progress-due', call: id });
  }
}
