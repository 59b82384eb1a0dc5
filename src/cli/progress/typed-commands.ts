import type { Lane } from '../../model/plan.js';
import type { MoveName } from '../../model/request.js';

/** Makes command lines that a person can type as they stand, with the global options that were in force. */
export interface TypedCommands {
  readonly runId: string;
  /** `--simulate --estate other.yaml`, or nothing. */
  readonly suffix: string;
}

/** The command for a move on the whole run. */
export function runCommand({ runId, suffix }: TypedCommands, move: MoveName | 'watch' | 'report'): string {
  return ['lifeboat', move, runId, suffix].filter((word) => word !== '').join(' ');
}

/** The command for a move that a lane offers. */
export function laneCommand(commands: TypedCommands, move: MoveName, lane: Pick<Lane, 'id' | 'subject'>): string {
  const about =
    move === 'attest' ? [quoted(lane.subject.name), '--reason "HOW YOU KNOW"'] : ['--lane', quoted(lane.id)];
  return ['lifeboat', move, commands.runId, ...about, commands.suffix].filter((word) => word !== '').join(' ');
}

/** The command over as many lines as the width asks for, so that it can be copied as it stands; a word is never cut. */
export function wrapped(command: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of command.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || `${last} ${word} \\`.length > width) {
      lines.push(word);
    } else {
      lines[lines.length - 1] = `${last} ${word}`;
    }
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line} \\`));
}

/** The word as a POSIX shell reads it back. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
