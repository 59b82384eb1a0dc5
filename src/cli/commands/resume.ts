import type { Engine, MoveAuthor } from '../../engine/engine.js';
import { moveRefusal } from '../../engine/move-refusal.js';
import type { InboxMessage } from '../../stores/inbox.js';
import { type Call, note, operatorOf, optionText } from '../call.js';
import { type EstateFile, readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { follow, typedCommands } from '../follow.js';
import { holderName } from '../holder-name.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { runCommand } from '../progress/typed-commands.js';
import { Refusal } from '../refusal.js';
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
    const holder = holderName(held.heldBy.holder);
    const engine = openEngine(call, world, estate.estate);
    const { state } = await engine.read(runId);
    if (state.phase !== 'paused') {
      throw new Refusal(
        exitCodes.locked,
        `run ${runId} is not paused, and ${holder} is running it`,
        `Follow it with: ${runCommand(typedCommands(call, runId), 'watch')}`,
      );
    }
    await engine.move(runId, { move: 'resume' }, author);
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
    const { runId, lastSeq } = await findRun(call, world);
    const engine = openEngine(call, world, estate.estate);
    const notTaken = await movesNotTaken(engine, runId, await world.store.inbox.pending(runId));
    const active = await engine.resume(runId, author.by);
    note(call, `resume ${runId}: looks at the world for every step without an outcome, and goes on from there`);
    for (const line of notTaken) {
      note(call, line);
    }
    return follow(call, { active, engine, world, fromSeq: lastSeq + 1 });
  });
}

/** What was typed while no engine had the run and what the run no longer takes, a sentence each; the engine drops it. */
async function movesNotTaken(engine: Engine, runId: string, kept: readonly InboxMessage[]): Promise<readonly string[]> {
  const { state } = await engine.read(runId);
  return kept.flatMap(({ move, by }) => {
    const refusal = moveRefusal(state, move, by);
    return refusal === undefined ? [] : [`${move.move} by ${by} comes too late: ${refusal.message}`];
  });
}
