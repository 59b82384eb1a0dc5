import type { Engine, MoveAuthor } from '../../engine/engine.js';
import { FailureError } from '../../model/failure.js';
import { type Call, note, operatorOf, optionText } from '../call.js';
import type { World } from '../drivers.js';
import { type EstateFile, readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { follow } from '../follow.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { findRun } from './find-run.js';

/** `lifeboat resume`: hands the move to the engine that has the run, or takes the run up in this process and follows it. */
export async function resumeCommand(call: Call): Promise<ExitCode> {
  const estate = readEstate(call);
  const author = { by: operatorOf(call), reason: optionText(call, 'reason') ?? '' };
  const handedTo = await withWorld(call, { estate }, async (world) => {
    const { runId } = await findRun(call, world);
    const held = await world.store.leases.holderOf(runId);
    if (held === undefined) {
      return undefined;
    }
    const { holder } = held.heldBy;
    await openEngine(call, world, estate.estate).move(runId, { move: 'resume' }, author);
    tell(call, () => `resume ${runId}: goes on with the steps that are due. Handed to ${holder}.`, {
      kind: 'Move',
      members: { runId, move: { move: 'resume' }, reason: author.reason, handedTo: holder },
    });
    return holder;
  });
  return handedTo === undefined ? takeUp(call, { estate, author }) : exitCodes.done;
}

async function takeUp(
  call: Call,
  { estate, author }: { readonly estate: EstateFile; readonly author: MoveAuthor },
): Promise<ExitCode> {
  return withWorld(call, { estate, isKept: true }, async (world) => {
    const { runId } = await findRun(call, world);
    const engine = openEngine(call, world, estate.estate);
    note(call, `resume ${runId}: takes the run up, looks at the world for every step without an outcome, and goes on`);
    const active = await world.during(engine.resume(runId, author.by), () => engine.isBusy());
    await takeWaitingMoves(call, { engine, world, runId });
    if (active.state().phase === 'paused') {
      await engine.move(runId, { move: 'resume' }, author);
    }
    return follow(call, { active, engine, world });
  });
}

/** Moves that were typed while no engine had the run; one that the run does not offer any more is said and dropped. */
async function takeWaitingMoves(
  call: Call,
  { engine, world, runId }: { readonly engine: Engine; readonly world: World; readonly runId: string },
): Promise<void> {
  const { inbox } = world.store;
  for (const { id, move, by, reason } of await inbox.pending(runId)) {
    try {
      await engine.move(runId, move, { by, reason });
    } catch (error) {
      if (!(error instanceof FailureError)) {
        throw error;
      }
      note(call, `${move.move} by ${by} is dropped: ${error.failure.message}`);
    }
    await inbox.remove(runId, id);
  }
}
