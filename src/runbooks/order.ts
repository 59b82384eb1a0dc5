import type { Finding } from '../model/finding.js';
import type { PlanConflict } from '../model/plan.js';
import type { Group } from '../model/runbook.js';
import { conflict } from './conflict.js';
import { circlesOf } from './parse-group-order.js';
import { suggest } from './suggest.js';

/** Groups whose VMs are worked on together. Levels follow one another. */
export interface Level {
  readonly priority: number;
  readonly groups: readonly string[];
}

export interface Order {
  readonly levels: readonly Level[];
  readonly conflicts: readonly PlanConflict[];
  readonly findings: readonly Finding[];
}

/**
 * Priorities first, 1 to 5, and within one priority what others wait for first. A group that waits for one of a later
 * priority takes that priority, since it cannot begin before. Names that are no group, and cycles with their path, are
 * conflicts; there are then no levels.
 */
export function order(groups: readonly Group[]): Order {
  const byName = new Map(groups.map((group, index) => [group.name, { group, index }]));
  const conflicts = groups.flatMap((group, index) =>
    group.after.flatMap((name, at) =>
      byName.has(name)
        ? []
        : [unknownGroup(group, name, { names: [...byName.keys()], path: `/groups/${index}/after/${at}` })],
    ),
  );
  const circles = circlesOf(new Map(groups.map(({ name, after }) => [name, after])));
  conflicts.push(...circles.map((circle) => circleConflict(circle, byName)));
  return conflicts.length > 0 ? { levels: [], conflicts, findings: [] } : ranked(groups, byName);
}

type ByName = ReadonlyMap<string, { readonly group: Group; readonly index: number }>;

interface Rank {
  readonly priority: number;
  /** How many groups of the same priority come before it, one waiting for the other. */
  readonly depth: number;
}

function ranked(groups: readonly Group[], byName: ByName): Order {
  const ranks = new Map<string, Rank>();
  for (const name of topological(byName)) {
    const group = byName.get(name)?.group;
    const before = (group?.after ?? []).flatMap((other) => ranks.get(other) ?? []);
    const priority = Math.max(group?.priority ?? 0, ...before.map((rank) => rank.priority));
    const depths = before.filter((rank) => rank.priority === priority).map(({ depth }) => depth + 1);
    ranks.set(name, { priority, depth: Math.max(0, ...depths) });
  }
  const levels = new Map<string, { priority: number; depth: number; groups: string[] }>();
  const findings: Finding[] = [];
  for (const { name, priority } of groups) {
    const rank = ranks.get(name) ?? { priority, depth: 0 };
    const key = `${rank.priority}/${rank.depth}`;
    const level = levels.get(key) ?? { ...rank, groups: [] };
    level.groups.push(name);
    levels.set(key, level);
    if (rank.priority > priority) {
      findings.push({
        code: 'priority-delayed',
        severity: 'info',
        subject: name,
        message: `${name} has priority ${priority} but waits for a group of priority ${rank.priority}, so that it comes after it`,
      });
    }
  }
  const sorted = [...levels.values()].toSorted((a, b) => a.priority - b.priority || a.depth - b.depth);
  return {
    levels: sorted.map(({ priority, groups: names }) => ({ priority, groups: names })),
    conflicts: [],
    findings,
  };
}

/** Names so that whatever a group waits for comes before it. Works through a stack, since chains may be long. */
function topological(byName: ByName): string[] {
  const waiting = new Map([...byName].map(([name, { group }]) => [name, new Set(group.after).size]));
  const followers = new Map<string, string[]>();
  for (const { group } of byName.values()) {
    for (const name of new Set(group.after)) {
      const known = followers.get(name);
      if (known === undefined) {
        followers.set(name, [group.name]);
      } else {
        known.push(group.name);
      }
    }
  }
  const ready = [...waiting].filter(([, count]) => count === 0).map(([name]) => name);
  for (const name of ready) {
    for (const follower of followers.get(name) ?? []) {
      const count = (waiting.get(follower) ?? 0) - 1;
      waiting.set(follower, count);
      if (count === 0) {
        ready.push(follower);
      }
    }
  }
  return ready;
}

function circleConflict(circle: readonly string[], byName: ByName): PlanConflict {
  const [first = '', second = first] = circle;
  const found = byName.get(first);
  return conflict('invalid', {
    code: 'group-cycle',
    subject: first,
    message: `groups wait for each other in a circle: ${circle.join(' → ')}`,
    hint: 'remove one `after` of the circle',
    path: `/groups/${found?.index ?? 0}/after/${found?.group.after.indexOf(second) ?? 0}`,
  });
}

function unknownGroup(
  group: Group,
  name: string,
  where: { readonly names: readonly string[]; readonly path: string },
): PlanConflict {
  const near = suggest(name, where.names);
  return conflict('invalid', {
    code: 'group-unknown',
    subject: group.name,
    message: `group ${group.name} waits for ${name}, which is no group of this runbook`,
    hint: near === undefined ? undefined : `did you mean ${near}?`,
    path: where.path,
  });
}
