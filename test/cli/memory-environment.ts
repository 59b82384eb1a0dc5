import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment, Output } from '../../src/cli/environment.js';
import { runCli } from '../../src/cli/run-cli.js';
import { systemClock } from '../../src/cli/system-clock.js';
import { openSimulation } from '../../src/simulation.js';
import { thisHolder } from '../../src/stores/holder.js';

const schemas = fileURLToPath(new URL('../../schemas', import.meta.url));

/** What a command left behind. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface MemoryOptions {
  readonly folder: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  /** Lines that a person types. */
  readonly typed?: readonly string[];
  /** Called with everything that standard error has had so far; presses Ctrl-C by the function it is given. */
  readonly onWrite?: (stderr: string, interrupt: () => void) => void;
}

/** A new empty folder, for the files of one test. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'lifeboat-cli-'));
}

/** Runs one command line in this process, with streams in memory and a real journal and simulated world in the folder. */
export async function runInMemory(argv: readonly string[], options: MemoryOptions): Promise<Ended> {
  const { isTerminal = false } = options;
  const written = { stdout: '', stderr: '' };
  const interrupts = new Set<() => void>();
  const typed = [...(options.typed ?? [])];
  const interrupt = (): void => {
    for (const listener of interrupts) {
      listener();
    }
  };
  const output = (name: keyof typeof written): Output => ({
    write: (text) => {
      written[name] += text;
      if (name === 'stderr') {
        options.onWrite?.(written.stderr, interrupt);
      }
    },
    isTerminal,
    size: () => ({ columns: 100, rows: 30 }),
    onResize: () => () => undefined,
  });
  const holder = thisHolder();
  const environment: Environment = {
    version: '1.2.3',
    schemas,
    variables: options.variables ?? {},
    folder: options.folder,
    stdin: { isTerminal, line: async () => typed.shift() },
    stdout: output('stdout'),
    stderr: output('stderr'),
    operator: 'ops@desk',
    holder,
    clock: systemClock,
    onInterrupt: (listener) => {
      interrupts.add(listener);
      return () => interrupts.delete(listener);
    },
    drivers: {
      openHosts: async (hosts) => (await import('../../src/hosts.js')).openHosts(hosts),
      openSimulation: (simulation) => openSimulation(simulation, holder),
    },
  };
  const exitCode = await runCli(argv, environment);
  return { exitCode, ...written };
}

/** Presses Ctrl-C once, as soon as standard error has said something. */
export function pressOnce(said: string): NonNullable<MemoryOptions['onWrite']> {
  let isPressed = false;
  return (stderr, interrupt) => {
    if (!isPressed && stderr.includes(said)) {
      isPressed = true;
      interrupt();
    }
  };
}

/** The words of a command line as a shell would give them; double quotes only. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}
