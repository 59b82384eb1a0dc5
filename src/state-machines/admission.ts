/**
 * Which of the steps that are due may start, within the slots of the resources they use. Pure; lanes are numbers in the
 * order of the plan, so that priority decides among lanes that wait for the same thing.
 */

/** Lanes that are due, ascending, by the resources their step uses (names joined by a space). */
export type DueLanes = Readonly<Record<string, readonly number[]>>;

export interface Occupancy {
  readonly slots: Readonly<Record<string, number>>;
  /** Slots taken, by resource. */
  readonly used: Readonly<Record<string, number>>;
}

/** The lanes that may start now, in the order in which they should. */
export function admit(due: DueLanes, { slots, used }: Occupancy): readonly number[] {
  const admitted: number[] = [];
  const taken: Record<string, number> = {};
  const queues = Object.keys(due).map((resources) => ({
    names: namesOf(resources),
    lanes: due[resources] ?? [],
    next: 0,
  }));
  const isFree = (name: string): boolean => (used[name] ?? 0) + (taken[name] ?? 0) < (slots[name] ?? Infinity);
  for (;;) {
    let best: (typeof queues)[number] | undefined;
    for (const queue of queues) {
      const lane = queue.lanes[queue.next];
      const isFirst = lane !== undefined && lane < (best?.lanes[best.next] ?? Infinity);
      if (isFirst && queue.names.every(isFree)) {
        best = queue;
      }
    }
    const lane = best?.lanes[best.next];
    if (best === undefined || lane === undefined) {
      return admitted;
    }
    best.next += 1;
    admitted.push(lane);
    for (const name of best.names) {
      taken[name] = (taken[name] ?? 0) + 1;
    }
  }
}

export function namesOf(resources: string): readonly string[] {
  return resources === '' ? [] : resources.split(' ');
}
