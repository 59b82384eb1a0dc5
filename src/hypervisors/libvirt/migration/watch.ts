import { type Domain, type Libvirt, LibvirtError } from 'node-libvirt';
import type { TransferProgress } from '../../hypervisor.js';
import type { Bell } from './bell.js';
import { begin, type Course, type Sample, type Terms } from './course.js';
import { type MigrationStats, progressOf, readCompleted, sampleOf } from './job-stats.js';
import { type Advice, judge, refuse } from './ladder.js';
import { jobOf, see } from './look.js';

/** What those who watch a migration, stop it and wait for it have in common. It outlives a lost connection. */
export interface Watch {
  readonly terms: Terms;
  /** Over when the migration is. */
  readonly bell: Bell;
  readonly memoryBytes: number;
  readonly now: () => number;
  readonly report: (progress: TransferProgress) => void;
  /** Asks for the end of a migration that does not converge. */
  readonly giveUp: (reason: string) => void;
  course?: Course;
  completed?: MigrationStats;
  last?: { readonly at: number; readonly doneBytes: number; readonly bytesPerSecond: number };
}

/** Looks are taken when libvirt tells of something, at least once a second, at most four times a second. */
const pace = { leastMs: 250, mostMs: 1_000 } as const;

/**
 * Watches a migration until it is over, and takes it up its ladder. Returns early when no migration is under way any more,
 * which a caller that waits for an answer of libvirt takes for a moment before its begin or after its end.
 * Rejects as calls do when the connection is lost; watching again goes on where this has stopped.
 */
export async function watch(libvirt: Libvirt, dom: Domain, state: Watch): Promise<void> {
  const ring = (): void => state.bell.ring();
  const subscriptions = await Promise.all([
    libvirt.subscribe('domain.migration-iteration', ring, { subject: dom }),
    libvirt.subscribe('domain.lifecycle', ring, { subject: dom }),
    libvirt.subscribe(
      'domain.job-completed',
      ({ params }) => {
        const completed = readCompleted(params);
        if (completed !== undefined) {
          state.completed = completed;
        }
        ring();
      },
      { subject: dom },
    ),
  ]);
  try {
    while (!state.bell.isOver && (await step(libvirt, dom, state))) {
      await state.bell.wait(pace);
    }
  } finally {
    await Promise.allSettled(subscriptions.map((subscription) => subscription.unsubscribe()));
  }
}

/** One look, and what follows from it; false when no migration is under way. */
async function step(libvirt: Libvirt, dom: Domain, state: Watch): Promise<boolean> {
  const [stats, seen] = await Promise.all([jobOf(libvirt, dom), see(libvirt, dom.uuid)]);
  if (stats === undefined || seen === undefined) {
    return false;
  }
  const sample = sampleOf(stats, { at: state.now(), isPaused: seen.isPausedToMove, isPostCopy: seen.isInPostCopy });
  const before = state.course ?? begin(state.terms, sample);
  const { course, advice } = judge(before, sample);
  state.course = course;
  if (!(await carryOut(libvirt, dom, { advice, state })) && advice.act === 'climb') {
    state.course = refuse(before, advice.rung);
  }
  state.report(
    progressOf(stats, { sample, course, memoryBytes: state.memoryBytes, bytesPerSecond: rate(state, stats, sample) }),
  );
  return true;
}

/** Does what the ladder advises; false when libvirt will not, as where a host cannot do post-copy or the job has just ended. */
async function carryOut(
  libvirt: Libvirt,
  dom: Domain,
  { advice, state }: { readonly advice: Advice; readonly state: Watch },
): Promise<boolean> {
  try {
    switch (advice.act) {
      case 'stay':
        break;
      case 'raise-pause':
        await libvirt.domainMigrateSetMaxDowntime({ dom, downtime: advice.pauseMs });
        break;
      case 'climb':
        await take(libvirt, dom, advice.rung);
        break;
      case 'give-up':
        state.giveUp(advice.reason);
        break;
    }
    return true;
  } catch (error) {
    if (error instanceof LibvirtError) {
      return false;
    }
    throw error;
  }
}

async function take(libvirt: Libvirt, dom: Domain, rung: Course['rung']): Promise<void> {
  switch (rung) {
    // Both are how the migration was begun: QEMU slows the guest down by itself, since nothing of that can be switched on later.
    case 'live':
    case 'throttle':
      return;
    case 'post-copy':
      return await libvirt.domainMigrateStartPostCopy({ dom });
    // libvirt resumes the guest on the target, and at the source when the migration comes to nothing.
    case 'pause':
      return await libvirt.domainSuspend({ dom });
  }
}

/** Bytes per second between looks that are about a second apart. */
function rate(state: Watch, { disks, memory }: MigrationStats, { at }: Sample): number {
  const doneBytes = disks.processed + memory.processed;
  const { last } = state;
  if (last === undefined || at - last.at >= pace.mostMs) {
    const bytesPerSecond =
      last === undefined ? 0 : Math.max(0, ((doneBytes - last.doneBytes) * 1_000) / (at - last.at));
    state.last = { at, doneBytes, bytesPerSecond };
  }
  return state.last?.bytesPerSecond ?? 0;
}
