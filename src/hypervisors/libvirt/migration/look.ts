import {
  type Domain,
  DomainPausedReason,
  DomainRunningReason,
  DomainShutoffReason,
  DomainState,
  ErrorNumber,
  type Libvirt,
} from 'node-libvirt';
import type { VmState } from '../../../model/inventory.js';
import { unless } from './failures.js';
import { type MigrationStats, readStats } from './job-stats.js';

/** A VM as one host has it at one moment. */
export interface Seen {
  readonly dom: Domain;
  readonly state: VmState;
  /** Stands still because it is being moved, or because somebody asked for that while it was. */
  readonly isPausedToMove: boolean;
  /** Runs at the target, with some of its memory still at the source. */
  readonly isInPostCopy: boolean;
  /** Its memory is spread over both hosts, and the stream between them has broken. */
  readonly isBroken: boolean;
  /**
   * None can have handed it over: it runs, and was never stopped or resumed here by a migration; or its guest has shut down
   * here, which takes vCPUs that run here.
   */
  readonly hasNeverLeft: boolean;
}

/** Reasons to run that a VM has had ever since it came to the host. */
const undisturbed: readonly number[] = [
  DomainRunningReason.BOOTED,
  DomainRunningReason.MIGRATED,
  DomainRunningReason.RESTORED,
  DomainRunningReason.FROM_SNAPSHOT,
  DomainRunningReason.WAKEUP,
];

/** What looks ask of libvirt. */
export type Looks = Pick<Libvirt, 'domainLookupByUUID' | 'domainGetState' | 'domainGetJobStats'>;

/** Asks one host; undefined when it does not know the VM. */
export async function see(libvirt: Looks, id: string): Promise<Seen | undefined> {
  const dom = await unless(ErrorNumber.NO_DOMAIN, libvirt.domainLookupByUUID({ uuid: id }));
  const raw = dom === undefined ? undefined : await unless(ErrorNumber.NO_DOMAIN, libvirt.domainGetState({ dom }));
  if (dom === undefined || raw === undefined) {
    return undefined;
  }
  const isRunning = raw.state === DomainState.RUNNING;
  const isPaused = raw.state === DomainState.PAUSED;
  return {
    dom,
    state: stateOf(raw.state),
    isPausedToMove: isPaused && raw.reason === DomainPausedReason.MIGRATION,
    isInPostCopy:
      (isPaused && raw.reason === DomainPausedReason.POSTCOPY) ||
      (isRunning && raw.reason === DomainRunningReason.POSTCOPY),
    isBroken:
      (isPaused && raw.reason === DomainPausedReason.POSTCOPY_FAILED) ||
      (isRunning && raw.reason === DomainRunningReason.POSTCOPY_FAILED),
    hasNeverLeft:
      (isRunning && undisturbed.includes(raw.reason)) ||
      (raw.state === DomainState.SHUTOFF && raw.reason === DomainShutoffReason.SHUTDOWN),
  };
}

/** The migration that is under way on this host; undefined when there is none, also since the VM has just ended here. */
export async function jobOf(libvirt: Looks, dom: Domain): Promise<MigrationStats | undefined> {
  const whenItRuns = unless(ErrorNumber.OPERATION_INVALID, libvirt.domainGetJobStats({ dom }));
  const answer = await unless(ErrorNumber.NO_DOMAIN, whenItRuns);
  return answer === undefined ? undefined : readStats(answer);
}

/** Asks the source of the VM and of its job. One that leaves between the two answers is not taken for one that stays. */
export async function seeAtSource(
  libvirt: Looks,
  id: string,
): Promise<{ readonly source: Seen | undefined; readonly job: MigrationStats | undefined }> {
  const source = await see(libvirt, id);
  if (source === undefined || source.state === 'shut-off') {
    return { source, job: undefined };
  }
  const job = await jobOf(libvirt, source.dom);
  return job === undefined ? { source: await see(libvirt, id), job } : { source, job };
}

function stateOf(state: number): VmState {
  switch (state) {
    case DomainState.RUNNING:
    case DomainState.BLOCKED:
      return 'running';
    case DomainState.PAUSED:
    case DomainState.PMSUSPENDED:
      return 'paused';
    // The guest has switched itself off, and QEMU has not ended yet.
    case DomainState.SHUTDOWN:
    case DomainState.SHUTOFF:
      return 'shut-off';
    case DomainState.CRASHED:
      return 'crashed';
    default:
      return 'unknown';
  }
}
