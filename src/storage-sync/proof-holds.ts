import type { Journal } from '../stores/journal.js';
import type { LeaseKeeper } from '../stores/lease.js';

/**
 * By VM, the verification that proves a point of it right now, so that nobody else writes to its replica. One whose process
 * has died asks for nothing: its lease tells.
 */
export function createProofHolds(
  journal: Pick<Journal, 'select' | 'read'>,
  leases: Pick<LeaseKeeper, 'holderOf'>,
): () => Promise<ReadonlyMap<string, string>> {
  return async () => {
    const started = await journal.select(['verification.started']);
    const newest = new Map(
      started.flatMap(({ runId, entry }) =>
        entry.type === 'verification.started' ? [[entry.runbook, runId] as const] : [],
      ),
    );
    const held = await Promise.all(
      [...newest.values()].map(async (runId): Promise<readonly (readonly [string, string])[]> => {
        if ((await leases.holderOf(runId)) === undefined) {
          return [];
        }
        const last = (await journal.read(runId, 1)).findLast(
          ({ type }) => type === 'replica.proving' || type === 'replica.proven' || type === 'replica.unproven',
        );
        return last?.type === 'replica.proving' ? [[last.vm, runId]] : [];
      }),
    );
    return new Map(held.flat());
  };
}
