import type { Journal, RunSummary } from '../stores/journal.js';
import type { Subject } from './subject.js';

/**
 * Whether the runbook, as it is written now, was rehearsed well: `verified` its last drill has succeeded · `not-verified` it
 * has not · `needs-verification` there was none since the runbook was changed, or it goes on.
 */
export interface Trust {
  readonly trust: 'verified' | 'not-verified' | 'needs-verification';
  readonly why: string;
}

export async function trustOf(
  { digests, isFile }: Pick<Subject, 'digests' | 'isFile'>,
  drill: RunSummary | undefined,
  journal: Pick<Journal, 'read'>,
): Promise<Trust> {
  if (drill === undefined) {
    return { trust: 'needs-verification', why: 'it was never drilled' };
  }
  const { runId, result } = drill;
  const planned = (await journal.read(runId, 1)).find((entry) => entry.type === 'run.planned');
  if (isFile && planned?.plan.digests.runbook !== digests.runbook) {
    return { trust: 'needs-verification', why: `it was changed after drill ${runId}` };
  }
  if (result === undefined) {
    return { trust: 'needs-verification', why: `drill ${runId} has not ended` };
  }
  return result === 'succeeded'
    ? { trust: 'verified', why: `drill ${runId} succeeded` }
    : { trust: 'not-verified', why: `drill ${runId} ended: ${result}` };
}
