import type { NewEntry } from '../../src/model/entry.js';
import type { Mode } from '../../src/model/mode.js';
import type { Journal } from '../../src/stores/journal.js';
import type { Lease, LeaseKeeper } from '../../src/stores/lease.js';

/** The parts of a store that the contracts are about. */
export interface JournalStore {
  readonly journal: Journal;
  readonly leases: LeaseKeeper;
}

/** The first entry of a run, as the engine writes it. */
export function requested(
  options: { readonly runbook?: string; readonly mode?: Mode; readonly at?: number } = {},
): NewEntry {
  const { runbook = 'payroll', mode = 'drill', at = 1_000 } = options;
  return { type: 'run.requested', at, author: 'ada', runbook, request: { mode, by: 'ada', at } };
}

/** A step's outcome, told apart by its number. */
export function succeeded(number: number, lane = 'vm/web-1'): NewEntry {
  return { type: 'step.succeeded', at: 1_000 + number, author: 'engine', lane, step: 'check', output: { number } };
}

export const started: NewEntry = { type: 'run.started', at: 1_001, author: 'engine' };

export const finished: NewEntry = { type: 'run.finished', at: 2_000, author: 'engine', result: 'with-errors' };

/** Takes the lease of a run over no VM, for tests that are not about leases. */
export async function leaseOf({ leases }: JournalStore, runId: string, names: readonly string[] = []): Promise<Lease> {
  const lease = await leases.acquire({ runId, names, holder: `engine of ${runId}`, ttlMs: 60_000 });
  if ('heldBy' in lease) {
    throw new Error(`the lease of ${runId} is held by ${lease.heldBy.holder}`);
  }
  return lease;
}
