import { consideredMoves } from '../../src/cli/considered-moves.js';
import { departuresFrom, policiesOf } from '../../src/cli/departures.js';
import type { ActiveRun } from '../../src/engine/engine.js';
import { readInventory } from '../../src/engine/inventory.js';
import { createWorld, type World } from '../../src/hypervisors/simulated/world.js';
import type { Departure } from '../../src/model/departure.js';
import type { Entry } from '../../src/model/entry.js';
import { FailureError } from '../../src/model/failure.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan, PlanConflict } from '../../src/model/plan.js';
import type { RunRequest } from '../../src/model/request.js';
import { type PlanInputs, plan } from '../../src/runbooks/plan.js';
import { runbookForReturn } from '../../src/runbooks/return-runbook.js';
import { createMemoryStore, type MemoryStore } from '../../src/stores/memory/store.js';
import { EngineProcess } from './engine-process.js';
import type { Scenario } from './scenario.js';
import { isCertainlyDead, mended, type Truth, truthOf } from './truth.js';
import type { Rule, Violation } from './violation.js';

/** How long an answer may take before the simulation counts it as never coming, in virtual milliseconds. */
const patienceMs = 30 * 60_000;

/** In so many scenarios nobody looks between hosts beforehand. */
const blindEvery = 4;

/** What a scenario is played in: its world, its store, and one engine's process after the other. */
export class Theatre {
  readonly scenario: Scenario;
  readonly store: MemoryStore;
  readonly violations: Violation[] = [];
  readonly struck: string[] = [];
  world: World;
  process: EngineProcess;
  /** What the newest run is for. */
  mode: Mode;
  #dead = new Set<string>();
  #processes = 0;
  #runs = 0;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    const { estate, spec, seed } = scenario;
    this.mode = scenario.acts[0]?.mode ?? 'failover';
    this.world = createWorld({ estate, spec, seed });
    this.store = createMemoryStore({
      now: () => this.world.clock.now(),
      isHolderDead: (holder) => this.#dead.has(holder),
    });
    this.process = this.beginProcess(true);
  }

  get now(): number {
    return this.world.clock.now();
  }

  truth(): Truth {
    return truthOf(this.world);
  }

  broken(rule: Rule, detail: string): void {
    this.violations.push({ rule, detail });
  }

  beginProcess(keepsWaiting: boolean): EngineProcess {
    this.#processes += 1;
    this.process = new EngineProcess({
      world: this.world,
      estate: this.scenario.estate,
      store: this.store,
      holder: `process-${this.#processes}`,
      keepsWaiting,
      newRunId: (mode) => {
        this.#runs += 1;
        return `${mode}-${this.#runs}`;
      },
    });
    return this.process;
  }

  /** The process is killed, and all that it awaited is gone. */
  killProcess(): void {
    this.process.die();
    this.#dead.add(this.process.holder);
    this.world.detach();
  }

  /** Everything is mended but the disaster; the process that was there is gone. */
  mend(keepsCut: boolean): void {
    this.killProcess();
    this.world = mended(this.world, keepsCut);
  }

  async pass(ms: number): Promise<void> {
    await this.world.clock.run({ until: this.now + ms, isQuiet: () => this.process.isQuiet() });
  }

  /** The result of work, letting time pass for it; undefined when the process died meanwhile. */
  async settle<Result>(work: Promise<Result>): Promise<{ readonly value: Result } | undefined> {
    let isOver = false;
    const settled = work.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    void settled.then(() => {
      isOver = true;
    });
    await this.world.clock.run({
      until: () => isOver || this.process.isDead,
      limitAt: this.now + patienceMs,
      isQuiet: () => this.process.isQuiet(),
    });
    if (!isOver) {
      if (!this.process.isDead) {
        throw new Error('an engine did not answer');
      }
      return undefined;
    }
    const outcome = await settled;
    if ('error' in outcome) {
      throw outcome.error;
    }
    return outcome;
  }

  /** Looks at the world and plans. */
  async plan(mode: Mode, request: Partial<RunRequest>): Promise<Plan | readonly PlanConflict[]> {
    const { world, store } = this;
    const { estate } = this.scenario;
    const { signal } = new AbortController();
    const isBlind = this.scenario.seed % blindEvery === 0;
    const subject = await this.#subject(mode);
    const moves = isBlind ? [] : consideredMoves({ mode, estate, ...subject });
    const looking = readInventory({ ports: world, estate, journal: store.journal, signal, moves });
    const read = await this.settle(looking.catch(unanswered));
    if (read === undefined) {
      throw new Error('a process died while it planned');
    }
    if ('code' in read.value) {
      return [{ ...read.value, severity: 'blocker', subject: 'replicas', reason: 'unreachable' }];
    }
    return plan({
      ...subject,
      estate,
      inventory: read.value,
      request: { mode, by: 'ann', at: this.now, ...request },
      digests: { runbook: '', estate: '', inventory: String(read.value.at) },
    });
  }

  /** What is planned from: a return makes its runbook of what the journal says. */
  async #subject(mode: Mode): Promise<Pick<PlanInputs, 'runbook'> & { readonly departures: readonly Departure[] }> {
    const { runbook, estate } = this.scenario;
    const host = runbook.protect.from.host;
    if (mode !== 'return' || host === undefined) {
      return { runbook, departures: [] };
    }
    const departures = await departuresFrom(host, this.store.journal);
    const policies = await policiesOf(departures, this.store.journal);
    return { runbook: runbookForReturn({ host, estate, departures, policies }) ?? runbook, departures };
  }

  /** Watches what becomes durable: a death has to be true at the moment at which it is written down. */
  watch(active: ActiveRun): void {
    active.watch((event) => {
      if (event.event === 'entries') {
        for (const entry of event.entries) {
          this.#witness(active.runId, entry);
        }
      }
    });
  }

  #witness(runId: string, entry: Entry): void {
    if (entry.type === 'death.proven' && !isCertainlyDead(this.truth(), entry.host)) {
      this.broken('death-is-true', `${runId} entry ${entry.seq}: ${entry.host} is not dead, ${entry.proof.kind}`);
    }
  }
}

/** Whether an error is one that a port or the engine promises. */
export function isPromised(error: unknown): error is FailureError {
  return error instanceof FailureError && error.failure.kind !== 'bug';
}

/** Replicas that do not answer in time are a reason for no plan; anything else that is thrown is a fault of ours. */
function unanswered(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof FailureError && error.failure.code === 'host-unreachable') {
    return { code: error.failure.code, message: error.failure.message };
  }
  throw error;
}
