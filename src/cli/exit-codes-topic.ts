import { exitCodeMeanings } from './exit-codes.js';

/** The text of `lifeboat help exit-codes`. */
export function exitCodesTopic(): string {
  const lines = exitCodeMeanings.map(
    ({ code, meaning, next }) => `${String(code).padStart(5)}  ${meaning}\n       ${next}\n`,
  );
  return `Exit codes of every command. They are fixed: scripts may depend on them.\n\n${lines.join('')}`;
}
