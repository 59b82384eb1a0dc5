import type { RunEvent } from '../../engine/engine.js';
import type { RunState } from '../../state-machines/run-state.js';
import { type Call, optionFlag } from '../call.js';
import { LineScreen } from './line-screen.js';
import { TerminalScreen } from './terminal-screen.js';
import type { TypedCommands } from './typed-commands.js';

/** Shows a run to a person on standard error while it goes on. */
export interface Screen {
  event(event: RunEvent): void;
  /** Says one line to the person, above a picture that is redrawn. */
  say(line: string): void;
  /** Shows the newest state once more and gives the terminal back. May be called twice. */
  close(): void;
}

/** The run that a screen shows. */
export interface ShownRun {
  state(): RunState;
  /** Now in the run's own time. */
  now(): number;
  readonly isSimulated: boolean;
  readonly commands: TypedCommands;
}

/** Redrawn on a terminal, a line per event elsewhere, nothing with `--quiet`. */
export function openScreen(call: Call, run: ShownRun): Screen {
  if (optionFlag(call, 'quiet')) {
    return { event: () => undefined, say: () => undefined, close: () => undefined };
  }
  const { environment } = call;
  return isRedrawn(call)
    ? new TerminalScreen({ run, output: environment.stderr, clock: environment.clock, style: call.noteStyle })
    : new LineScreen({ run, output: environment.stderr, clock: environment.clock });
}

/** Whether there is a terminal that can be redrawn. */
export function isRedrawn({ environment }: Pick<Call, 'environment'>): boolean {
  return environment.stderr.isTerminal && environment.variables['TERM'] !== 'dumb';
}
