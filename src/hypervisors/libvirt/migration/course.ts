import type { LiveRung } from '../../hypervisor.js';

/** What one look at a migration under way has shown. */
export interface Sample {
  readonly at: number;
  readonly phase: 'disks' | 'memory' | 'post-copy';
  /** Passes over the guest's memory that have begun. */
  readonly iteration: number;
  /** How long the guest would stand still if it were switched over now; absent until a first pass has been made. */
  readonly expectedPauseMs?: number;
  /** By how much QEMU slows the vCPUs down. */
  readonly throttlePercent: number;
  /** Whether the guest stands still at the source while it is moved. */
  readonly isPaused: boolean;
}

export interface Terms {
  readonly ladder: readonly [LiveRung, ...LiveRung[]];
  readonly maxDowntimeMs: number;
  /** Ms since the epoch. */
  readonly deadlineAt?: number;
}

/** Where a migration is on its ladder, as far as the samples up to now tell. Plain data. */
export interface Course {
  readonly terms: Terms;
  readonly rung: LiveRung;
  /** The pause at which QEMU switches over. */
  readonly pauseMs: number;
  readonly climbed: readonly { readonly rung: LiveRung; readonly reason: string }[];
  /** Rungs that the hypervisor would not take. */
  readonly refused: readonly LiveRung[];
  readonly throttlePercent: number;
  /** The time on this rung; absent while disks are copied, since no rung makes these faster. */
  readonly stand?: Stand;
}

/** What has been seen on one rung. */
export interface Stand {
  readonly since: number;
  /** The end of its share: the time left when it began, over the rungs left. Absent without a deadline. */
  readonly until?: number;
  /** The shortest pause that was expected, which tells net progress: the last value does not, where a guest writes in bursts. */
  readonly lowMs: number;
  /** The low when progress was last counted, so that many small steps make one. */
  readonly markMs: number;
  /** When, and in which pass, the low was last clearly below the mark, or the guest slowed down further. */
  readonly progressAt: number;
  readonly progressIteration: number;
}

/** A low counts as progress when it is below the mark by this part of it. */
const clearly = 0.05;

/** The pause with which a migration begins: well below the longest, so that it switches over near a low point. */
export function firstPauseMs(maxDowntimeMs: number): number {
  return Math.max(1, Math.round(Math.min(maxDowntimeMs, Math.max(30, maxDowntimeMs / 10))));
}

/**
 * The course of a migration that begins. With a sample of one that another process has begun it is taken up on the rung
 * that can be seen: what was slowed down, paused or switched over already.
 */
export function begin(terms: Terms, seen?: Sample): Course {
  const rung = terms.ladder.findLast((candidate) => seen !== undefined && isSeen(candidate, seen)) ?? terms.ladder[0];
  const pauseMs = firstPauseMs(terms.maxDowntimeMs);
  return { terms, rung, pauseMs, climbed: [], refused: [], throttlePercent: 0 };
}

/** Whether a sample shows that a rung was taken. `live` cannot be seen, being what every migration is at first. */
export function isSeen(rung: LiveRung, { phase, throttlePercent, isPaused }: Sample): boolean {
  switch (rung) {
    case 'live':
      return false;
    case 'throttle':
      return throttlePercent > 0;
    case 'post-copy':
      return phase === 'post-copy';
    case 'pause':
      return isPaused;
  }
}

/** Takes a sample in. */
export function follow(course: Course, sample: Sample): Course {
  if (sample.phase === 'disks') {
    return course;
  }
  const { stand = standFrom(course, sample), throttlePercent } = course;
  const pauseMs = sample.expectedPauseMs ?? Number.POSITIVE_INFINITY;
  const lowMs = Math.min(stand.lowMs, pauseMs);
  const hasProgress = lowMs < stand.markMs * (1 - clearly) || sample.throttlePercent > throttlePercent;
  return {
    ...course,
    throttlePercent: sample.throttlePercent,
    stand: {
      ...stand,
      lowMs,
      ...(hasProgress ? { markMs: lowMs, progressAt: sample.at, progressIteration: sample.iteration } : {}),
    },
  };
}

function standFrom({ terms, rung, refused }: Course, { at, iteration }: Sample): Stand {
  const rungsLeft = terms.ladder.slice(terms.ladder.indexOf(rung)).filter((one) => !refused.includes(one)).length;
  const share = terms.deadlineAt === undefined ? undefined : Math.max(0, terms.deadlineAt - at) / rungsLeft;
  return {
    since: at,
    ...(share === undefined ? {} : { until: at + share }),
    lowMs: Number.POSITIVE_INFINITY,
    markMs: Number.POSITIVE_INFINITY,
    progressAt: at,
    progressIteration: iteration,
  };
}

/** The rung after this one that the hypervisor has not refused. */
export function nextRung({ terms, rung, refused }: Course): LiveRung | undefined {
  return terms.ladder.slice(terms.ladder.indexOf(rung) + 1).find((candidate) => !refused.includes(candidate));
}

/** On another rung, where time, lows and passes count anew. */
export function climbedTo(course: Course, rung: LiveRung, reason: string): Course {
  const { stand: _, ...rest } = course;
  return { ...rest, rung, climbed: [...course.climbed, { rung, reason }] };
}

/** With a longer pause, after which it is given time anew. */
export function withPause(course: Course, pauseMs: number, { at, iteration }: Sample): Course {
  const { stand } = course;
  return stand === undefined
    ? { ...course, pauseMs }
    : { ...course, pauseMs, stand: { ...stand, progressAt: at, progressIteration: iteration } };
}
