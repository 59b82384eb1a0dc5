import { isJsonObject } from '../model/json.js';
import type { Lane } from '../model/plan.js';

/** Lanes that do the same, each to its own subject. */
export interface LaneShape {
  readonly lanes: readonly Lane[];
  /** Titles of the steps; of several lanes, with `VM` and `its target` in place of the names. */
  readonly titles: readonly string[];
}

/** So many lanes alike are told one by one. */
const aloneUpTo = 3;

/** The lanes of a stage in their order, those that differ in nothing but their names told as one when there are many. */
export function laneShapes(lanes: readonly Lane[]): readonly LaneShape[] {
  const alike = new Map<string, Lane[]>();
  for (const lane of lanes) {
    const key = JSON.stringify([lane.subject.kind, lane.after, generic(lane)]);
    alike.set(key, [...(alike.get(key) ?? []), lane]);
  }
  return [...alike.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined || group.length <= aloneUpTo
      ? group.map((lane) => ({ lanes: [lane], titles: lane.steps.map(({ title }) => title) }))
      : [{ lanes: group, titles: sharedTitles(group) ?? generic(first) }];
  });
}

/** The text with a name, where it stands as a word of its own, replaced. */
export function renamed(text: string, name: string, by: string): string {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return name === '' ? text : text.replaceAll(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-])`, 'g'), () => by);
}

/** Where all of them go to the same host it is named. */
function sharedTitles(lanes: readonly Lane[]): readonly string[] | undefined {
  const named = lanes.map(withoutName);
  const [first] = named;
  return named.every((titles) => titles.join('\n') === first?.join('\n')) ? first : undefined;
}

function withoutName({ steps, subject }: Lane): readonly string[] {
  return steps.map(({ title }) => renamed(title, subject.name, 'VM'));
}

function generic(lane: Lane): readonly string[] {
  const target = targetOf(lane);
  return withoutName(lane).map((title) => renamed(title, target, 'its target'));
}

/** The host to which the lane brings its VM; empty when it brings it nowhere. */
function targetOf({ steps }: Lane): string {
  for (const { input } of steps) {
    const to = input['to'];
    if (isJsonObject(to) && typeof to['host'] === 'string') {
      return to['host'];
    }
  }
  return '';
}
