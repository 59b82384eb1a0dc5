import { isHeld, type LaneInView } from './view.js';

/** Which lanes fit into `room` lines, by id, counting a title per stage and one line that names the rest. */
export function chosenLanes(
  lanes: readonly (LaneInView & { readonly height: number })[],
  room: number,
): ReadonlySet<string> {
  const byUrgency = lanes.toSorted((one, other) => urgency(one) - urgency(other) || newest(one, other));
  const stages = new Set<number>();
  const chosen = new Set<string>();
  let used = 0;
  for (const { lane, stage, height } of byUrgency) {
    const cost = height + (stages.has(stage) ? 0 : 1);
    const restLine = chosen.size + 1 === lanes.length ? 0 : 1;
    if (used + cost + restLine <= room) {
      used += cost;
      stages.add(stage);
      chosen.add(lane.id);
    }
  }
  return chosen;
}

function urgency({ state }: LaneInView): number {
  if (isHeld(state)) {
    return 0;
  }
  switch (state.status) {
    case 'active':
    case 'recovering':
      return state.activity === 'due' ? 2 : 1;
    case 'failed':
    case 'blocked':
    case 'cancelled':
      return 3;
    case 'succeeded':
      return 4;
    case 'waiting':
      return 5;
  }
}

function newest(one: LaneInView, other: LaneInView): number {
  return (other.state.finishedAt ?? 0) - (one.state.finishedAt ?? 0);
}
