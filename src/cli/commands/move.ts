import type { MoveName, OperatorMove } from '../../model/request.js';
import { offeredMoves, type RunState } from '../../state-machines/index.js';
import { argument, type Call, either, operatorOf, optionText } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { typedCommands } from '../follow.js';
import { holderName } from '../holder-name.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { runCommand } from '../progress/typed-commands.js';
import { usage } from '../refusal.js';
import { findRun } from './find-run.js';

/** `lifeboat approve`, `reject`, `retry`, `skip`, `abandon`, `pause`, `cancel` and `attest`: says what it will do and hands the move over. */
export async function moveCommand(call: Call): Promise<ExitCode> {
  const move = moveOf(call);
  const reason = optionText(call, 'reason') ?? '';
  if (move.move === 'attest' && reason.trim() === '') {
    throw usage(
      `lifeboat attest: how you know that ${move.host} is dead is missing`,
      'Add --reason "what you saw": your name and these words stand in for the proof of a fence device.',
    );
  }
  const estate = readEstate(call);
  return withWorld(call, { estate }, async (world) => {
    const { runId } = await findRun(call, world);
    const engine = openEngine(call, world, estate.estate);
    const { state } = await engine.read(runId);
    refuseStranger(state, move);
    const effects = effectsOf(state, move);
    const held = await world.store.leases.holderOf(runId);
    const holder = held === undefined ? undefined : holderName(held.heldBy.holder);
    // A run that nobody has does nothing, and whoever takes it up wants it to go on.
    const isNeedless = move.move === 'pause' && holder === undefined && state.phase !== 'finished';
    if (!isNeedless) {
      await engine.move(runId, move, { by: operatorOf(call), reason });
    }
    const next = runCommand(typedCommands(call, runId), 'resume');
    const unheld = isNeedless
      ? 'No engine has the run, so that no step begins until you type:'
      : 'No engine has the run now; it takes this as soon as you type:';
    tell(
      call,
      () =>
        [
          `${move.move} ${runId}: ${effects.join('; ')}`,
          ...(holder === undefined ? [unheld, `  ${next}`] : [`Handed to ${holder}.`]),
        ].join('\n'),
      {
        kind: 'Move',
        members: { runId, move, reason, effects, ...(holder === undefined ? { next } : { handedTo: holder }) },
      },
    );
    return exitCodes.done;
  });
}

function moveOf(call: Call): OperatorMove {
  const lane = optionText(call, 'lane');
  const about = lane === undefined ? {} : { lane };
  const name = call.command as MoveName;
  switch (name) {
    case 'pause':
    case 'resume':
    case 'cancel':
      return { move: name };
    case 'retry':
    case 'skip':
    case 'abandon':
    case 'approve':
    case 'reject':
      return { move: name, ...about };
    case 'attest':
      return { move: name, host: argument(call, 1) };
  }
}

/** A word for the death of a host on which nothing of the run hangs is a slip of the pen, and stays in the journal for good. */
function refuseStranger({ runId, plan, deaths }: RunState, move: OperatorMove): void {
  if (move.move !== 'attest' || plan === undefined) {
    return;
  }
  const subjects = plan.stages.flatMap(({ lanes }) => lanes).map(({ subject }) => subject);
  const hosts = new Set(subjects.filter(({ kind }) => kind === 'host').map(({ name }) => name));
  if (!hosts.has(move.host)) {
    const left = [...hosts].filter((host) => deaths[host] === undefined);
    throw usage(
      `lifeboat attest: run ${runId} does not need the death of ${move.host}`,
      left.length === 0 ? 'It waits for the death of no host.' : `It may need that of ${either(left)}.`,
    );
  }
}

/** What the move will do, a sentence for each lane that it is about. */
export function effectsOf(state: RunState, move: OperatorMove): readonly string[] {
  const lane = 'lane' in move ? move.lane : undefined;
  const effects = offeredMoves(state)
    .filter((offer) => offer.move === move.move && (lane === undefined || offer.lane === lane))
    .map(({ effect }) => effect);
  return move.move === 'attest'
    ? [`takes your word that ${move.host} is dead, in place of the fence's proof`]
    : effects;
}
