import { type RunReport, reportOf } from '../reports/index.js';
import type { World } from './drivers.js';

/** The report of a run as the journal has it now, with the hash in which its chain ends and whether an engine has it. */
export async function reportNow({ store }: World, runId: string): Promise<RunReport> {
  const head = store.headOf(runId);
  const entries = await store.journal.read(runId, 1);
  const hasEngine = (await store.leases.holderOf(runId)) !== undefined;
  if (head === undefined) {
    return reportOf(runId, entries, { hasEngine });
  }
  // An engine may have written more meanwhile, of which that hash knows nothing.
  const known = entries.filter(({ seq }) => seq <= head.seq);
  return reportOf(runId, known, { hasEngine, headHash: head.hash });
}
