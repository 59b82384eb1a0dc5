import type { Clock } from '../model/clock.js';
import type { Drivers } from './drivers.js';

/** Everything outside the commands: main.ts hands over the real ones, tests hand over streams in memory. */
export interface Environment {
  /** Of this program. */
  readonly version: string;
  /** Where the JSON Schemas of estates and runbooks are, for editors. */
  readonly schemas: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly folder: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Who types, `user@machine`, unless `--as` says otherwise. */
  readonly operator: string;
  /** Names this process among the engines: machine, process id and start time. */
  readonly holder: string;
  /** The machine's own time, also while a simulated world has another. */
  readonly clock: Clock;
  /** Calls back at each Ctrl-C; the function returned stops it. */
  readonly onInterrupt: (listener: () => void) => () => void;
  readonly drivers: Drivers;
}

export interface Output {
  /** Goes out whole; an output that nobody reads any more swallows it. */
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Of the terminal now; 80 by 24 where there is none. */
  size(): { readonly columns: number; readonly rows: number };
  /** Calls back when the terminal's size changes; the function returned stops it. */
  onResize(listener: () => void): () => void;
}

export interface Input {
  readonly isTerminal: boolean;
  /** The next line without its end; undefined when the input has ended. */
  line(): Promise<string | undefined>;
}
