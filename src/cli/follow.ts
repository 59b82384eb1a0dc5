import type { ActiveRun, Engine, RunEvent } from '../engine/engine.js';
import { type Call, data, document, note, optionText } from './call.js';
import type { World } from './drivers.js';
import { type ExitCode, exitCodeOfResult, exitCodes } from './exit-codes.js';
import { outcomeText } from './outcome.js';
import { openScreen, type Screen } from './progress/screen.js';
import { laneCommand, quoted, runCommand, type TypedCommands } from './progress/typed-commands.js';
import { isHeld, lanesInView } from './progress/view.js';
import { reportNow } from './run-report.js';

/** A run that this process has, and where it is. */
export interface FollowedRun {
  readonly active: ActiveRun;
  readonly engine: Engine;
  readonly world: World;
  /** The first entry to be shown. */
  readonly fromSeq: number;
}

/**
 * Shows a run until it ends, waits for an operator where nobody can watch, or is let go by Ctrl-C; tells the outcome and
 * gives its exit code. The first Ctrl-C lets the run go at a safe point, the second ends at once.
 */
export async function follow(call: Call, run: FollowedRun): Promise<ExitCode> {
  const { active, engine, world } = run;
  const isInterrupted = await showRun(call, run);
  return isInterrupted
    ? exitCodes.interrupted
    : tellOutcome(call, { engine, commands: typedCommands(call, active.runId), world });
}

/** Shows a run as `follow` does, without telling its outcome. Resolves with whether Ctrl-C ended it. */
async function showRun(call: Call, { active, engine, world, fromSeq }: FollowedRun): Promise<boolean> {
  const commands = typedCommands(call, active.runId);
  const screen = openScreen(call, {
    state: () => active.state(),
    now: () => world.ports.clock.now(),
    isSimulated: world.isSimulated,
    commands,
  });
  let shownTo = fromSeq - 1;
  const show = (event: RunEvent): void => {
    const entries = event.event === 'entries' ? event.entries.filter(({ seq }) => seq > shownTo) : [];
    shownTo = entries.at(-1)?.seq ?? shownTo;
    screen.event(event.event === 'entries' ? { event: 'entries', entries } : event);
  };
  const forget = active.watch(show);
  const interrupt = interruption(call, { active, screen });
  let end: 'finished' | 'waiting' | 'aborted';
  try {
    const { entries } = await engine.read(active.runId);
    show({ event: 'entries', entries });
    end = await world.during(Promise.race([active.ended, interrupt.aborted]), () => engine.isBusy());
  } finally {
    forget();
    interrupt.stop();
    screen.close();
  }
  if (interrupt.count() > 0 && active.state().phase !== 'finished') {
    call.environment.stderr.write(interruptedText(end === 'aborted', commands));
    return true;
  }
  return false;
}

/** Tells how a run stands: as a document, or as a line with its measured figures and what an operator can type. */
export async function tellOutcome(
  call: Call,
  { engine, commands, world }: { readonly engine: Engine; readonly commands: TypedCommands; readonly world: World },
): Promise<ExitCode> {
  const { state } = await world.during(engine.read(commands.runId));
  const report = await reportNow(world, commands.runId);
  const exitCode = state.result === undefined ? exitCodes.waiting : exitCodeOfResult(state.result);
  const held = lanesInView(state).filter((lane) => isHeld(lane.state));
  const typed = [
    ...held.flatMap(({ lane, state: { offers } }) => offers.map((move) => laneCommand(commands, move, lane))),
    runCommand(commands, 'resume'),
    ...(state.phase === 'paused' ? [runCommand(commands, 'cancel')] : []),
  ];
  if (call.format === 'json') {
    const waitsFor = state.result === undefined ? typed : [];
    document(call, 'RunOutcome', {
      runId: state.runId,
      result: state.result ?? 'open',
      exitCode,
      waitsFor,
      report,
    });
  } else {
    data(call, outcomeText(report, call.style));
  }
  if (state.result === undefined) {
    const why = held.length === 0 && state.phase !== 'paused' ? 'No engine has it now.' : 'It waits for an operator.';
    note(call, [`${why} Type:`, ...typed.map((line) => `  ${line}`)].join('\n'));
  } else {
    note(call, `The evidence: ${runCommand(commands, 'report')}`);
  }
  return exitCode;
}

/** How this run is named in commands that a person types in the same place, with the same estate and world. */
export function typedCommands(call: Call, runId: string): TypedCommands {
  const estate = optionText(call, 'estate');
  const folder = optionText(call, 'simulateDir');
  const words = [
    call.options['simulate'] === true ? '--simulate' : '',
    estate === undefined ? '' : `--estate ${quoted(estate)}`,
    folder === undefined ? '' : `--simulate-dir ${quoted(folder)}`,
  ];
  return { runId, suffix: words.filter((word) => word !== '').join(' ') };
}

interface Interruption {
  /** Resolves at the second Ctrl-C. */
  readonly aborted: Promise<'aborted'>;
  count(): number;
  stop(): void;
}

function interruption(
  call: Call,
  { active, screen }: { readonly active: ActiveRun; readonly screen: Screen },
): Interruption {
  let count = 0;
  let stop = (): void => undefined;
  const aborted = new Promise<'aborted'>((resolve, reject) => {
    stop = call.environment.onInterrupt(() => {
      count += 1;
      if (count === 1) {
        screen.say('Ctrl-C: no new step begins; the run is let go once that is safe. Once more ends at once.');
        active.letGo().catch(reject);
      } else {
        resolve('aborted');
      }
    });
  });
  return { aborted, count: () => count, stop: () => stop() };
}

function interruptedText(isAborted: boolean, commands: TypedCommands): string {
  const how = isAborted ? 'left at once' : 'let go at a safe point';
  return (
    `interrupted: run ${commands.runId} was ${how}; steps under way go on in the world\n` +
    `Go on with it: ${runCommand(commands, 'resume')}\n`
  );
}
