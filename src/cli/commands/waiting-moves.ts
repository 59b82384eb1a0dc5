import type { ActiveRun, Engine } from '../../engine/engine.js';
import { FailureError } from '../../model/failure.js';
import type { Inbox, InboxMessage } from '../../stores/inbox.js';

/** A run that was just taken up, and where moves for it were kept meanwhile. */
export interface TakenUpRun {
  readonly engine: Engine;
  readonly active: ActiveRun;
  readonly inbox: Inbox;
  /** What the inbox still holds after the run was taken up. */
  readonly messages: readonly InboxMessage[];
}

export interface Delivery {
  readonly taken: number;
  /** A sentence each. */
  readonly refused: readonly string[];
}

/**
 * Hands over the moves that were typed while no engine had the run. A step that is only being looked at offers nothing
 * yet, so that a move which is refused is offered again after each change. Returns a function that ends this, takes
 * the rest out of the inbox, and tells how many were taken and why the others were not.
 */
export function deliverWaitingMoves({ engine, active, inbox, messages }: TakenUpRun): () => Promise<Delivery> {
  const { runId } = active;
  const left = new Map<number, { readonly message: InboxMessage; reason: string }>();
  for (const message of messages) {
    left.set(message.id, { message, reason: 'the run goes on now' });
  }
  let taken = 0;
  const under = new Set<number>();
  const offer = (): void => {
    for (const entry of left.values()) {
      const { id, move, by, reason } = entry.message;
      // Pausing was asked of an engine that is gone; whoever takes the run up wants it to go on.
      if (move.move === 'pause' || under.has(id)) {
        continue;
      }
      under.add(id);
      engine.move(runId, move, { by, reason }).then(
        () => {
          left.delete(id);
          taken += 1;
          return inbox.remove(runId, id);
        },
        (error: unknown) => {
          under.delete(id);
          entry.reason = error instanceof FailureError ? error.failure.message : String(error);
        },
      );
    }
  };
  const forget = active.watch(offer);
  offer();
  return async () => {
    forget();
    const refused = [...left.values()];
    for (const { message } of refused) {
      await inbox.remove(runId, message.id);
    }
    return {
      taken,
      refused: refused.map(({ message: { move, by }, reason }) => `${move.move} by ${by} was not taken: ${reason}`),
    };
  };
}
