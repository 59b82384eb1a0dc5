import type { ScriptedFault } from '../../src/hypervisors/simulated/fault.js';
import { createWorld, restoreWorld, type World } from '../../src/hypervisors/simulated/world.js';
import type { Proof } from '../../src/model/authority.js';
import { type Failure, FailureError } from '../../src/model/failure.js';
import type { Finding } from '../../src/model/finding.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Observation } from '../../src/model/observation.js';
import { inputProblems, stepTypes } from '../../src/steps/index.js';
import type { MoveFeed, ReceivedMove, StepContext } from '../../src/steps/step-type.js';
import type { PlannedStep } from './step-cases.js';
import { estate, type WorldName, worldSpecs } from './step-worlds.js';

const runId = 'run-1';
const laneId = 'vm/db-1';
const timeoutMs = 600_000;

/** What has become of one call of a step's code. */
export type Ended<Value> = { readonly value: Value } | { readonly failure: Failure };

/** A lane of one run in a simulated world, walked by hand as the engine does. */
export interface StepLane {
  readonly world: World;
  readonly outputs: Readonly<Record<string, JsonObject>>;
  readonly texts: readonly string[];
  /** Acts; at `abortAfterMs` the signal is aborted, as by a timeout. */
  run(step: PlannedStep, options?: { readonly abortAfterMs?: number }): Promise<Ended<JsonObject>>;
  observe(step: PlannedStep): Promise<Ended<Observation>>;
  undo(step: PlannedStep): Promise<Ended<JsonObject>>;
  /** Acts, and when it is over `afterMs` later the process is killed: a lane in the same world, that knows the journal alone. */
  runAndDie(step: PlannedStep, afterMs: number): Promise<StepLane>;
  check(step: PlannedStep): Promise<Ended<readonly Finding[]>>;
  /** An operator's move that concerns the lane. */
  move(name: 'approve' | 'reject', by: string): void;
  /** What was asked of a port's method so far. */
  callsOf(port: string, method: string): number;
}

interface LaneInputs {
  readonly world: World;
  readonly outputs?: Readonly<Record<string, JsonObject>>;
  readonly startedAt?: number;
  readonly deaths?: Readonly<Record<string, Proof>>;
}

/** A lane whose first steps have been done already. */
export async function laneAfter(
  name: WorldName,
  steps: readonly PlannedStep[],
  faults: readonly ScriptedFault[] = [],
): Promise<StepLane> {
  const spec = worldSpecs[name];
  const world = createWorld({ estate, spec: { ...spec, faults: [...(spec.faults ?? []), ...faults] }, seed: 7 });
  await world.clock.run({ until: world.clock.now() + 1_000 });
  const outputs: Record<string, JsonObject> = {};
  for (const step of steps) {
    const ended = await laneIn({ world, outputs }).run(step);
    if ('failure' in ended) {
      throw new FailureError(ended.failure);
    }
    outputs[step.id] = ended.value;
  }
  return laneIn({ world, outputs });
}

export function laneIn({ world, outputs = {}, startedAt, deaths = {} }: LaneInputs): StepLane {
  const texts: string[] = [];
  const moves = new MoveDoor();
  let told: Failure | undefined;
  const beganAt = startedAt ?? world.clock.now();
  const contextOf = (step: PlannedStep, signal: AbortSignal): StepContext => ({
    ...world,
    runId,
    runbook: 'payroll',
    key: `${runId}/${laneId}/${step.id}`,
    startedAt: beganAt,
    deadlineAt: world.clock.now() + timeoutMs,
    isAttached: false,
    ...(told === undefined ? {} : { toldBefore: told }),
    outputs,
    deaths,
    moves: moves.feed(),
    signal,
    progress: ({ text }) => texts.push(text),
  });
  const ended = async <Value>(act: Promise<Value>): Promise<Ended<Value>> => {
    await world.clock.run({ until: act });
    try {
      return { value: await act };
    } catch (error) {
      if (error instanceof FailureError) {
        return { failure: error.failure };
      }
      throw error;
    }
  };
  const signal = new AbortController().signal;
  return {
    world,
    outputs,
    texts,
    async run(step, { abortAfterMs } = {}) {
      const problems = inputProblems(step.kind, step.input);
      if (problems.length > 0) {
        throw new Error(`${step.kind}: ${problems.join(', ')}`);
      }
      const controller = new AbortController();
      if (abortAfterMs !== undefined) {
        world.clock.at(world.clock.now() + abortAfterMs, () => controller.abort(timedOut));
      }
      const outcome = await ended(stepTypes[step.kind].run(step.input, contextOf(step, controller.signal)));
      told = 'failure' in outcome ? outcome.failure : undefined;
      return outcome;
    },
    observe: async (step) => await ended(stepTypes[step.kind].observe(step.input, contextOf(step, signal))),
    async undo(step) {
      const undone = stepTypes[step.kind].undo?.(step.input, contextOf(step, signal));
      if (undone === undefined) {
        throw new Error(`${step.kind} cannot be taken back`);
      }
      return await ended(undone);
    },
    check: async (step) => await ended(stepTypes[step.kind].check(step.input, contextOf(step, signal))),
    move: (name, by) => moves.add({ move: { move: name }, by, at: world.clock.now(), reason: '' }),
    async runAndDie(step, afterMs) {
      stepTypes[step.kind].run(step.input, contextOf(step, signal)).catch(() => undefined);
      await world.clock.run({ until: world.clock.now() + afterMs });
      return laneIn({ world: restoreWorld(world.save()), outputs, startedAt: beganAt });
    },
    callsOf(port, method) {
      const { state } = JSON.parse(world.save()) as { state: { callCounts: Record<string, number> } };
      return state.callCounts[`${port}.${method}`] ?? 0;
    },
  };
}

const timedOut = new FailureError({
  code: 'timed-out',
  kind: 'outcome-unknown',
  message: 'it did not end in its time',
});

/** Operators' moves, handed to a step one by one as the engine does. */
class MoveDoor {
  readonly #received: ReceivedMove[] = [];
  readonly #waiting = new Set<() => void>();

  add(move: ReceivedMove): void {
    this.#received.push(move);
    for (const wake of this.#waiting) {
      wake();
    }
  }

  feed(): MoveFeed {
    let given = this.#received.length;
    return {
      received: [...this.#received],
      next: async (signal) =>
        await new Promise((resolve, reject) => {
          const give = (): void => {
            const move = this.#received[given];
            if (move !== undefined) {
              given += 1;
              this.#waiting.delete(give);
              resolve(move);
            }
          };
          this.#waiting.add(give);
          const onAbort = (): void => {
            this.#waiting.delete(give);
            reject(signal.reason as Error);
          };
          signal.addEventListener('abort', onAbort, { once: true });
          give();
        }),
    };
  }
}

/** More rounds than any step may need to come to its end. */
const mostRounds = 8;

/** Does what the engine does with a step whose outcome is not known: looks, and follows the verdict to the end. */
export async function follow(lane: StepLane, step: PlannedStep): Promise<JsonObject> {
  for (let round = 1; round <= mostRounds; round += 1) {
    const seen = await lane.observe(step);
    if ('failure' in seen) {
      continue;
    }
    const { verdict, evidence, output } = seen.value;
    if (verdict === 'done') {
      return output ?? {};
    }
    if (verdict === 'contradictory') {
      throw new Error(`${step.kind} is contradictory: ${evidence}`);
    }
    const ended = await lane.run(step);
    if ('value' in ended) {
      return ended.value;
    }
    if (ended.failure.kind === 'permanent' || ended.failure.kind === 'bug') {
      throw new FailureError(ended.failure);
    }
  }
  throw new Error(`${step.kind} did not come to its end in ${mostRounds} rounds`);
}
