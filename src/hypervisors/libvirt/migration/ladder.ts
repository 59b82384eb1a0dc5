import type { LiveRung } from '../../hypervisor.js';
import { type Course, climbedTo, follow, isSeen, nextRung, type Sample, type Stand, withPause } from './course.js';

/** What is to be done with a migration now. */
export type Advice =
  | { readonly act: 'stay' }
  | { readonly act: 'raise-pause'; readonly pauseMs: number }
  | { readonly act: 'climb'; readonly rung: LiveRung; readonly reason: string }
  | { readonly act: 'give-up'; readonly reason: string };

const stay: Advice = { act: 'stay' };

/** Passes without net progress that say something: a guest that writes in bursts has a bad one now and then. */
const telling = { raise: 2, climb: 5 } as const;
/** How long net progress may be missing before the pause is raised, ms. */
const raiseAfterMs = 1_000;
/** How long before the rung is left, ms: a third of its share, within these. */
const climbAfterMs = { least: 2_000, most: 20_000 } as const;
/** Steps of the longest pause. */
const pauseSteps = [0.1, 0.25, 0.5, 0.75, 1];
/** How much longer than the low a pause is made, so that the next low falls under it. */
const margin = 1.1;

/**
 * Takes a sample in and says what to do. The course that comes back supposes that it is done; where the hypervisor would
 * not do it, go on from `refuse`.
 *
 * Nothing is judged by the last figure alone. A guest that writes in bursts has a remainder that swings, so what counts is
 * the lowest one on a rung: a swing downwards is no progress, and at a low point the pause is what is lacking, not patience.
 * The last rung is left to its deadline for that reason. Memory cannot be taken back from post-copy, so that is never left.
 */
export function judge(before: Course, sample: Sample): { readonly course: Course; readonly advice: Advice } {
  const course = follow(before, sample);
  const advice = adviceFor(course, sample);
  switch (advice.act) {
    case 'climb':
      return { course: climbedTo(course, advice.rung, advice.reason), advice };
    case 'raise-pause':
      return { course: withPause(course, advice.pauseMs, sample), advice };
    case 'stay':
    case 'give-up':
      return { course, advice };
  }
}

/** The course on which a rung was not to be had: it is passed over from now on. */
export function refuse(before: Course, rung: LiveRung): Course {
  return { ...before, refused: [...before.refused, rung] };
}

function adviceFor(course: Course, sample: Sample): Advice {
  const { terms, stand } = course;
  if (sample.phase === 'post-copy') {
    return stay;
  }
  if (terms.deadlineAt !== undefined && sample.at >= terms.deadlineAt) {
    return { act: 'give-up', reason: lateReason(course, sample) };
  }
  if (stand === undefined) {
    return stay;
  }
  return isTaken(course, sample) ? adviceOnRung(course, stand, sample) : firstAct(course, sample);
}

/** Whether what the rung stands for was done: a ladder may begin with one that has to be done. */
function isTaken({ rung, climbed }: Course, sample: Sample): boolean {
  return rung === 'live' || rung === 'throttle' || isSeen(rung, sample) || climbed.some((one) => one.rung === rung);
}

function firstAct(course: Course, sample: Sample): Advice {
  const { rung, refused } = course;
  const asked = refused.includes(rung) ? nextRung(course) : rung;
  if (asked === undefined) {
    return { act: 'give-up', reason: `the hypervisor would not take the rung \`${rung}\`` };
  }
  return isReady(asked, sample) ? climb(asked, 'its ladder begins with it') : stay;
}

function adviceOnRung(course: Course, stand: Stand, sample: Sample): Advice {
  const next = nextRung(course);
  if (course.rung === 'live' && next === 'throttle' && isSeen(next, sample)) {
    return climb(next, 'it writes memory about as fast as it is sent, so QEMU slows it down');
  }
  const pauseMs = neededPauseMs(course, stand);
  if (pauseMs > course.pauseMs && isWithout(stand, sample, raiseAfterMs, telling.raise)) {
    return { act: 'raise-pause', pauseMs };
  }
  const isOver = stand.until !== undefined && sample.at >= stand.until;
  const isStuck = isWithout(stand, sample, patienceMs(stand), telling.climb);
  if (next === undefined) {
    return isStuck && stand.until === undefined ? { act: 'give-up', reason: stuckReason(course, stand) } : stay;
  }
  if (!(isOver || isStuck) || !isReady(next, sample)) {
    return stay;
  }
  return climb(next, isStuck ? stuckReason(course, stand) : `its share of the time is over${lowest(stand)}`);
}

const climb = (rung: LiveRung, reason: string): Advice => ({ act: 'climb', rung, reason });

/** The guest is slowed or stopped for the rest of its memory only, never for a whole pass. */
function isReady(rung: LiveRung, { iteration }: Sample): boolean {
  return rung === 'live' || rung === 'throttle' || iteration >= 2;
}

function isWithout({ progressAt, progressIteration }: Stand, sample: Sample, forMs: number, passes: number): boolean {
  return sample.at - progressAt >= forMs && sample.iteration - progressIteration >= passes;
}

function patienceMs({ since, until }: Stand): number {
  const share = until === undefined ? Number.POSITIVE_INFINITY : until - since;
  return Math.min(climbAfterMs.most, Math.max(climbAfterMs.least, share / 3));
}

/** The shortest step under which the low falls, or the longest pause where none is long enough. */
function neededPauseMs({ terms: { maxDowntimeMs } }: Course, { lowMs }: Stand): number {
  const part = pauseSteps.find((step) => step * maxDowntimeMs >= lowMs * margin) ?? 1;
  return Math.max(1, Math.round(part * maxDowntimeMs));
}

function stuckReason({ terms }: Course, stand: Stand): string {
  return `it makes no more progress${lowest(stand)}, with ${terms.maxDowntimeMs} ms allowed`;
}

function lateReason({ terms, rung }: Course, { phase }: Sample): string {
  const what = phase === 'disks' ? 'its disks were not copied' : `the rung \`${rung}\` had not moved it`;
  return `${what} by the deadline of the move (${terms.ladder.join(', ')})`;
}

function lowest({ lowMs }: Stand): string {
  return Number.isFinite(lowMs) ? `: it would stand still for ${Math.round(lowMs)} ms at the least` : '';
}
