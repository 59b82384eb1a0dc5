import { FailureError } from '../model/failure.js';
import type { InboxMessage } from '../stores/inbox.js';
import type { Lease } from '../stores/lease.js';
import { type EngineOptions, leaseMs } from './engine-options.js';
import type { Runner } from './runner.js';

/** How often other processes' moves are looked for, in milliseconds. */
const inboxMs = 200;

/**
 * Keeps a run's lease and brings it the moves that other processes left in the inbox. Returns what ends it. Without a
 * wall clock it does neither.
 */
export function supervise(runner: Runner, options: EngineOptions & { readonly lease: Lease }): () => void {
  const { wallClock, store, lease } = options;
  if (wallClock === undefined) {
    return () => undefined;
  }
  let isOver = false;
  const forget = new Set<() => void>();
  const every = (ms: number, work: () => Promise<void>): void => {
    const cancel = wallClock.at(wallClock.now() + ms, () => {
      forget.delete(cancel);
      void work()
        .catch((error: unknown) => runner.abandon(error))
        .then(() => (isOver ? undefined : every(ms, work)));
    });
    forget.add(cancel);
  };
  every(inboxMs, () => takeMoves(runner, options));
  every(leaseMs / 3, async () => {
    // A writer that has lost its lease is also refused by the journal itself; this only tells sooner.
    if (!(await store.leases.renew(lease, leaseMs))) {
      throw new Error(`the lease of run ${lease.runId} was taken over`);
    }
  });
  return () => {
    isOver = true;
    for (const cancel of forget) {
      cancel();
    }
  };
}

/** Each move is journalled, or refused by the state it meets, before it leaves the inbox. */
export async function takeMoves(runner: Runner, { store }: Pick<EngineOptions, 'store'>): Promise<void> {
  for (const message of await store.inbox.pending(runner.runId)) {
    if (await isSettled(runner, message)) {
      await store.inbox.remove(runner.runId, message.id);
    }
  }
}

/** Whether the move is in the journal, or was refused; not when the run was let go meanwhile. */
async function isSettled(runner: Runner, message: InboxMessage): Promise<boolean> {
  try {
    return await runner.receive(message.move, message);
  } catch (error) {
    if (error instanceof FailureError) {
      return true;
    }
    throw error;
  }
}
