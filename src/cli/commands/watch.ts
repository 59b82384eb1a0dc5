import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../engine/engine.js';
import type { RunState } from '../../state-machines/index.js';
import type { Call } from '../call.js';
import type { World } from '../drivers.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { tellOutcome, typedCommands } from '../follow.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { openScreen } from '../progress/screen.js';
import { findRun } from './find-run.js';

/** How often the journal is read, ms of real time. */
const everyMs = 300;

/** `lifeboat watch`: reads the journal until the run has ended, no engine has it any more, or Ctrl-C. */
export async function watchCommand(call: Call): Promise<ExitCode> {
  const estate = readEstate(call);
  return withWorld(call, { estate }, async (world) => {
    const { runId } = await findRun(call, world);
    const engine = openEngine(call, world, estate.estate);
    const isLeft = await watchJournal(call, { world, engine, runId });
    return isLeft ? exitCodes.interrupted : tellOutcome(call, { engine, commands: typedCommands(call, runId), world });
  });
}

interface Watched {
  readonly world: World;
  readonly engine: Engine;
  readonly runId: string;
}

/** Resolves with whether the person left before it ended. */
async function watchJournal(call: Call, { world, engine, runId }: Watched): Promise<boolean> {
  let { state, entries }: { state: RunState; entries: Awaited<ReturnType<Engine['read']>>['entries'] } =
    await engine.read(runId);
  const lastAt = (): number => entries.at(-1)?.at ?? 0;
  const screen = openScreen(call, {
    state: () => state,
    now: lastAt,
    isSimulated: world.isSimulated,
    commands: typedCommands(call, runId),
  });
  const left = new AbortController();
  const stop = call.environment.onInterrupt(() => left.abort());
  try {
    screen.event({ event: 'entries', entries });
    while (state.phase !== 'finished' && (await world.store.leases.holderOf(runId)) !== undefined) {
      await pause(everyMs, undefined, { signal: left.signal }).catch(() => undefined);
      if (left.signal.aborted) {
        return true;
      }
      const seen = entries.length;
      ({ state, entries } = await engine.read(runId));
      screen.event({ event: 'entries', entries: entries.slice(seen) });
    }
    return false;
  } finally {
    stop();
    screen.close();
  }
}
