import type { WorldSpec } from '../../src/hypervisors/simulated/world-spec.js';
import type { Entry } from '../../src/model/entry.js';
import type { Estate } from '../../src/model/estate.js';
import type { Mode } from '../../src/model/mode.js';
import type { Plan } from '../../src/model/plan.js';
import type { Runbook, Rung } from '../../src/model/runbook.js';
import { type Rehearsal, rehearse, sampleWorld } from '../scenarios/rehearsal.js';

/** A sample runbook in one mode, with what has to happen before. */
export interface Scene {
  /** Letters and dashes: what `--scene` takes. */
  readonly name: string;
  readonly file: string;
  readonly mode: Mode;
  /** What is different in the runbook. */
  readonly adapt?: (runbook: Runbook) => Runbook;
  readonly spec?: Partial<WorldSpec>;
  before(rehearsal: Rehearsal): Promise<void>;
}

/** The instant at which a run is about to start, as text and plain data, from which any number of worlds can be made. */
export interface Opening {
  readonly scene: string;
  readonly world: string;
  readonly estate: Estate;
  readonly plan: Plan;
  /** Journals of the runs before. */
  readonly earlier: readonly { readonly runId: string; readonly entries: readonly Entry[] }[];
}

const warmUpMs = 600_000;

/** Without the VM that no group of `evacuate-host.yaml` names, and that would keep the host from being empty. */
const withoutBatch: Partial<WorldSpec> = {
  vms: (sampleWorld.vms ?? []).filter(({ name }) => name !== 'batch-1'),
  replicas: (sampleWorld.replicas ?? []).filter(({ vm }) => vm !== 'batch-1'),
};

/** One of the VMs is off, one cannot be moved live. */
const withStopped: Partial<WorldSpec> = {
  ...withoutBatch,
  vms: (withoutBatch.vms ?? []).map((vm) => (vm.name === 'web-2' ? { ...vm, state: 'shut-off' as const } : vm)),
  faults: [{ at: 0, fault: { kind: 'migration-stalls', vm: 'db-1' } }],
};

/** Some VMs may be restarted where they cannot be moved live, others may not be moved live at all. */
function withRestarts(runbook: Runbook): Runbook {
  const ladders: Readonly<Record<string, readonly Rung[]>> = { database: ['live', 'restart'], others: ['restart'] };
  const groups = runbook.groups.map((group) => ({
    ...group,
    move: { ...group.move, ladder: ladders[group.name] ?? group.move.ladder },
  }));
  return { ...runbook, groups };
}

/** Every sample runbook in every mode that it is made for, and an evacuation that cannot do without restarts. */
export const scenes: readonly Scene[] = [
  { name: 'failover-site-failover', file: 'failover-site.yaml', mode: 'failover', before: loseNorth },
  { name: 'drill-drill', file: 'drill.yaml', mode: 'drill', before: warmUp },
  { name: 'relocate-site-relocate', file: 'relocate-site.yaml', mode: 'relocate', before: warmUp },
  { name: 'evacuate-host-evacuate', file: 'evacuate-host.yaml', mode: 'evacuate', spec: withoutBatch, before: warmUp },
  {
    name: 'evacuate-host-restart',
    file: 'evacuate-host.yaml',
    mode: 'evacuate',
    adapt: withRestarts,
    spec: withStopped,
    before: warmUp,
  },
  { name: 'failback-relocate', file: 'failback.yaml', mode: 'relocate', before: warmUp },
  { name: 'failback-reverse', file: 'failback.yaml', mode: 'reverse', before: afterRuns('relocate') },
  { name: 'failback-failback', file: 'failback.yaml', mode: 'failback', before: afterRuns('relocate', 'reverse') },
  { name: 'lost-site-reverse', file: 'failback.yaml', mode: 'reverse', before: afterLoss() },
  { name: 'lost-site-failback', file: 'failback.yaml', mode: 'failback', before: afterLoss('reverse') },
];

/** Lets everything happen that comes before the scene's run, and plans it. Throws when there is no plan. */
export async function openingOf(name: string): Promise<Opening> {
  const scene = scenes.find((one) => one.name === name);
  if (scene === undefined) {
    throw new Error(`there is no scene ${name}`);
  }
  const rehearsal = rehearse(scene);
  await scene.before(rehearsal);
  const plan = await rehearsal.plan(scene.mode);
  const { estate, store, world } = rehearsal;
  const earlier = (await store.journal.runs()).toReversed();
  return {
    scene: name,
    world: world.save(),
    estate,
    plan,
    earlier: await Promise.all(
      earlier.map(async ({ runId }) => ({ runId, entries: await store.journal.read(runId, 1) })),
    ),
  };
}

async function warmUp(rehearsal: Rehearsal): Promise<void> {
  await rehearsal.pass(warmUpMs);
}

async function loseNorth(rehearsal: Rehearsal): Promise<void> {
  await warmUp(rehearsal);
  rehearsal.world.strike({ kind: 'site-dies', site: 'north' });
  await rehearsal.pass(30_000);
}

function afterRuns(...modes: readonly Mode[]): Scene['before'] {
  return async (rehearsal) => {
    await warmUp(rehearsal);
    await runAll(rehearsal, modes);
  };
}

/** North is lost, its VMs are failed over, north comes back, and a person stops the old copies that it started. */
function afterLoss(...modes: readonly Mode[]): Scene['before'] {
  return async (rehearsal) => {
    await loseNorth(rehearsal);
    await runAll(rehearsal, ['failover']);
    rehearsal.world.strike({ kind: 'site-returns', site: 'north' });
    await rehearsal.pass(warmUpMs);
    await stopOldCopies(rehearsal);
    await rehearsal.pass(warmUpMs);
    await runAll(rehearsal, modes);
  };
}

async function stopOldCopies(rehearsal: Rehearsal): Promise<void> {
  const { world, estate } = rehearsal;
  const { signal } = new AbortController();
  const stopping = Promise.all(
    Object.keys(estate.sites['north']?.hosts ?? {}).map(async (host) => {
      const { vms } = await world.hypervisor.host(host, signal);
      const started = vms.filter(({ name, state }) => state === 'running' && /^(db|app)-/.test(name));
      await Promise.all(started.map(({ id }) => world.hypervisor.destroy(host, id, signal)));
    }),
  );
  await rehearsal.pass(60_000);
  await stopping;
}

async function runAll(rehearsal: Rehearsal, modes: readonly Mode[]): Promise<void> {
  for (const mode of modes) {
    const { result } = await rehearsal.run(mode);
    if (result !== 'succeeded') {
      throw new Error(`the ${mode} before the scene ends as ${result}`);
    }
    await rehearsal.pass(warmUpMs);
  }
}
