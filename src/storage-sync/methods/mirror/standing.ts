import type { DiskCopy } from '../../../hypervisors/mirrors.js';
import type { MirrorRecord } from '../../store/replica-state.js';

/**
 * `none` nobody mirrors it · `copying` all disks are on their way · `ready` all of them are ready, and that is not known yet ·
 * `whole` ready, known and unbroken · `broken` a disk has no copy to this daemon any more.
 */
export type MirrorStanding = 'none' | 'copying' | 'ready' | 'whole' | 'broken';

export interface MirrorFacts {
  readonly record: MirrorRecord | undefined;
  /** The daemon that runs now. */
  readonly instance: string | undefined;
  /** Targets of all disks that the VM has now. */
  readonly disks: readonly string[];
  readonly copies: readonly DiskCopy[];
}

/** How it stands with a mirror, by what both hosts show. */
export function standingOf({ record, instance, disks, copies }: MirrorFacts): MirrorStanding {
  if (record === undefined) {
    return 'none';
  }
  const own = copies.filter((copy) => isOwn(copy, record));
  const isComplete = disks.length > 0 && disks.every((target) => own.some((copy) => copy.target === target));
  if (instance !== record.instance || !isComplete) {
    return 'broken';
  }
  if (!own.every(({ isReady }) => isReady)) {
    return record.readyAt === undefined ? 'copying' : 'broken';
  }
  return record.readyAt === undefined ? 'ready' : 'whole';
}

/** Whether a copy is one of this mirror's. */
export function isOwn({ target, to }: DiskCopy, { prefix, port }: Pick<MirrorRecord, 'prefix' | 'port'>): boolean {
  return to?.name === `${prefix}${target}` && to.port === port;
}

/**
 * Whether what the incoming layers hold is a state that the VM's disks have had together. Until a mirror breaks it is, and
 * when all of its connections were cut at once. Of one that has broken in another way, one disk may have got a write that
 * came after another's last; a single disk is its own order.
 */
export function isOneMoment(
  { record, instance, disks }: Pick<MirrorFacts, 'record' | 'instance' | 'disks'>,
  { standing, wasCutAtOnce }: { readonly standing: MirrorStanding; readonly wasCutAtOnce: boolean },
): boolean {
  return (
    record?.readyAt !== undefined &&
    record.instance === instance &&
    (standing === 'whole' || disks.length === 1 || wasCutAtOnce)
  );
}
