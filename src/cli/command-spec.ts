import type { Call } from './call.js';
import type { ExitCode } from './exit-codes.js';

/** A command as data: the parser, the help, the completion and the documents are all made from it. */
export interface CommandSpec {
  readonly name: string;
  /** Heading under which `lifeboat --help` lists it. */
  readonly group: string;
  /** `<RUNBOOK>` required, `[RUNBOOK]` optional, `...` several. */
  readonly takes: readonly ArgumentSpec[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** What it does, changes and leaves, in a few sentences. */
  readonly description: string;
  readonly options: readonly OptionSpec[];
  /** What `-o` may be; the first is the default. */
  readonly formats: readonly OutputFormat[];
  /** Loads what does it, so that help starts without the rest of the program. */
  readonly load: () => Promise<CommandAction>;
}

export type CommandAction = (call: Call) => Promise<ExitCode>;

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
}

export interface OptionSpec {
  readonly flags: string;
  readonly about: string;
  readonly values?: readonly string[];
  /** Used when it is left out. */
  readonly initial?: string;
  /** May be given several times, or with several values after one another. */
  readonly isRepeated?: boolean;
}

export type OutputFormat = 'text' | 'json' | 'html' | 'junit';

export const textOrJson: readonly OutputFormat[] = ['text', 'json'];

/** Options of every command; they may stand before or after its name. */
export const sharedOptions: readonly OptionSpec[] = [
  {
    flags: '-e, --estate <FILE>',
    about: 'the estate (default: ./lifeboat.yaml, then $LIFEBOAT_ESTATE, then /etc/lifeboat/lifeboat.yaml)',
  },
  { flags: '--simulate', about: 'act on a simulated world made from the estate and the runbook' },
  {
    flags: '--simulate-dir <FOLDER>',
    about: 'where the simulated world and its journal are kept (default: .lifeboat-simulation beside the estate)',
  },
  {
    flags: '--simulate-lose <SITE|HOST>',
    about: 'takes the power from a simulated site or host before anything else',
    isRepeated: true,
  },
  {
    flags: '--speed <N>',
    about: 'virtual seconds per second of the simulated world, or max (default: 20 on a terminal, else max)',
  },
  { flags: '--faults <FILE>', about: 'scripted faults of the simulated world' },
  {
    flags: '-o, --output <FORMAT>',
    about: 'what standard output gets; everything else goes to standard error (default: text)',
  },
  { flags: '-q, --quiet', about: 'no progress and no notes, only data and errors' },
  {
    flags: '--color <WHEN>',
    about: 'auto heeds NO_COLOR, FORCE_COLOR and TERM=dumb',
    values: ['auto', 'always', 'never'],
    initial: 'auto',
  },
  { flags: '--as <NAME>', about: 'who asks, for the journal and for approvals (default: user@machine)' },
];
