import type { OperatorMove } from '../model/request.js';

/** Operators' moves on their way to the engine that has the run: one door for the command line, the API and triggers. A port. */
export interface Inbox {
  /** Kept durably until an engine has journalled it. */
  submit(runId: string, message: Omit<InboxMessage, 'id'>): Promise<void>;
  /** Messages not yet taken, oldest first. */
  pending(runId: string): Promise<readonly InboxMessage[]>;
  /** After the move is in the journal, or was refused. May be called twice. */
  remove(runId: string, id: number): Promise<void>;
}

export interface InboxMessage {
  readonly id: number;
  readonly by: string;
  readonly at: number;
  readonly move: OperatorMove;
  readonly reason: string;
}
