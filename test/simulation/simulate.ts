import { createHash } from 'node:crypto';
import type { Entry } from '../../src/model/entry.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan, PlanConflict } from '../../src/model/plan.js';
import type { RunRequest } from '../../src/model/request.js';
import { type Chance, createChance } from './chance.js';
import { checkEffects } from './effect-rules.js';
import { checkJournal, type RunRecord } from './journal-rules.js';
import { type Part, play } from './play.js';
import { type Act, inventScenario, type Scenario } from './scenario.js';
import { mayReturn } from './stroke.js';
import { Theatre } from './theatre.js';
import { livePlaces, type Truth } from './truth.js';
import type { Violation } from './violation.js';
import { checkWorld } from './world-rules.js';

/** How often a journal is also folded in other ways, and every report made of it: these cost more than the run. */
const thoroughEvery = 5;

/** How one run of a scenario came out. */
export interface Result {
  readonly mode: Mode;
  /** A run's result, `open`, or `refused: CODE` when there was no plan. */
  readonly result: string;
  readonly isRerun: boolean;
  readonly moves: number;
  readonly crashes: number;
}

export interface Simulated {
  readonly scenario: Scenario;
  readonly results: readonly Result[];
  readonly struck: readonly string[];
  readonly violations: readonly Violation[];
  readonly journals: readonly { readonly runId: string; readonly entries: readonly Entry[] }[];
  /** SHA-256 of all journals and all effects, hex. */
  readonly digest: string;
}

/** Plays everything that a seed is about, and holds it against the rules. The same seed always gives the same. */
export async function simulate(seed: number): Promise<Simulated> {
  const scenario = inventScenario(seed);
  const theatre = new Theatre(scenario);
  const performance = new Performance(theatre, createChance(seed + 0x5eed));
  try {
    await performance.run();
  } catch (error) {
    theatre.broken('no-exception', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  const journals = performance.runs.map(({ runId, entries }) => ({ runId, entries }));
  const { effects } = theatre.world.audit();
  return {
    scenario,
    results: performance.results,
    struck: theatre.struck,
    violations: theatre.violations,
    journals,
    digest: createHash('sha256')
      .update(JSON.stringify([journals, effects]))
      .digest('hex'),
  };
}

class Performance {
  readonly runs: RunRecord[] = [];
  readonly results: Result[] = [];
  readonly #theatre: Theatre;
  readonly #chance: Chance;

  constructor(theatre: Theatre, chance: Chance) {
    this.#theatre = theatre;
    this.#chance = chance;
  }

  async run(): Promise<void> {
    const theatre = this.#theatre;
    const { acts } = theatre.scenario;
    await theatre.pass(this.#chance.between(0, 600_000));
    for (const [index, act] of acts.entries()) {
      const request = await this.#prepare(act);
      await this.#perform(act.mode, request, {
        events: act.events,
        chance: this.#chance,
        keepsWaiting: act.keepsWaiting,
        temper: 'random',
      });
      const isDone = this.results.at(-1)?.result === 'succeeded';
      if (index < acts.length - 1 && !isDone) {
        break;
      }
    }
    await this.#rerun();
    this.#judge();
  }

  /** What comes before a run: a disaster before a failover, and hosts that come back before the way back. */
  async #prepare({ mode, disaster }: Act): Promise<Partial<RunRequest>> {
    const theatre = this.#theatre;
    const { world } = theatre;
    const before = theatre.truth();
    switch (disaster?.kind) {
      case 'site-dies':
        world.strike({ kind: 'site-dies', site: 'north', withFences: disaster.withFences });
        break;
      case 'hosts-die':
        for (const host of disaster.hosts) {
          world.strike({ kind: 'host-dies', host, power: 'on' });
        }
        break;
      case 'partition':
        world.strike({ kind: 'link-cut', link: 'north-south' });
        break;
      case undefined:
        if (mode === 'reverse') {
          world.strike({ kind: 'link-healed', link: 'north-south' });
          world.strike({ kind: 'site-returns', site: 'north' });
          await theatre.pass(120_000);
        }
    }
    await theatre.pass(this.#chance.between(0, 60_000));
    return disaster?.kind === 'hosts-die' ? { limitTo: namesOn(before, disaster.hosts) } : {};
  }

  async #perform(mode: Mode, request: Partial<RunRequest>, part: Part, isRerun = false): Promise<Plan | undefined> {
    const theatre = this.#theatre;
    const before = theatre.truth();
    theatre.mode = mode;
    theatre.beginProcess(part.keepsWaiting);
    const made = await theatre.plan(mode, request);
    if (!('stages' in made)) {
      const result = `refused: ${codesOf(made)}`;
      this.results.push({ mode, result, isRerun, moves: 0, crashes: 0 });
      return undefined;
    }
    const { runId, state, moves, crashes } = await play(theatre, made, part);
    const entries = await theatre.store.journal.read(runId, 1);
    const record = { runId, entries, state };
    this.runs.push(record);
    this.results.push({ mode, result: state.result ?? 'open', isRerun, moves, crashes });
    checkJournal(record, theatre.scenario.seed % thoroughEvery === 0, (rule, detail) => theatre.broken(rule, detail));
    checkWorld(record, { before, after: theatre.truth() }, (rule, detail) => theatre.broken(rule, detail));
    return made;
  }

  /** With everything mended but the disaster, the last mode is asked for once more. */
  async #rerun(): Promise<void> {
    const theatre = this.#theatre;
    const last = this.results.at(-1);
    const act = theatre.scenario.acts.findLast(({ mode }) => mode === last?.mode);
    if (act === undefined || last === undefined) {
      return;
    }
    const isFailover = act.mode === 'failover';
    theatre.mend(isFailover && act.disaster?.kind === 'partition');
    theatre.beginProcess(true);
    if (!isFailover || act.disaster?.kind === 'partition') {
      for (const host of Object.keys(theatre.truth().state.hosts)) {
        if (await mayReturn(theatre, host)) {
          theatre.world.strike({ kind: 'host-returns', host });
        }
      }
    }
    if (isFailover) {
      for (const host of Object.keys(theatre.scenario.estate.sites['south']?.hosts ?? {})) {
        theatre.world.strike({ kind: 'host-returns', host });
      }
    }
    await theatre.pass(600_000);
    const limitTo = this.runs.findLast(({ state }) => state.plan?.mode === act.mode)?.state.plan?.request.limitTo;
    const request = limitTo === undefined ? {} : { limitTo };
    const part: Part = { events: [], chance: this.#chance, keepsWaiting: true, temper: 'helpful' };
    await this.#perform(act.mode, request, part, true);
    const again = this.results.at(-1);
    if (again?.isRerun === true && !isExplained(again.result, this.runs)) {
      theatre.broken('rerun-finishes', `${act.mode} ended ${last.result}, and once mended ${again.result}`);
    }
  }

  #judge(): void {
    const theatre = this.#theatre;
    const { doubles, effects, lostWrites } = theatre.world.audit();
    for (const { name, hosts, from } of doubles) {
      theatre.broken('lives-once', `${name} was live on ${hosts.join(' and ')} at ${from}`);
    }
    const isEvacuation = theatre.scenario.intent.startsWith('evacuate');
    for (const { vm, host, lostMs } of isEvacuation ? lostWrites : []) {
      theatre.broken('evacuation-loses-nothing', `${vm} was started on ${host} without the last ${lostMs} ms`);
    }
    checkEffects(this.runs, effects, (rule, detail) => theatre.broken(rule, detail));
  }
}

function codesOf(conflicts: readonly PlanConflict[]): string {
  return [...new Set(conflicts.map(({ code }) => code))].toSorted().join();
}

function namesOn(truth: Truth, hosts: readonly string[]): readonly string[] {
  return [...livePlaces(truth)].flatMap(([name, places]) =>
    places.some(({ host }) => hosts.includes(host)) ? [name] : [],
  );
}

/**
 * A run that is refused says what a person has to settle first; every other one has to succeed, but for VMs that its plan
 * leaves where they are, for a host that runs on unseen and cannot be fenced, and for disks that an operator had told an
 * earlier run to leave as they were.
 */
function isExplained(result: string, runs: readonly RunRecord[]): boolean {
  if (result === 'succeeded' || result.startsWith('refused: ')) {
    return true;
  }
  const record = runs.at(-1);
  const failed = record?.state.lanes.filter(({ status }) => status !== 'succeeded') ?? [];
  const hasSkipped = (record?.state.plan?.skipped.length ?? 0) > 0;
  const isUnfenced = failed.some(({ failure }) => failure?.code === 'no-fence-device');
  const isLeftBehind =
    runs.some(({ entries }) => entries.some(leavesBehind)) &&
    failed.some(({ failure }) => failure?.code === 'replica-in-use');
  return isUnfenced || isLeftBehind || (hasSkipped && failed.every(({ lane }) => lane.endsWith(':empty')));
}

function leavesBehind(entry: Entry): boolean {
  return entry.type === 'operator.moved' && (entry.move.move === 'abandon' || entry.move.move === 'skip');
}
