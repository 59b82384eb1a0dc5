import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { World as OpenedWorld, SimulationOptions } from './cli/drivers.js';
import { exitCodes } from './cli/exit-codes.js';
import { reasonOf } from './cli/files.js';
import { holderName } from './cli/holder-name.js';
import { Refusal, usage } from './cli/refusal.js';
import { specFromEstate } from './hypervisors/simulated/invented-spec.js';
import { createWorld, restoreWorld, type World, type WorldInputs } from './hypervisors/simulated/world.js';
import { openWorldFile } from './hypervisors/simulated/world-file.js';
import { readFaults, type SimulationFault } from './simulation-faults.js';
import { makeFolder } from './stores/sqlite/folder.js';
import { openSqliteStore, type SqliteStore } from './stores/sqlite/store.js';

/** The same estate and runbook give the same world. */
const seed = 1;

/** The lease by which one process at a time acts on a world. A holder that has died loses it at once, so that it may be long. */
const worldLease = { runId: 'simulated-world', names: ['simulated-world'], ttlMs: 7 * 86_400_000 };

/** Real time between two looks at a world in which nothing is due. */
const idleMs = 5;

/** Opens a simulated world and its journal in a folder of their own; see `Drivers`. */
export async function openSimulation(options: SimulationOptions, holder: string): Promise<OpenedWorld> {
  const { folder, isKept, speed } = options;
  makeWorldFolder(folder);
  const store = openSqliteStore(join(folder, 'journal.db'));
  try {
    const letGo = isKept ? await takeWorld(store, { folder, holder }) : undefined;
    const faults = options.faults === undefined ? [] : readFaults(options.faults);
    const world = openKnownWorld(join(folder, 'world.json'), options);
    await catchUp(world, store);
    strike(world, options, faults);
    return {
      ports: world,
      store,
      isSimulated: true,
      during: (work, isBusy = () => false) =>
        letTimePass(work, { world, speed, isQuiet: () => store.pending() === 0 && !isBusy() }),
      close: async () => {
        world.detach();
        await letGo?.();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function takeWorld(
  store: SqliteStore,
  { folder, holder }: { readonly folder: string; readonly holder: string },
): Promise<() => Promise<void>> {
  const lease = await store.leases.acquire({ ...worldLease, holder });
  if ('heldBy' in lease) {
    const [open] = (await store.journal.runs()).filter(({ result }) => result === undefined);
    const run = open === undefined ? '' : `, which is running ${open.runId}`;
    throw new Refusal(
      exitCodes.locked,
      `the simulated world in ${folder} is in the hands of ${holderName(lease.heldBy.holder)}${run}`,
      'Follow it with `lifeboat watch last`, or give this command a world of its own with --simulate-dir FOLDER.',
    );
  }
  return () => store.leases.release(lease);
}

function openWorld(file: string, { estate, runbook, isKept }: SimulationOptions): World {
  const makeInputs = (): Omit<WorldInputs, 'clock'> => ({
    estate,
    spec: specFromEstate(estate, runbook === undefined ? [] : [runbook], seed),
    seed,
  });
  if (isKept) {
    return openWorldFile(file, makeInputs);
  }
  return existsSync(file) ? restoreWorld(readFileSync(file, 'utf8')) : createWorld(makeInputs());
}

function makeWorldFolder(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    throw usage(
      `${folder} cannot hold a simulated world: ${reasonOf(error)}`,
      'Name a folder that you may write with --simulate-dir.',
    );
  }
}

/** A file that is there and cannot be read as a world is not our mistake. */
function openKnownWorld(file: string, options: SimulationOptions): World {
  if (!existsSync(file)) {
    return openWorld(file, options);
  }
  try {
    return openWorld(file, options);
  } catch (error) {
    throw new Refusal(
      exitCodes.invalidFile,
      `${file} is no simulated world of this version: ${reasonOf(error)}`,
      `Remove the folder ${options.folder} for a new one, or name another with --simulate-dir.`,
    );
  }
}

/** A world is saved when it changes, which may be before the last thing that a run has journalled: no run may see time go back. */
async function catchUp({ clock }: World, { journal }: SqliteStore): Promise<void> {
  const lastAt = Math.max(0, ...(await journal.runs()).map((run) => run.lastAt));
  if (lastAt > clock.now()) {
    await clock.run({ until: lastAt });
  }
}

/** What was lost is lost before anything else; times and calls of the faults count from now. */
function strike(world: World, { estate, lose }: SimulationOptions, faults: readonly SimulationFault[]): void {
  for (const place of lose) {
    const isSite = Object.hasOwn(estate.sites, place);
    world.strike(isSite ? { kind: 'site-dies', site: place } : { kind: 'host-dies', host: place, power: 'off' });
  }
  for (const fault of faults) {
    if ('at' in fault) {
      world.clock.at(world.clock.now() + fault.at, () => world.strike(fault.fault));
    } else {
      const { onCall } = fault;
      world.script({ ...fault, onCall: { ...onCall, nth: world.callsOf(onCall) + onCall.nth } });
    }
  }
}

async function letTimePass<T>(
  work: Promise<T>,
  options: { readonly world: World; readonly speed: number | 'max'; readonly isQuiet: () => boolean },
): Promise<T> {
  const { world, isQuiet } = options;
  const speed = options.speed === 'max' ? Number.POSITIVE_INFINITY : options.speed;
  while ((await world.clock.run({ until: work, speed, isQuiet })) !== 'reached') {
    await pause(idleMs);
  }
  return work;
}
