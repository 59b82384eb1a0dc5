import type { Entry, RunEntryType } from '../model/entry.js';
import type { Intent } from '../model/intent.js';
import { entryHandlers } from './entry-handler.js';
import { FoldDraft, type FoldedRun } from './fold.js';

/**
 * Applies entries, in their order, and says what the machines ask for as a result. Pure: the state given stays as it
 * is, and the same state and entries always give the same result.
 *
 * Whoever acts on the intents must first journal `step.started` for every `start-step`, and apply it: only that takes
 * the slot.
 */
export function advance(
  state: FoldedRun,
  entries: readonly Entry[],
): { readonly state: FoldedRun; readonly intents: readonly Intent[] } {
  const draft = new FoldDraft(state);
  for (const entry of entries) {
    if (entry.seq !== draft.seq + 1) {
      throw new Error(`entry ${entry.seq} of run ${state.runId} was applied after entry ${draft.seq}`);
    }
    draft.seq = entry.seq;
    // Replication has journals of its own; nothing of it belongs to a run.
    entryHandlers[entry.type as RunEntryType]?.(draft, entry as never);
    draft.settle(entry.at);
  }
  draft.admitDue();
  return { state: draft.finish(), intents: draft.intents };
}
