import { type Failure, FailureError } from '../../model/failure.js';
import { formatPlace } from '../../model/place.js';
import type { Rung } from '../../model/runbook.js';
import type { MigrateInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { reportTransfer } from '../transfer-progress.js';
import { storageOf } from './live.js';
import { look } from './look.js';
import { settle } from './settle.js';
import { leftAtSourceCodes, type Standing } from './verdict.js';

/** What is known of a move that has ended well. */
export interface Moved {
  readonly downtimeMs?: number;
  readonly bytes?: number;
  readonly climbed?: readonly { readonly rung: Rung; readonly reason: string }[];
}

/** The guest may use this part of the time for shutting down; the rest is for its disks. */
const guestShare = 0.5;

/**
 * Moves a VM with an interruption, from wherever an earlier attempt has left it: its guest is asked to shut down, it is
 * carried, and started at the target. It is started there only when it was just seen shut off there and unknown to its
 * source, so that there is nothing else that could run (safety rule S1). The plug is never pulled: a guest that does not
 * shut down in its time goes on running where it is.
 */
export async function restart(
  input: MigrateInput,
  context: StepContext,
  { from, reason }: { readonly from: Standing; readonly reason: string },
): Promise<Moved> {
  const { hypervisor, clock, signal } = context;
  if (from === 'at-source') {
    await requireTarget(input, context);
  }
  return await orSayWhere(input, context, async () => {
    if (from === 'at-source') {
      await shutDown(input, context);
    }
    const stoppedAt = clock.now();
    const bytes = from === 'stopped-at-target' ? undefined : await carry(input, context);
    await requireStanding(input, context, 'stopped-at-target');
    context.progress({ text: `Starting ${input.vm} on ${formatPlace(input.to)}` });
    await hypervisor.start(input.to.host, input.id, signal);
    await requireStanding(input, context, 'moved');
    return {
      ...(from === 'at-source' ? { downtimeMs: clock.now() - stoppedAt } : {}),
      ...(bytes === undefined ? {} : { bytes }),
      climbed: [{ rung: 'restart', reason }],
    };
  });
}

/** Rejects while the target cannot be asked: no guest is shut down for a host that is not there. */
async function requireTarget({ vm, id, from, to }: MigrateInput, { hypervisor, signal }: StepContext): Promise<void> {
  const { target } = await hypervisor.migrationState(id, from.host, to.host, signal);
  if (target === 'unreachable') {
    throw new FailureError({
      code: 'migration-aborted',
      kind: 'transient',
      message: `${formatPlace(to)} cannot be asked, so the guest of ${vm} was not asked to shut down for it`,
      hint: 'bring the host back into reach, or let another host take the VM',
    });
  }
}

/** Carries a VM that is shut off, and leaves it so. */
export async function carryOver(input: MigrateInput, context: StepContext): Promise<Moved> {
  return await orSayWhere(input, context, async () => {
    const bytes = await carry(input, context);
    await requireStanding(input, context, 'moved');
    return { bytes };
  });
}

async function carry(input: MigrateInput, context: StepContext): Promise<number> {
  const { vm, id, from, to } = input;
  const text = `Carrying ${vm}, which is shut off, to ${formatPlace(to)}`;
  context.progress({ text });
  const { bytes } = await context.hypervisor.carry(
    { id, source: from.host, target: to.host, ...storageOf(input) },
    context.signal,
    reportTransfer(context, text),
  );
  return bytes;
}

async function shutDown({ vm, id, from }: MigrateInput, context: StepContext): Promise<void> {
  const { hypervisor, clock, signal, deadlineAt } = context;
  const impatience = new AbortController();
  const now = clock.now();
  const untilMs = deadlineAt === undefined ? undefined : now + (deadlineAt - now) * guestShare;
  const tooLong = new FailureError({
    code: 'guest-not-stopping',
    kind: 'permanent',
    message: `the guest of ${vm} was asked to shut down and has not`,
    hint: 'shut it down from within, or allow the move more time; its plug is not pulled',
  });
  const forget = untilMs === undefined ? undefined : clock.at(untilMs, () => impatience.abort(tooLong));
  context.progress({ text: `Asking the guest of ${vm} to shut down`, ...(untilMs === undefined ? {} : { untilMs }) });
  try {
    await hypervisor.shutdown(from.host, id, AbortSignal.any([signal, impatience.signal]));
  } catch (error) {
    throw impatience.signal.aborted && !signal.aborted ? tooLong : error;
  } finally {
    forget?.();
  }
}

/** Rejects unless both hosts say now that the VM is there. */
async function requireStanding(
  input: MigrateInput,
  context: StepContext,
  wanted: 'stopped-at-target' | 'moved',
): Promise<void> {
  const { verdict, evidence } = await look(input, context);
  if (verdict !== wanted) {
    throw new FailureError({ code: 'migration-aborted', kind: 'transient', message: evidence });
  }
}

/** After a failure both hosts are asked: it is done after all, or the failure says on which side the VM is whole. */
async function orSayWhere(input: MigrateInput, context: StepContext, act: () => Promise<Moved>): Promise<Moved> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof FailureError) || context.signal.aborted) {
      throw error;
    }
    const { failure } = error;
    const settled = await settle(input, context, { failure });
    if (settled.where === 'moved') {
      return {};
    }
    throw new FailureError(failureAt(settled.where, failure, input), { cause: error });
  }
}

function failureAt(where: Standing, failure: Failure, input: MigrateInput): Failure {
  const { vm, from, to } = input;
  const { hint, message } = failure;
  const kind = failure.kind === 'outcome-unknown' ? 'transient' : failure.kind;
  const rest = { kind, cause: message, ...(hint === undefined ? {} : { hint }) };
  switch (where) {
    case 'at-source':
      return failure.code === 'guest-not-stopping'
        ? failure
        : {
            code: 'restart-aborted',
            ...rest,
            message: `${vm} was to be restarted elsewhere, and runs on ${formatPlace(from)}`,
          };
    case 'stopped-at-source':
      return input.state === 'shut-off' && leftAtSourceCodes.includes(failure.code)
        ? failure
        : {
            code: 'stopped-at-source',
            ...rest,
            message: `${vm} is shut off on ${formatPlace(from)}, whole, and was not carried to ${formatPlace(to)}`,
          };
    case 'stopped-at-target':
      return {
        code: 'stopped-at-target',
        ...rest,
        message: `${vm} is shut off on ${formatPlace(to)}, whole, and was not started there`,
      };
  }
}
