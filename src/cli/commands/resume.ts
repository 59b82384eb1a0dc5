import { type Call, note, operatorOf, optionText } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { follow } from '../follow.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { findRun } from './find-run.js';

/** `lifeboat resume`: hands the move to the engine that has the run, or takes the run up in this process and follows it. */
export async function resumeCommand(call: Call): Promise<ExitCode> {
  const estate = readEstate(call);
  return withWorld(call, { estate }, async (world) => {
    const { runId } = await findRun(call, world);
    const engine = openEngine(call, world, estate.estate);
    const author = { by: operatorOf(call), reason: optionText(call, 'reason') ?? '' };
    const held = await world.store.leases.holderOf(runId);
    if (held !== undefined) {
      const { holder } = held.heldBy;
      await engine.move(runId, { move: 'resume' }, author);
      tell(call, () => `resume ${runId}: goes on with the steps that are due. Handed to ${holder}.`, {
        kind: 'Move',
        members: { runId, move: { move: 'resume' }, reason: author.reason, handedTo: holder },
      });
      return exitCodes.done;
    }
    const { state } = await engine.read(runId);
    if (state.phase === 'paused') {
      await engine.move(runId, { move: 'resume' }, author);
    }
    note(call, `resume ${runId}: takes the run up, looks at the world for every step without an outcome, and goes on`);
    const active = await world.during(engine.resume(runId, author.by), () => engine.isBusy());
    return follow(call, { active, engine, world });
  });
}
