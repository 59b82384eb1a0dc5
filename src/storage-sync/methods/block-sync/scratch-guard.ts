import type { Backups, VmOnHost } from '../../../hypervisors/backups.js';
import type { Clock } from '../../../model/clock.js';
import { FailureError } from '../../../model/failure.js';
import { formatSize } from '../../../model/units.js';
import type { CommandSeat } from '../../store/host-commands.js';
import { isScratchSpent } from './scratch-limit.js';
import { freeBytes } from './work-folder.js';

/** Time between two looks. */
const everyMs = 2_000;

export interface GuardRequest {
  /** `isPausedByError`: it was before the backup began. */
  readonly vm: VmOnHost & { readonly name: string; readonly isPausedByError: boolean };
  readonly folder: string;
  readonly freeAtBeginning: number;
  readonly backups: Pick<Backups, 'watch'>;
  readonly seat: CommandSeat;
  readonly clock: Clock;
}

export interface Guard {
  /** Aborted with a `FailureError` as soon as the backup must end, and with the caller's signal. */
  readonly signal: AbortSignal;
  /** Ends watching. */
  stop(): void;
}

/**
 * Watches a backup's scratch space, so that the VM never pauses for want of it; also whether the backup is still under way.
 * A look that fails ends the backup as well: nobody would see the space run out.
 */
export function guardScratch(request: GuardRequest): Guard {
  const { clock, seat } = request;
  const controller = new AbortController();
  const signal = AbortSignal.any([seat.signal, controller.signal]);
  let isStopped = false;
  let forget: () => void = () => undefined;
  const look = (): void => {
    troubleOf({ ...request, seat: { ...seat, signal } })
      .catch((error: unknown) => error)
      .then((trouble) => {
        if (trouble !== undefined && !isStopped) {
          controller.abort(trouble);
        } else if (!isStopped && !signal.aborted) {
          forget = clock.at(clock.now() + everyMs, look);
        }
      })
      .catch((error: unknown) => controller.abort(error));
  };
  look();
  return {
    signal,
    stop: () => {
      isStopped = true;
      forget();
    },
  };
}

async function troubleOf({ vm, folder, freeAtBeginning, backups, seat }: GuardRequest): Promise<Error | undefined> {
  const [watch, freeNow] = await Promise.all([backups.watch(vm, seat.signal), freeBytes(seat, folder)]);
  if (!watch.isUnderWay) {
    return new FailureError({
      code: 'backup-lost',
      kind: 'transient',
      message: `The backup of ${vm.name} on ${vm.host} ended before it was read`,
      hint: 'it is tried again; the VM may have stopped, or somebody has ended the backup',
    });
  }
  const { scratchBytes: usedBytes } = watch;
  const hasPaused = watch.isPausedByError && !vm.isPausedByError;
  if (!hasPaused && !isScratchSpent({ freeAtBeginning, usedBytes, freeNow })) {
    return undefined;
  }
  return new FailureError({
    code: 'scratch-full',
    kind: 'permanent',
    message:
      `The sync of ${vm.name} was given up, since its scratch space on ${vm.host} was running out: ` +
      `${formatSize(usedBytes)} used of ${formatSize(freeAtBeginning)}, ${formatSize(freeNow)} free`,
    hint: 'give the host more scratch space (`scratch` in the estate), or sync when the VM writes less',
  });
}
