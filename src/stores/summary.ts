import type { Entry } from '../model/entry.js';
import type { RunSummary } from './journal.js';

/**
 * The summary of a run after one more entry. It is undefined until the run was requested, since only that entry says what
 * the run is. The result is the last one that was written.
 */
export function summarize(summary: RunSummary | undefined, runId: string, entry: Entry): RunSummary | undefined {
  if (entry.type === 'run.requested') {
    const { mode, by, at } = entry.request;
    return { runId, runbook: entry.runbook, mode, by, requestedAt: at, lastSeq: entry.seq, lastAt: entry.at };
  }
  if (summary === undefined) {
    return undefined;
  }
  const moved = { ...summary, lastSeq: entry.seq, lastAt: entry.at };
  return entry.type === 'run.finished' ? { ...moved, result: entry.result } : moved;
}

/** Newest first; of runs requested in the same millisecond the one that is later in `summaries`. */
export function newestFirst(summaries: readonly RunSummary[]): readonly RunSummary[] {
  return summaries.toReversed().toSorted((a, b) => b.requestedAt - a.requestedAt);
}
