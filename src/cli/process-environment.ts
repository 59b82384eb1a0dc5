import { writeSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Environment, Input, Output } from './environment.js';
import { hideCursor, showCursor } from './progress/terminal.js';
import { systemClock } from './system-clock.js';

/** The surroundings of this process. The cursor is shown again however the process ends, short of SIGKILL. */
export function processEnvironment(
  given: Pick<Environment, 'version' | 'schemas' | 'holder' | 'drivers'>,
): Environment {
  let isHidden = false;
  process.on('exit', () => {
    if (isHidden) {
      writeSync(process.stderr.fd, showCursor);
    }
  });
  const stderr = outputOf(process.stderr);
  return {
    ...given,
    variables: process.env,
    folder: process.cwd(),
    stdin: inputOf(process.stdin),
    stdout: outputOf(process.stdout),
    stderr: {
      ...stderr,
      write: (text) => {
        isHidden = text.includes(hideCursor) || (isHidden && !text.includes(showCursor));
        stderr.write(text);
      },
    },
    operator: `${userName()}@${hostname()}`,
    clock: systemClock,
    onInterrupt,
  };
}

/** SIGTERM and SIGHUP count as Ctrl-C: the run is let go at a safe point, since it can be resumed. */
function onInterrupt(listener: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) {
    process.on(signal, listener);
  }
  return () => {
    for (const signal of signals) {
      process.off(signal, listener);
    }
  };
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that has gone, as with `| head`, is no failure of the command.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') {
      throw error;
    }
  });
  const terminal: Partial<WriteStream> = stream;
  return {
    write: (text) => stream.write(text),
    isTerminal: terminal.isTTY ?? false,
    size: () => ({ columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 }),
    onResize: (listener) => {
      stream.on('resize', listener);
      return () => stream.off('resize', listener);
    },
  };
}

function inputOf(stream: NodeJS.ReadStream): Input {
  const terminal: Partial<ReadStream> = stream;
  return {
    isTerminal: terminal.isTTY ?? false,
    line: async () => {
      const lines = createInterface({ input: stream });
      try {
        for await (const line of lines) {
          return line;
        }
        return undefined;
      } finally {
        lines.close();
      }
    },
  };
}

/** A process whose user has no name here goes by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
