import type { Entry, EntryType, NewEntry } from '../../model/entry.js';
import type { AppendGuard, Journal, RunSummary } from '../journal.js';
import { refusalOf } from '../refusals.js';
import { newestFirst, summarize } from '../summary.js';

/**
 * A journal that lives as long as its process. It refuses what the durable ones refuse, and an append resolves within a
 * microtask. Entries are kept as they are handed over: whoever appends one must not change it afterwards.
 */
export function createMemoryJournal(tokenOf: (runId: string) => number | undefined): Journal {
  const runs = new Map<string, { readonly entries: Entry[]; summary: RunSummary | undefined }>();
  const everything: { readonly runId: string; readonly entry: Entry }[] = [];

  const append = (runId: string, added: readonly NewEntry[], guard: AppendGuard): readonly Entry[] => {
    const run = runs.get(runId) ?? { entries: [], summary: undefined };
    const refusal = refusalOf(runId, guard, { lastSeq: run.entries.length, token: tokenOf(runId) });
    if (refusal !== undefined) {
      throw refusal;
    }
    const stamped = added.map((entry, index): Entry => ({ seq: guard.expectedSeq + index + 1, ...entry }));
    for (const entry of stamped) {
      run.entries.push(entry);
      run.summary = summarize(run.summary, runId, entry);
      everything.push({ runId, entry });
    }
    runs.set(runId, run);
    return stamped;
  };

  return {
    append: async (runId, added, guard) => append(runId, added, guard),
    read: async (runId, fromSeq, also = []) =>
      (runs.get(runId)?.entries ?? []).filter(({ seq, type }) => seq >= fromSeq || also.includes(type)),
    runs: async () => newestFirst([...runs.values()].flatMap(({ summary }) => summary ?? [])),
    select: async (types) => {
      const wanted = new Set<EntryType>(types);
      return everything.filter(({ entry }) => wanted.has(entry.type));
    },
  };
}
