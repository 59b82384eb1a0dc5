/** A Lifeboat that is killed in the middle of emptying a host, and taken up by the next one. */
import type { Estate } from './estate.js';

interface Runs {
  readonly runs: readonly { readonly runId: string; readonly result?: string; readonly lastSeq: number }[];
}

/** What a command that made a run to its end says of it. */
export interface Ran {
  readonly report: { readonly times: { readonly requestedAt: number; readonly finishedAt: number } };
}

/** How long the run was under way, ms. */
export function lastedMs({ report: { times } }: Ran): number {
  return times.finishedAt - times.requestedAt;
}

export interface Killed {
  /** Entries that its journal had when it died; 0 when the run was not in it yet. */
  readonly entries: number;
  /** Of the command that brought it to its end. */
  readonly code: number | null;
  readonly said: string;
}

/**
 * Starts the command, kills it with SIGKILL so long after its run was journalled, and has the next process bring its run to the end: by `resume`, or
 * by the same command once more when the journal knows of none. A run that had ended by then is left as it is.
 */
export async function killAndTakeUp(
  estate: Estate,
  { args, afterMs }: { readonly args: readonly string[]; readonly afterMs: number },
): Promise<Killed> {
  const known = (await estate.document<Runs>('runs')).runs.map(({ runId }) => runId);
  const command = estate.start(...args);
  await command.begun;
  const timer = setTimeout(() => command.process.kill('SIGKILL'), afterMs);
  const { code } = await command.ended;
  clearTimeout(timer);
  const { runs } = await estate.document<Runs>('runs');
  const run = runs.find(({ runId }) => !known.includes(runId));
  const entries = run?.lastSeq ?? 0;
  if (run?.result !== undefined) return { entries, code: code ?? 0, said: `it had ended: ${run.result}` };
  const next = run === undefined ? await estate.run(...args) : await estate.run('resume', run.runId);
  return { entries, code: next.code, said: `${next.stderr}${next.stdout}` };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
