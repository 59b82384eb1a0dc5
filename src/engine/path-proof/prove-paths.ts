import type { EntryBody, NewEntry } from '../../model/entry.js';
import { formatPlace } from '../../model/place.js';
import type { Lane, Plan } from '../../model/plan.js';
import { type FoldedRun, identityOf, newRunState } from '../../state-machines/index.js';
import { batchOf } from '../batch.js';
import { type ImaginedWorld, relevantWorld, worldBefore } from './imagined-world.js';
import { possibleEvents } from './possible-events.js';
import { likeness, reducedPlan } from './reduced-plan.js';

/** What was walked, and what was found wrong. */
export interface PathProof {
  readonly walks: readonly Walk[];
  readonly broken: readonly BrokenPath[];
}

/** All lanes of a plan that are alike, walked as one. */
export interface Walk {
  readonly lanes: readonly string[];
  readonly states: number;
  readonly edges: number;
}

/** How far the walk of a lane is; walks are counted from 1. */
export interface WalkProgress {
  readonly lane: string;
  readonly number: number;
  readonly of: number;
  readonly states: number;
}

export interface BrokenPath {
  readonly lane: string;
  /** What was found, one sentence. */
  readonly rule: string;
  /** What happened until then, oldest first. */
  readonly path: readonly string[];
}

/** So many states later the next word about a walk is due. */
const statesBetweenWords = 500;

/** States of one walk beyond which it is given up; the lanes that the planner makes need some thousands. */
const statesAllowed = 100_000;

/**
 * Walks every path of every different lane of a plan, through the same code that runs it: each step succeeds, fails,
 * runs out of time, loses its answer with or without its effect, and is found in every way after a crash; an operator
 * makes every move. In no state is more than one copy of the VM live, or a VM live where its authority is not (safety
 * rules S1 and S2), and from every state there is a way to the end. It takes seconds, of which `onWalk` is told.
 */
export function provePaths(plan: Plan, onWalk: (progress: WalkProgress) => void = () => undefined): PathProof {
  const walks: Walk[] = [];
  const broken: BrokenPath[] = [];
  const lanes = differentLanes(plan);
  for (const [index, [lane, alike]] of lanes.entries()) {
    const tell = (count: number): void => onWalk({ lane: lane.id, number: index + 1, of: lanes.length, states: count });
    const { states, edges, found } = walk(reducedPlan(plan, lane), { lane, tell });
    walks.push({ lanes: alike, states, edges });
    broken.push(...found);
  }
  return { walks, broken };
}

function differentLanes(plan: Plan): readonly (readonly [Lane, string[]])[] {
  const alike = new Map<string, [Lane, string[]]>();
  for (const lane of plan.stages.filter(({ isAlways }) => !isAlways).flatMap(({ lanes }) => lanes)) {
    const key = likeness(lane);
    const known = alike.get(key);
    if (known === undefined) {
      alike.set(key, [lane, [lane.id]]);
    } else {
      known[1].push(lane.id);
    }
  }
  return [...alike.values()];
}

interface Scene {
  readonly state: FoldedRun;
  readonly world: ImaginedWorld;
}

/** How a state was reached first; the state itself is kept only until its own events have been tried. */
interface Visit {
  readonly cameFrom: string | undefined;
  readonly by: string;
}

interface Found {
  readonly states: number;
  readonly edges: number;
  readonly found: readonly BrokenPath[];
}

function walk(plan: Plan, { lane, tell }: { readonly lane: Lane; readonly tell: (states: number) => void }): Found {
  const visits = new Map<string, Visit>();
  const waysTo = new Map<string, string[]>();
  const found = new Map<string, BrokenPath>();
  const ends: string[] = [];
  const ahead: (Scene & { readonly key: string })[] = [];
  let edges = 0;
  const report = (rule: string, key: string): void => {
    if (!found.has(rule)) {
      found.set(rule, { lane: lane.id, rule, path: pathTo(key, visits) });
    }
  };
  const arrive = (scene: Scene, visit: Visit): void => {
    const key = `${identityOf(scene.state)} ${JSON.stringify(scene.world)}`;
    if (visit.cameFrom !== undefined) {
      addTo(waysTo, key, visit.cameFrom);
    }
    if (visits.has(key)) {
      return;
    }
    if (visits.size % statesBetweenWords === 0) {
      tell(visits.size);
    }
    visits.set(key, visit);
    brokenRules(scene, lane).forEach((rule) => report(rule, key));
    if (scene.state.phase === 'finished') {
      ends.push(key);
    } else {
      ahead.push({ ...scene, key });
    }
  };
  arrive({ state: begun(plan), world: worldBefore(lane) }, { cameFrom: undefined, by: 'the run starts' });
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    for (const possible of possibleEvents(next.state, next.world)) {
      edges += 1;
      const happened = possible.happens.map((body) => stamped(body, possible.at));
      const after = batchOf(next.state, happened, possible.at).state;
      const world = relevantWorld(possible.world, after);
      arrive({ state: after, world }, { cameFrom: next.key, by: possible.name });
    }
    if (visits.size > statesAllowed) {
      throw new Error(`lane ${lane.id} has more than ${statesAllowed} states that can be told apart`);
    }
  }
  const saved = reaching(ends, waysTo);
  [...visits.keys()].filter((key) => !saved.has(key)).forEach((key) => report('there is no way to an end', key));
  return { states: visits.size, edges, found: [...found.values()] };
}

function addTo(waysTo: Map<string, string[]>, key: string, from: string): void {
  const known = waysTo.get(key);
  if (known === undefined) {
    waysTo.set(key, [from]);
  } else {
    known.push(from);
  }
}

function begun(plan: Plan): FoldedRun {
  const { runbook, request } = plan;
  const opening: EntryBody[] = [
    { type: 'run.requested', runbook, request },
    { type: 'run.planned', plan },
    { type: 'run.started' },
  ];
  return batchOf(
    newRunState('proof'),
    opening.map((body) => stamped(body, 0)),
    0,
  ).state;
}

function stamped(body: EntryBody, at: number): NewEntry {
  return { ...body, at, author: 'proof' };
}

function brokenRules({ state, world }: Scene, lane: Lane): readonly string[] {
  if (lane.subject.kind !== 'vm') {
    return [];
  }
  const authority = state.authority.get(lane.subject.name);
  const allowed =
    authority?.state === 'at'
      ? [formatPlace(authority.place)]
      : authority?.state === 'moving'
        ? [formatPlace(authority.from), formatPlace(authority.to)]
        : world.live;
  const strays = world.live.filter((place) => !allowed.includes(place));
  return [
    ...(world.live.length > 1 ? [`S1: ${lane.subject.name} is live at ${world.live.join(' and ')}`] : []),
    ...strays.map((place) => `S1: ${lane.subject.name} is live at ${place}, and its authority is elsewhere`),
  ];
}

function pathTo(key: string, visits: ReadonlyMap<string, Visit>): readonly string[] {
  const path: string[] = [];
  for (let visit = visits.get(key); visit !== undefined; visit = visits.get(visit.cameFrom ?? '')) {
    path.unshift(visit.by);
  }
  return path;
}

/** Every state from which one of the ends can be reached. */
function reaching(ends: readonly string[], waysTo: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const good = new Set(ends);
  for (const key of good) {
    (waysTo.get(key) ?? []).forEach((from) => good.add(from));
  }
  return good;
}
