import { DomainJobField, DomainJobOperation, DomainJobType, type TypedParameter, valuesByField } from 'node-libvirt';
import type { MigrationResult, TransferProgress } from '../../hypervisor.js';
import type { Course, Sample } from './course.js';

/** What libvirt's job statistics say of a migration; bytes and ms. */
export interface MigrationStats {
  readonly disks: Amount;
  readonly memory: Amount;
  readonly iteration: number;
  readonly throttlePercent: number;
  /** Of a job that is over. */
  readonly downtimeMs?: number;
  /** Of a job under way, from its second pass on: before, QEMU only repeats the pause that it is allowed. */
  readonly expectedPauseMs?: number;
}

interface Amount {
  readonly total: number;
  readonly processed: number;
  readonly remaining: number;
}

/** Reads the answer of `domainGetJobStats`; undefined when it is of no migration. */
export function readStats(answer: {
  readonly type: number;
  readonly params: readonly TypedParameter[];
}): MigrationStats | undefined {
  const isOver = answer.type === DomainJobType.COMPLETED;
  const isUnderWay = answer.type === DomainJobType.BOUNDED || answer.type === DomainJobType.UNBOUNDED;
  return isOver || isUnderWay ? statsFrom(answer.params, isOver) : undefined;
}

/** Reads what a `job-completed` event brings; undefined when it is of no migration, or of one that failed. */
export function readCompleted(params: readonly TypedParameter[]): MigrationStats | undefined {
  const failed = params.some(({ field, value }) => field === DomainJobField.SUCCESS && value === false);
  return failed ? undefined : statsFrom(params, true);
}

function statsFrom(params: readonly TypedParameter[], isOver: boolean): MigrationStats | undefined {
  const values = valuesByField(params);
  const figure = (field: string): number => Number(values.get(field) ?? 0);
  const operation = figure(DomainJobField.OPERATION);
  if (operation !== DomainJobOperation.MIGRATION_OUT && operation !== DomainJobOperation.MIGRATION_IN) {
    return undefined;
  }
  const iteration = figure(DomainJobField.MEMORY_ITERATION);
  const downtimeMs = figure(DomainJobField.DOWNTIME);
  return {
    disks: {
      total: figure(DomainJobField.DISK_TOTAL),
      processed: figure(DomainJobField.DISK_PROCESSED),
      remaining: figure(DomainJobField.DISK_REMAINING),
    },
    memory: {
      total: figure(DomainJobField.MEMORY_TOTAL),
      processed: figure(DomainJobField.MEMORY_PROCESSED),
      remaining: figure(DomainJobField.MEMORY_REMAINING),
    },
    iteration,
    throttlePercent: figure(DomainJobField.AUTO_CONVERGE_THROTTLE),
    ...(isOver ? { downtimeMs } : {}),
    ...(!isOver && iteration >= 2 ? { expectedPauseMs: downtimeMs } : {}),
  };
}

/** What the ladder is fed with. Memory's first figures come when the disks are done: until then it has no total. */
export function sampleOf(
  stats: MigrationStats,
  seen: { readonly at: number; readonly isPaused: boolean; readonly isPostCopy: boolean },
): Sample {
  return {
    at: seen.at,
    phase: seen.isPostCopy ? 'post-copy' : stats.memory.total === 0 ? 'disks' : 'memory',
    iteration: stats.iteration,
    throttlePercent: stats.throttlePercent,
    isPaused: seen.isPaused,
    ...(stats.expectedPauseMs === undefined ? {} : { expectedPauseMs: stats.expectedPauseMs }),
  };
}

/** The result of a migration that is over. What was moved is what was sent: memory more than once where it was dirtied. */
export function resultOf({ disks, memory, downtimeMs = 0 }: MigrationStats): MigrationResult {
  return { downtimeMs, bytes: disks.processed + memory.processed };
}

/**
 * What a person is shown. The time left is told while it can be known: a guest that does not converge has none. libvirt
 * gives no rate of the disks and no size of the memory while it copies disks, so both come from outside.
 */
export function progressOf(
  stats: MigrationStats,
  known: {
    readonly sample: Sample;
    readonly course: Course;
    readonly memoryBytes: number;
    readonly bytesPerSecond: number;
  },
): TransferProgress {
  const { disks, memory } = stats;
  const { sample, course, bytesPerSecond } = known;
  const doneBytes = disks.processed + memory.processed;
  const leftBytes = disks.remaining + (sample.phase === 'disks' ? known.memoryBytes : memory.remaining);
  const last = course.climbed.at(-1);
  return {
    doneBytes,
    totalBytes: doneBytes + leftBytes,
    bytesPerSecond,
    phase: sample.phase,
    rung: course.rung,
    ...(last === undefined ? {} : { reason: last.reason }),
    ...(bytesPerSecond > 0 && converges(sample, course)
      ? { leftMs: Math.ceil((leftBytes * 1000) / bytesPerSecond) }
      : {}),
  };
}

function converges({ phase, isPaused, iteration, expectedPauseMs = 0 }: Sample, { pauseMs }: Course): boolean {
  return phase === 'post-copy' || isPaused || iteration < 2 || expectedPauseMs <= pauseMs;
}
