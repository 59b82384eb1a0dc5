import type { Obstacle, Prospect } from '../model/prospect.js';

/** A prospect, indexed: what stands against moving a VM between two hosts, and which of its disks both see. */
export interface Outlook {
  /** In the order in which they were found, those for all VMs first. */
  readonly obstacles: (id: string) => readonly Obstacle[];
  readonly sharedDisks: (id: string) => readonly string[];
}

/** By `source→target`; of two looks at the same pair the later counts. */
export function outlooksOf(prospects: readonly Prospect[]): ReadonlyMap<string, Outlook> {
  const inOrder = prospects.toSorted((one, other) => one.observedAt - other.observedAt);
  return new Map(inOrder.map((prospect) => [pairOf(prospect.source, prospect.target), outlookOf(prospect)]));
}

export function pairOf(source: string, target: string): string {
  return `${source}→${target}`;
}

const none: readonly never[] = [];

function outlookOf({ obstacles, sharedDisks }: Prospect): Outlook {
  const forAll = obstacles.filter(({ vm }) => vm === undefined);
  const forOne = new Map<string, Obstacle[]>();
  for (const obstacle of obstacles) {
    if (obstacle.vm !== undefined) {
      const known = forOne.get(obstacle.vm) ?? [...forAll];
      known.push(obstacle);
      forOne.set(obstacle.vm, known);
    }
  }
  return {
    obstacles: (id) => forOne.get(id) ?? forAll,
    sharedDisks: (id) => (Object.hasOwn(sharedDisks, id) ? sharedDisks[id] : undefined) ?? none,
  };
}
