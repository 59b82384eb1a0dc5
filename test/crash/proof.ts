import { draw, drawBetween } from '../../src/hypervisors/simulated/chance.js';
import { compare } from './comparison.js';
import type { Facts } from './facts.js';
import type { Point, PointKind } from './gate.js';
import { runWithCrashes } from './in-process.js';
import { openKillField } from './real-kills.js';
import { type Opening, openingOf } from './scene.js';

/** One run with kills, which can be done again. */
export interface Trial {
  readonly scene: string;
  /** A process killed with SIGKILL, or an engine that is abandoned in this process. */
  readonly isReal: boolean;
  /** The number of the point at which each engine is killed. */
  readonly points: readonly number[];
  /** Virtual time between a kill and the next engine; of a real kill always 0. */
  readonly pauseMs: number;
}

export interface Verdict extends Trial {
  /** How many of the kills came about. */
  readonly kills: number;
  /** The first point, in words. */
  readonly about: string;
  /** What is not as without a kill, a sentence each. */
  readonly differences: readonly string[];
  readonly repeated: number;
  /** How often a VM became live twice. */
  readonly doubles: number;
}

export interface SceneProof {
  readonly scene: string;
  /** Of the run without a kill. */
  readonly appends: number;
  readonly effects: number;
  readonly points: number;
  readonly verdicts: readonly Verdict[];
}

export interface ProofOptions {
  readonly seed: number;
  /** Every so many points one is tried; 1 tries them all. */
  readonly every: number;
  /** Every so many of the points tried are tried again with a second kill, at a random later point. */
  readonly twiceEvery: number;
  /** How many processes are killed. */
  readonly realKills: number;
}

/**
 * Nobody runs it for so long after a kill. No longer than a drill's points are kept and approvals are waited for: after
 * that any run comes to another end, also one that was only paused.
 */
const pausesMs = [0, 0, 0, 3_000, 120_000];

/** Kills the engine at the points of a scene and compares each end with that of the run without a kill. */
export async function proveScene(scene: string, options: ProofOptions): Promise<SceneProof> {
  const opening = await openingOf(scene);
  const calm = await runWithCrashes({ opening, kills: [], pauseMs: 0 });
  const points = calm.lives[0] ?? [];
  const troubles = calm.facts.state.filter((line) => /^(result|lane) /.test(line) && !line.endsWith(' succeeded'));
  if (troubles.length > 0 || calm.facts.wrongs.length > 0) {
    throw new Error(`without a kill: ${[...troubles, ...calm.facts.wrongs].join('; ')}`);
  }
  const verdicts = [
    ...(await proveInProcess(opening, { ...options, calm: calm.facts, points })),
    ...(await proveByKilling(opening, options)),
  ];
  const count = (kind: PointKind): number => points.filter((point) => point.kind === kind).length;
  return {
    scene,
    appends: count('before-append'),
    effects: count('before-effect'),
    points: points.length,
    verdicts,
  };
}

/** One trial again. */
export async function prove(trial: Trial): Promise<Verdict> {
  const opening = await openingOf(trial.scene);
  if (!trial.isReal) {
    const calm = await runWithCrashes({ opening, kills: [], pauseMs: 0 });
    return (await attempt(opening, { trial, calm: calm.facts, points: calm.lives[0] ?? [] })).verdict;
  }
  const field = await openKillField(opening);
  try {
    const { points, facts } = await field.calm();
    const end = await field.kill(trial.points);
    return judge({ trial, calm: facts, points }, end.facts, end.kills);
  } finally {
    field.clear();
  }
}

interface Calm {
  readonly calm: Facts;
  readonly points: readonly Point[];
}

async function proveInProcess(opening: Opening, given: ProofOptions & Calm): Promise<readonly Verdict[]> {
  const { seed, every, twiceEvery, points } = given;
  const verdicts: Verdict[] = [];
  const tried = points.filter(({ number }) => number % every === seed % every);
  for (const [index, { number }] of tried.entries()) {
    const stream = { chance: Math.imul(seed, 1_000_003) + number };
    const pauseMs = pausesMs[drawBetween(stream, 0, pausesMs.length - 1)] ?? 0;
    const trial: Trial = { scene: opening.scene, isReal: false, points: [number], pauseMs };
    const { verdict, later } = await attempt(opening, { ...given, trial });
    verdicts.push(verdict);
    if (index % twiceEvery === seed % twiceEvery && later > 0) {
      const twice = { ...trial, points: [number, drawBetween(stream, 1, later)] };
      verdicts.push((await attempt(opening, { ...given, trial: twice })).verdict);
    }
  }
  return verdicts;
}

async function attempt(
  opening: Opening,
  given: Calm & { readonly trial: Trial },
): Promise<{ readonly verdict: Verdict; readonly later: number }> {
  const { points: kills, pauseMs } = given.trial;
  try {
    const { lives, facts } = await runWithCrashes({ opening, kills, pauseMs });
    return { verdict: judge(given, facts, kills.length), later: lives.at(-1)?.length ?? 0 };
  } catch (error) {
    return { verdict: failed(given, error), later: 0 };
  }
}

/** Real kills, spread over the kinds of points. A third of the processes is followed by one that is killed too. */
async function proveByKilling(opening: Opening, { seed, realKills }: ProofOptions): Promise<readonly Verdict[]> {
  if (realKills === 0) {
    return [];
  }
  const verdicts: Verdict[] = [];
  const field = await openKillField(opening);
  try {
    const { points, facts: calm } = await field.calm();
    const stream = { chance: Math.imul(seed, 7_919) + points.length };
    const kinds = [...new Set(points.map(({ kind }) => kind))];
    const offset = Math.floor(draw(stream) * kinds.length);
    for (let kill = 0; kill < realKills; kill += 1) {
      const kind = kinds[(kill + offset) % kinds.length];
      const choice = points.filter((point) => point.kind === kind);
      const first = choice[drawBetween(stream, 0, choice.length - 1)]?.number ?? 1;
      const second = kill % 3 === 2 ? [drawBetween(stream, 1, Math.max(1, points.length - first))] : [];
      const trial: Trial = { scene: opening.scene, isReal: true, points: [first, ...second], pauseMs: 0 };
      try {
        const { facts, kills } = await field.kill(trial.points);
        verdicts.push(judge({ trial, calm, points }, facts, kills));
      } catch (error) {
        verdicts.push(failed({ trial, points }, error));
      }
    }
  } finally {
    field.clear();
  }
  return verdicts;
}

function judge({ trial, calm, points }: Calm & { readonly trial: Trial }, facts: Facts, kills: number): Verdict {
  const { differences, repeated } = compare(calm, facts);
  return {
    ...trial,
    kills,
    about: wordsOf(points, trial),
    differences,
    repeated: repeated.length,
    doubles: facts.doubles.length,
  };
}

function failed({ trial, points }: Pick<Calm, 'points'> & { readonly trial: Trial }, error: unknown): Verdict {
  const reason = error instanceof Error ? error.message : String(error);
  return { ...trial, kills: 0, about: wordsOf(points, trial), differences: [reason], repeated: 0, doubles: 0 };
}

function wordsOf(points: readonly Point[], { points: [first = 0] }: Trial): string {
  const point = points[first - 1];
  return point === undefined ? 'no such point' : `${point.kind} ${point.about}`;
}
