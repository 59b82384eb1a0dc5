import { createEngine } from '../../src/engine/create-engine.js';
import type { ActiveRun, Engine } from '../../src/engine/engine.js';
import type { EngineOptions } from '../../src/engine/engine-options.js';
import type { World } from '../../src/hypervisors/simulated/world.js';
import type { Clock } from '../../src/model/clock.js';
import type { Entry } from '../../src/model/entry.js';
import { advance, newRunState, owedNotices } from '../../src/state-machines/index.js';
import { BegunSteps } from './begun-steps.js';
import { Gate, type Point } from './gate.js';
import type { Opening } from './scene.js';

export interface LifeOptions {
  readonly opening: Opening;
  readonly world: World;
  readonly store: EngineOptions['store'];
  readonly holder: string;
  /** Whether the engine ends at this point. Default: at none. */
  readonly isLast?: (point: Point) => boolean;
}

export interface Life {
  readonly ending: 'finished' | 'killed';
  readonly points: readonly Point[];
}

/** The run of an opening has this name. */
export function runIdOf({ scene }: Opening): string {
  return `crash-${scene}`;
}

/** Longer than any run takes, in virtual time, ms. */
const patienceMs = 3 * 3_600_000;
/** How long an operator takes to answer, ms. */
const answerMs = 2_000;

/**
 * One engine, from its start to the run's end or to its own: it starts the run, or takes it up when the journal has it
 * and it is not done. What the run asks of an operator is answered. Throws when the run does not end.
 */
export async function live({ opening, world, store, holder, isLast = () => false }: LifeOptions): Promise<Life> {
  const runId = runIdOf(opening);
  const known = await store.journal.read(runId, 1);
  if (isDone(runId, known)) {
    return { ending: 'finished', points: [] };
  }
  const gate = new Gate(new BegunSteps(opening.plan, known), (point) => {
    const isEnd = isLast(point);
    if (isEnd) {
      world.detach();
    }
    return isEnd;
  });
  const engine = createEngine({
    ports: gate.ports(world),
    store: gate.store(store),
    estate: opening.estate,
    holder,
    newRunId: () => runId,
    keepsWaiting: true,
  });
  const work = async (): Promise<void> => {
    const run = known.length > 0 ? await engine.resume(runId, 'crash') : await engine.start(opening.plan);
    answerApprovals(run, engine, gate.ports(world).clock);
    await run.ended;
  };
  const ended = Promise.race([work(), gate.death]);
  const reached = await world.clock.run({
    until: ended,
    isQuiet: () => gate.isDead || !engine.isBusy(),
    limitAt: world.clock.now() + patienceMs,
  });
  if (reached !== 'reached') {
    const { lanes } = (await engine.read(runId)).state;
    const waits = lanes.flatMap(({ lane, activity, waitsFor }) =>
      activity === 'held' ? [`${lane}: ${waitsFor}`] : [],
    );
    throw new Error(`the run does not end; ${waits.join('; ') || 'nobody knows what it waits for'}`);
  }
  await ended;
  return { ending: gate.isDead ? 'killed' : 'finished', points: gate.points };
}

/** Whether it has finished, and everyone was told. */
function isDone(runId: string, known: readonly Entry[]): boolean {
  const hasFinished = known.some(({ type }) => type === 'run.finished');
  return hasFinished && owedNotices(advance(newRunState(runId), known).state).length === 0;
}

/** Approves what waits for it, as long as it does, once for each lane. */
function answerApprovals(run: ActiveRun, engine: Engine, clock: Clock): void {
  const answered = new Set<string>();
  const asked = (): readonly string[] =>
    run.state().lanes.flatMap(({ lane, offers }) => (offers.includes('approve') ? [lane] : []));
  const approve = async (lane: string): Promise<void> => {
    if (asked().includes(lane)) {
      await engine.move(run.runId, { move: 'approve', lane }, { by: 'ann', reason: 'as planned' });
    }
  };
  const look = (): void => {
    for (const lane of asked().filter((one) => !answered.has(one))) {
      answered.add(lane);
      clock.at(clock.now() + answerMs, () => void approve(lane));
    }
  };
  run.watch(look);
  look();
}
