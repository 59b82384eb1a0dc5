import { readFileSync } from 'node:fs';
import { consideredMoves } from '../../src/cli/considered-moves.js';
import { departuresFrom, policiesOf } from '../../src/cli/departures.js';
import { createEngine } from '../../src/engine/create-engine.js';
import type { ActiveRun, Engine } from '../../src/engine/engine.js';
import type { EngineOptions } from '../../src/engine/engine-options.js';
import { readInventory } from '../../src/engine/inventory.js';
import type { HostPair } from '../../src/engine/look-ahead.js';
import { createWorld, type World } from '../../src/hypervisors/simulated/world.js';
import type { WorldSpec } from '../../src/hypervisors/simulated/world-spec.js';
import type { Entry } from '../../src/model/entry.js';
import type { Estate } from '../../src/model/estate.js';
import type { Inventory } from '../../src/model/inventory.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan, PlanConflict } from '../../src/model/plan.js';
import type { RunRequest } from '../../src/model/request.js';
import type { Runbook } from '../../src/model/runbook.js';
import { parseEstate } from '../../src/runbooks/parse-estate.js';
import { parseRunbook } from '../../src/runbooks/parse-runbook.js';
import { plan } from '../../src/runbooks/plan.js';
import type { Parsed } from '../../src/runbooks/problem.js';
import { runbookForReturn } from '../../src/runbooks/return-runbook.js';
import { createMemoryStore } from '../../src/stores/memory/store.js';

/** A sample runbook with a world to rehearse it in. */
export interface Rehearsal {
  readonly estate: Estate;
  readonly runbook: Runbook;
  readonly world: World;
  readonly store: EngineOptions['store'];
  readonly engine: Engine;
  inventory(): Promise<Inventory>;
  /** Looks at the world and plans; throws with the conflicts when there is no plan. */
  plan(mode: Mode, request?: Partial<RunRequest>): Promise<Plan>;
  conflicts(mode: Mode, request?: Partial<RunRequest>): Promise<readonly PlanConflict[]>;
  /** Plans and starts, and lets no time pass. */
  start(mode: Mode, request?: Partial<RunRequest>): Promise<ActiveRun>;
  /** Plans, runs to the end or until it waits, and gives back what the journal says. */
  run(mode: Mode, request?: Partial<RunRequest>): Promise<Finished>;
  /** Takes a run up and lets virtual time pass until it has ended or waits. */
  resume(runId: string): Promise<Finished>;
  /** Lets virtual time pass until the run has ended or waits. */
  finish(run: ActiveRun): Promise<Finished>;
  /** Lets virtual time pass. */
  pass(ms: number): Promise<void>;
}

export interface Finished {
  readonly runId: string;
  readonly ending: 'finished' | 'waiting';
  readonly result: string;
  readonly entries: readonly Entry[];
}

export interface RehearsalOptions {
  readonly file: string;
  /** What is different in the runbook. */
  readonly adapt?: (runbook: Runbook) => Runbook;
  readonly spec?: Partial<WorldSpec>;
  readonly seed?: number;
  /** Default: one in memory. */
  readonly store?: EngineOptions['store'];
  /** Whether a run that waits for an operator goes on waiting. Default false. */
  readonly keepsWaiting?: boolean;
}

/** The estate and a runbook of `runbooks/`, in a world made for them. */
export function rehearse(options: RehearsalOptions): Rehearsal {
  const { file, adapt = (runbook) => runbook, spec = {}, seed = 1, store, keepsWaiting = false } = options;
  const estate = valueOf(parseEstate(readFileSync('runbooks/lifeboat.yaml', 'utf8'), 'runbooks/lifeboat.yaml'));
  const runbook = adapt(valueOf(parseRunbook(readFileSync(`runbooks/${file}`, 'utf8'), file, estate)));
  const world = createWorld({ estate, seed, spec: { ...sampleWorld, ...spec } });
  return rehearsalOf({ estate, runbook, world, keepsWaiting, ...(store === undefined ? {} : { store }) });
}

export function rehearsalOf(given: {
  readonly estate: Estate;
  readonly runbook: Runbook;
  readonly world: World;
  readonly store?: EngineOptions['store'];
  readonly keepsWaiting?: boolean;
}): Rehearsal {
  const { estate, runbook, world, store = createMemoryStore(), keepsWaiting = false } = given;
  let count = 0;
  const engine = createEngine({
    ports: world,
    estate,
    store,
    holder: 'rehearsal',
    keepsWaiting,
    newRunId: ({ mode }) => {
      count += 1;
      return `${mode}-${count}`;
    },
  });
  const settle = async <Result>(work: Promise<Result>): Promise<Result> => {
    await world.clock.run({ until: work.catch(() => undefined), isQuiet: () => !engine.isBusy() });
    return work;
  };
  const inventory = (moves: readonly HostPair[] = []): Promise<Inventory> => {
    const signal = new AbortController().signal;
    return settle(readInventory({ ports: world, estate, journal: store.journal, signal, moves }));
  };
  /** What is planned from: a return makes its runbook of what the journal says. */
  const subjectOf = async (mode: Mode) => {
    const host = runbook.protect.from.host ?? '';
    if (mode !== 'return') {
      return { runbook, departures: [] };
    }
    const departures = await departuresFrom(host, store.journal);
    const policies = await policiesOf(departures, store.journal);
    return { runbook: runbookForReturn({ host, estate, departures, policies }) ?? runbook, departures };
  };
  const planned = async (mode: Mode, request: Partial<RunRequest> = {}) => {
    const subject = await subjectOf(mode);
    return plan({
      ...subject,
      estate,
      inventory: await inventory(consideredMoves({ mode, estate, ...subject })),
      request: { mode, by: 'ann', at: world.clock.now(), ...request },
      digests: { runbook: '', estate: '', inventory: '' },
    });
  };
  const rehearsal: Rehearsal = {
    estate,
    runbook,
    world,
    store,
    engine,
    inventory: () => inventory(),
    async plan(mode, request) {
      const made = await planned(mode, request);
      if (!('stages' in made)) {
        throw new Error(made.map(({ subject, message }) => `${subject}: ${message}`).join('\n'));
      }
      return made;
    },
    async conflicts(mode, request) {
      const made = await planned(mode, request);
      return 'stages' in made ? [] : made;
    },
    async start(mode, request) {
      return settle(engine.start(await rehearsal.plan(mode, request)));
    },
    async run(mode, request) {
      return rehearsal.finish(await rehearsal.start(mode, request));
    },
    async resume(runId) {
      return rehearsal.finish(await settle(engine.resume(runId, 'ann')));
    },
    async finish(run) {
      const ending = await settle(run.ended);
      const { state, entries } = await engine.read(run.runId);
      return { runId: run.runId, ending, result: state.result ?? 'open', entries };
    },
    async pass(ms) {
      await world.clock.run({ until: world.clock.now() + ms, isQuiet: () => !engine.isBusy() });
    },
  };
  return rehearsal;
}

function valueOf<Value>(parsed: Parsed<Value>): Value {
  if (!parsed.ok) {
    throw new Error(parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  }
  return parsed.value;
}

const replicated = (name: string, index: number, method: 'mirror' | 'block-sync', everyMs: number) =>
  ({ vm: name, to: { site: 'south', host: index % 2 === 0 ? 'south-1' : 'south-2' }, method, everyMs }) as const;

/** The VMs that the sample runbooks speak of, at north, with replicas at south. */
export const sampleWorld: WorldSpec = {
  controllerSite: 'south',
  vms: [
    ...['db-1', 'db-2'].map((name, index) => ({ name, host: `north-${index + 1}`, memoryBytes: 4 * 2 ** 30 })),
    ...[1, 2, 3, 4].map((number) => ({ name: `app-${number}`, host: `north-${(number % 2) + 1}` })),
    ...[1, 2, 3, 4].map((number) => ({ name: `web-${number}`, host: `north-${(number % 2) + 1}` })),
    { name: 'batch-1', host: 'north-1', tags: ['tier=batch'] },
    { name: 'report-1', host: 'north-2' },
    { name: 'legacy-1', host: 'north-2' },
  ],
  replicas: [
    ...['db-1', 'db-2'].map((name, index) => replicated(name, index, 'mirror', 60_000)),
    ...[1, 2, 3, 4].map((number) => replicated(`app-${number}`, number, 'block-sync', 60_000)),
    ...[1, 2, 3, 4].map((number) => replicated(`web-${number}`, number, 'block-sync', 300_000)),
    ...['batch-1', 'report-1', 'legacy-1'].map((name, index) => replicated(name, index, 'block-sync', 300_000)),
  ],
};

/** The same VMs, most of them on one host of north, in room for all of them. */
export const unevenWorld: Partial<WorldSpec> = {
  hosts: Object.fromEntries(
    ['north-1', 'north-2', 'south-1', 'south-2'].map((name) => [name, { memoryBytes: 64 * 2 ** 30, cpuThreads: 32 }]),
  ),
  vms: (sampleWorld.vms ?? []).map((vm) => ({
    ...vm,
    host: vm.name === 'db-2' ? 'north-2' : 'north-1',
    memoryBytes: (vm.name.startsWith('db') ? 8 : 4) * 2 ** 30,
    vcpus: 2,
  })),
  replicas: [],
};
