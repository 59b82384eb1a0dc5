import type { ActiveRun, Engine, MoveAuthor } from '../../engine/engine.js';
import { waitsForOperator } from '../../state-machines/index.js';
import { type Call, note, operatorOf, optionText } from '../call.js';
import { type EstateFile, readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { follow, typedCommands } from '../follow.js';
import { holderName } from '../holder-name.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { isRedrawn } from '../progress/screen.js';
import { runCommand } from '../progress/typed-commands.js';
import { Refusal } from '../refusal.js';
import { findRun } from './find-run.js';
import { deliverWaitingMoves } from './waiting-moves.js';

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
    // A paused run must not end before it has heard that it goes on.
    const engine = openEngine(call, world, estate.estate, true);
    note(call, `resume ${runId}: takes the run up, looks at the world for every step without an outcome, and goes on`);
    const active = await engine.resume(runId, author.by);
    const { inbox } = world.store;
    const settle = deliverWaitingMoves({ engine, active, inbox, messages: await inbox.pending(runId) });
    if (active.state().phase === 'paused') {
      await engine.move(runId, { move: 'resume' }, author);
    }
    const stop = isRedrawn(call) ? () => undefined : letGoWhenWaiting(active, engine);
    try {
      return await follow(call, { active, engine, world, fromSeq: lastSeq + 1 });
    } finally {
      stop();
      for (const line of (await settle()).refused) {
        note(call, line);
      }
    }
  });
}

/** Ends a run that waits for an operator where nobody watches, once what is under way has had its turn. Returns what ends this. */
function letGoWhenWaiting(active: ActiveRun, engine: Engine): () => void {
  const look = (): void => {
    setImmediate(() => {
      // What is on its way into the journal is heard of by the watch.
      if (!engine.isBusy() && waitsForOperator(active.state())) {
        void active.letGo();
      }
    });
  };
  look();
  return active.watch(look);
}
